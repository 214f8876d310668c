"""What is kept of requests: the last that failed, and with `capture` all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from homeport.domain.recorded import KEPT_FAILED, MOST_KEPT, RecordedRequest
from homeport.domain.serving import ServingOptions
from tests.scoring.conftest import Serve

SCRIPT = """
def init(): pass
def run(data):
    if data == "raise" or len(data) > 1000:
        raise ValueError(data[:10])
    return {"given": data}
"""


def kept(tmp_path: Path) -> list[RecordedRequest]:
    folder = tmp_path / "state" / "failed-requests"
    return [RecordedRequest.from_json(json.loads(path.read_bytes())) for path in sorted(folder.glob("*.json"))]


def test_the_last_requests_that_failed_are_kept(serve: Serve, tmp_path: Path) -> None:
    running = serve(SCRIPT)
    for number in range(KEPT_FAILED + 3):
        running.ask("POST", "/score?a=1", "raise", x_request_id=f"r-{number}", x_probe="p", authorization="Bearer key")
        running.ask(body="fine", x_request_id="fine")
    found = kept(tmp_path)
    assert [one.request_id for one in found] == [f"r-{number}" for number in range(3, KEPT_FAILED + 3)]
    last = found[-1]
    assert (last.outcome, last.method, last.path, last.query, last.bytes) == (
        "raised",
        "POST",
        "/score",
        "a=1",
        b"raise",
    )
    assert ("x-probe", "p") in last.headers
    assert "authorization" not in dict(last.headers)


def test_a_body_past_the_limit_is_not_kept(serve: Serve, tmp_path: Path) -> None:
    running = serve(SCRIPT)
    running.ask(body="x" * (MOST_KEPT + 1))
    running.ask(body="x" * 2000, x_request_id="small enough")
    assert [one.request_id for one in kept(tmp_path)] == ["small enough"]


def test_inputs_and_outputs_are_captured_where_asked(serve: Serve, tmp_path: Path) -> None:
    running = serve(SCRIPT, options=ServingOptions(capture=True))
    running.ask(body="one", x_request_id="r-1")
    running.ask(body="raise", x_request_id="r-2")
    running.ask(body=b"\xff", x_request_id="r-3")
    path = tmp_path / "state" / "capture.jsonl"
    lines: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["request_id"], line["input"], line["output"], line["outcome"]) for line in lines] == [
        ("r-1", "one", '{"given": "one"}', "ok"),
        ("r-2", "raise", "", "raised"),
        ("r-3", "/w==", "", "bad_input"),
    ]
    assert [line["input_base64"] for line in lines] == [False, False, True]
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_captured_unasked(serve: Serve, tmp_path: Path) -> None:
    serve(SCRIPT).ask(body="one")
    assert not (tmp_path / "state" / "capture.jsonl").exists()
    assert kept(tmp_path) == []
