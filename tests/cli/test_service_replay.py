"""`homeport service replay`: a request that failed is kept, run again, and written down as a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from homeport.sdk.model import Model
from homeport.sdk.workspace import Workspace
from tests.conftest import Homeport

SCORE = """
import json, os
from part import LIMIT

def init():
    global answer
    answer = open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "answer.txt")).read()

def run(data):
    number = json.loads(data)
    if number > LIMIT:
        raise ValueError("too large: %d" % number)
    return [answer, number]
"""


@pytest.fixture
def failed(homeport: Homeport, workspace: Workspace, project: Path, no_service_stays: None) -> Homeport:
    """A service `svc` that has failed requests `r-1` and `r-2`, and answered `r-3`."""
    (project / "src").mkdir()
    (project / "src" / "score.py").write_text(SCORE)
    (project / "src" / "part.py").write_text("LIMIT = 10\n")
    (project / "answer.txt").write_text("one")
    Model.register(workspace, "answer.txt", "answer")
    words = ("--source-directory", "src", "--entry-script", "score.py", "-m", "answer:1")
    screen = homeport("model", "deploy", "-n", "svc", *words)
    assert screen.exit_code == 0, screen.stderr
    for request_id, body in (("r-1", b"11"), ("r-2", b"12"), ("r-3", b"1")):
        headers = {"X-Request-Id": request_id, "Authorization": "Bearer secret"}
        request = urllib.request.Request(screen.stdout.strip(), body, headers)
        try:
            urllib.request.urlopen(request, timeout=60).close()
        except urllib.error.HTTPError as wrong:
            wrong.close()
    return homeport


def test_a_failed_request_can_be_run_again_and_looked_into(failed: Homeport, home: Path) -> None:
    kept = json.loads(failed("service", "replay", "svc", "--json").stdout)
    assert [(one["request_id"], one["outcome"], one["body"]) for one in kept] == [
        ("r-2", "raised", "12"), ("r-1", "raised", "11"),
    ]  # fmt: skip
    assert "secret" not in json.dumps(kept)
    again = failed("service", "replay", "svc", "r-1")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "ValueError: too large: 11" in again.stderr
    debugged = failed("service", "replay", "svc", "r-2", "--debug", stdin="p number\nq\n")
    assert "(Pdb) 12" in debugged.stderr
    missing = failed("service", "replay", "svc", "r-9")
    assert (missing.exit_code, missing.stderr.split("\n")[0]) == (
        1,
        "error: service `svc` keeps no failed request `r-9`",
    )
    folder = home / "services" / "svc" / "failed-requests"
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_test_that_is_written_fails_until_the_script_is_mended(failed: Homeport, project: Path) -> None:
    screen = failed("service", "replay", "svc", "r-1", "--as-test", "test_it.py")
    assert screen.exit_code == 0, screen.stderr
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    before = subprocess.run(command, cwd=project, capture_output=True, text=True, env=dict(os.environ))
    assert before.returncode == 1
    assert "ValueError: too large: 11" in before.stdout
    (project / "src" / "part.py").write_text("LIMIT = 100\n")
    after = subprocess.run(command, cwd=project, capture_output=True, text=True, env=dict(os.environ))
    assert after.returncode == 0, after.stdout
    assert failed("service", "replay", "svc", "r-1", "--as-test", "test_it.py").exit_code == 1  # it is there already
