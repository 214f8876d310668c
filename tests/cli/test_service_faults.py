"""Incidents and keys on the screen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport.domain.keys import read_keys
from homeport.sdk.workspace import Workspace
from tests.conftest import Homeport

SCORE = (
    "import os, sys\ndef init(): pass\ndef run(data):\n    print('said', data)\n    return os._exit(3) if data else 1\n"
)


@pytest.fixture
def service(homeport: Homeport, workspace: Workspace, project: Path, no_service_stays: None) -> Homeport:
    (project / "score.py").write_text(SCORE)
    done = homeport("model", "deploy", "-n", "svc", "--entry-script", "score.py", "--auth-enabled", "--queue-size", "9")
    assert done.exit_code == 0, done.stderr
    return homeport


def test_incidents_are_listed_and_shown_and_keys_exchanged(service: Homeport, home: Path) -> None:
    assert json.loads(service("service", "incidents", "svc", "--json").stdout) == []
    assert service("service", "score", "svc", "-d", "x").exit_code == 1
    (incident,) = json.loads(service("service", "incidents", "svc", "--json").stdout)
    assert (incident["kind"], incident["generation"]) == ("crash", 1)
    listed = service("service", "incidents", "svc").stdout
    assert incident["id"] in listed
    shown = service("service", "incidents", "svc", incident["id"][-8:]).stdout
    assert "exited with status 3" in shown
    assert "said x" in shown
    assert service("service", "incidents", "svc", "nope").exit_code == 1

    keys = json.loads(service("service", "keys", "svc", "--json").stdout)
    assert keys["authEnabled"] is True
    new = service("service", "regen-key", "svc", "--key", "secondary").stdout.strip()
    kept = read_keys((home / "services" / "svc" / "keys.json").read_text())
    assert (kept.primary, kept.secondary) == (keys["primary"], new)
    assert service("service", "score", "svc", "-d", "").stdout == "1\n"
    options = json.loads((home / "services" / "svc" / "service.json").read_text())["generations"][0]["options"]
    assert options["queue_size"] == 9


def test_serve_off_this_machine_needs_keys(homeport: Homeport, project: Path) -> None:
    (project / "score.py").write_text("def init(): raise ValueError('no')\ndef run(data): pass\n")
    refused = homeport("serve", "score.py", "--host", "0.0.0.0", "--port", "auto")
    assert (refused.exit_code, "--key-file" in refused.stderr) == (1, True)
    both = homeport("serve", "score.py", "--key-file", "k", "--no-key")
    assert both.exit_code == 1
    started = homeport("serve", "score.py", "--host", "0.0.0.0", "--port", "auto", "--key-file", "k.json")
    assert (started.exit_code, "ValueError: no" in started.stderr) == (3, True)
    read_keys((project / "k.json").read_text())
    assert (project / "k.json").stat().st_mode & 0o777 == 0o600
    (project / "k.json").write_text("lonely")
    assert homeport("serve", "score.py", "--key-file", "k.json").exit_code == 1
