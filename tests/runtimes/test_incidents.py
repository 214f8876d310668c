from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport.domain.incident import Incident
from homeport.errors import NotFoundError
from homeport.runtimes.incidents import incident_in, incidents_in


def written(service: Path, name: str) -> Incident:
    incident = Incident(
        id=name,
        kind="crash",
        message="it exited with status 1",
        at="2026-01-01T00:00:00.000+00:00",
        generation=1,
        request_id=None,
        ran_ms=None,
        worker=7,
        interpreter="/usr/bin/python3",
        python=None,
        environment=None,
        entry_script="/app/score.py",
        stacks="",
        log=("one", "two"),
    )
    (service / "incidents").mkdir(exist_ok=True)
    (service / "incidents" / f"{name}.json").write_text(json.dumps(incident.to_json()))
    return incident


def test_the_newest_is_first_and_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    assert incidents_in(tmp_path) == []
    old, new = written(tmp_path, "20260101T000000-aa"), written(tmp_path, "20260102T000000-ab")
    (tmp_path / "incidents" / "20260103T000000-ac.json").write_text("{")
    (tmp_path / "incidents" / "20260104T000000-ad.json").write_text("{}")
    assert incidents_in(tmp_path) == [new, old]


def test_an_end_of_an_id_is_enough_where_it_is_the_only_one(tmp_path: Path) -> None:
    old, new = written(tmp_path, "20260101T000000-aa"), written(tmp_path, "20260102T000000-ab")
    assert incident_in(tmp_path, "20260101T000000-aa") == incident_in(tmp_path, "-aa") == old
    assert incident_in(tmp_path, "20260102") == new
    for vague in ("2026", "zz"):
        with pytest.raises(NotFoundError, match=vague):
            incident_in(tmp_path, vague)
