from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.sdk.model import Model
from homeport.sdk.workspace import Workspace
from tests.conftest import Homeport

SCORE = """
import os

def init():
    global answer
    folder = os.environ["AZUREML_MODEL_DIR"]
    path = os.path.join(folder, "answer.txt")
    answer = open(path).read().strip() if os.path.exists(path) else "no model"

def run(raw_data):
    print("asked for", raw_data)
    return [answer, raw_data]
"""


@pytest.fixture
def lab(homeport: Homeport, workspace: Workspace, project: Path, no_service_stays: None) -> Homeport:
    """The command in a folder with a workspace, two models and an entry script; every service goes at the end."""
    (project / "score.py").write_text(SCORE)
    for answer in ("one", "two"):
        (project / "answer.txt").write_text(answer)
        Model.register(workspace, "answer.txt", "answer")
    return homeport


def deploy(lab: Homeport, *words: str) -> str:
    """Deploy `svc`, and give the address that the command printed."""
    screen = lab("model", "deploy", "-n", "svc", "--entry-script", "score.py", *words)
    assert screen.exit_code == 0, screen.stderr
    return screen.stdout.strip()


def shown(lab: Homeport) -> dict[str, object]:
    found: dict[str, object] = json.loads(lab("service", "show", "svc", "--json").stdout)
    return found


def test_a_service_is_deployed_scored_and_deleted(lab: Homeport) -> None:
    address = deploy(lab, "-m", "answer:1", "--tag", "team=a", "-d", "Answers")
    assert address == shown(lab)["scoringUri"]
    assert lab("service", "score", "svc", "--data", "x").stdout == '["one", "x"]\n'
    assert lab("service", "score", "-n", "svc", "-", stdin="y").stdout == '["one", "y"]\n'
    assert lab("service", "run", "-n", "svc", "-d", "z").stdout == '["one", "z"]\n'
    facts = shown(lab)
    assert (facts["state"], facts["models"], facts["description"]) == ("running", ["answer:1"], "Answers")
    assert (facts["tags"], facts["workspaceName"]) == ({"team": "a"}, "lab")
    table = lab("service", "list").stdout.splitlines()
    assert table[0].split() == ["SERVICE", "STATE", "PORT", "MODELS", "GENERATION", "WORKSPACE", "CHANGED"]
    assert table[1].split()[:2] == ["svc", "running"]
    assert json.loads(lab("model", "show", "answer:1", "--json").stdout)["services"] == ["svc"]
    unasked = lab("service", "delete", "svc")
    assert (unasked.exit_code, shown(lab)["state"]) == (2, "running")
    assert lab("service", "delete", "svc", "--yes").exit_code == 0
    assert lab("service", "show", "svc").exit_code == 1


def test_an_answer_is_shown_as_it_is_and_an_error_says_where_to_look(lab: Homeport, project: Path) -> None:
    script = "from azureml.contrib.services.aml_response import AMLResponse\n\ndef init(): pass\n\n"
    (project / "score.py").write_text(script + "def run(raw_data): return AMLResponse('plain text', int(raw_data))\n")
    deploy(lab, "answer:1", "--python", sys.executable)
    assert lab("service", "score", "svc", "-d", "200").stdout == "plain text\n"
    refused = lab("service", "score", "svc", "-d", "418")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("error: the service answered 418")
    assert refused.stderr.endswith("hint: `homeport service logs svc` shows what the script said\n")


def test_a_change_makes_a_generation_and_a_rollback_another(lab: Homeport, project: Path) -> None:
    deploy(lab, "answer:1")
    assert lab("service", "update", "svc", "-m", "answer").stdout == "svc serves generation 2: answer:2\n"
    (project / "score.py").write_text(SCORE.replace("[answer, raw_data]", "answer.upper()"))
    assert lab("service", "reload", "svc").stdout == "svc serves generation 3\n"
    assert lab("service", "score", "svc", "-d", "").stdout == '"TWO"\n'
    assert lab("service", "rollback", "svc", "1").stdout == "svc serves generation 4: answer:1\n"
    assert lab("service", "score", "svc", "-d", "").stdout == '["one", ""]\n'
    assert lab("service", "update", "svc", "--workers", "2").exit_code == 0
    facts = shown(lab)
    assert (facts["workers"], facts["models"], facts["generation"]) == (2, ["answer:1"], 5)
    assert lab("service", "rollback", "svc", "77").exit_code == 2
    assert lab("service", "update", "svc").exit_code == 2


def test_an_update_of_the_environment_keeps_the_code(lab: Homeport, project: Path) -> None:
    deploy(lab, "answer:1")
    (project / "score.py").write_text("def init(): pass\n\ndef run(raw_data): return 'another script'\n")
    assert lab("service", "update", "svc", "--python", sys.executable).exit_code == 0
    assert lab("service", "score", "svc", "-d", "").stdout == '["one", ""]\n'
    assert lab("service", "update", "svc", "--entry-script", "score.py").exit_code == 0
    assert lab("service", "score", "svc", "-d", "").stdout == '"another script"\n'


def test_a_script_that_fails_shows_its_own_traceback(lab: Homeport, project: Path) -> None:
    (project / "broken.py").write_text("def init():\n    raise KeyError('weights')\n\ndef run(raw_data): pass\n")
    screen = lab("model", "deploy", "answer:1", "-n", "broken", "--entry-script", "broken.py")
    assert (screen.exit_code, screen.stdout) == (1, "")
    assert "KeyError: 'weights'" in screen.stderr
    assert "\nerror: " in screen.stderr
    assert shown_state(lab, "broken") == "failed"
    listed = lab("service", "list")
    assert (listed.exit_code, "\nbroken: " in listed.stderr) == (0, True)
    deploy(lab, "answer:1")
    failing = lab("service", "update", "svc", "--entry-script", "broken.py")
    assert failing.exit_code == 1
    assert "KeyError: 'weights'" in failing.stderr
    assert "hint: service `svc` goes on as it was" in failing.stderr
    assert lab("service", "score", "svc", "-d", "").stdout == '["one", ""]\n'


def shown_state(lab: Homeport, name: str) -> object:
    return json.loads(lab("service", "show", name, "--json").stdout)["state"]


def test_a_stopped_or_killed_service_is_started_again(lab: Homeport) -> None:
    address = deploy(lab, "answer:1")
    assert lab("service", "stop", "svc").exit_code == 0
    assert shown(lab)["state"] == "stopped"
    refused = lab("service", "score", "svc", "-d", "")
    assert (refused.exit_code, "`homeport service start svc` starts it" in refused.stderr) == (1, True)
    assert lab("service", "start", "svc").stdout.strip() == address
    pid = shown(lab)["pid"]
    assert isinstance(pid, int)
    os.kill(pid, signal.SIGKILL)
    while shown(lab)["state"] == "running":
        pass
    listed = lab("service", "list")
    assert "homeport service start svc" in listed.stderr
    assert lab("service", "start", "svc").stdout.strip() == address
    assert lab("service", "score", "svc", "-d", "").stdout == '["one", ""]\n'


def test_a_service_in_the_foreground_is_this_process(lab: Homeport, home: Path, project: Path) -> None:
    deploy(lab, "answer:1")
    lab("service", "stop", "svc")
    command = [sys.executable, "-m", "homeport", "service", "start", "svc", "--foreground"]
    process = subprocess.Popen(
        command, cwd=project, env={**os.environ, "HOMEPORT_HOME": str(home)}, stderr=subprocess.DEVNULL
    )
    try:
        while shown(lab)["state"] != "running":
            assert process.poll() is None
        assert shown(lab)["pid"] == process.pid
        assert lab("service", "start", "svc", "--foreground").exit_code == 1
    finally:
        process.terminate()
    assert process.wait(30) == 0


def test_logs_have_what_the_script_printed_and_can_be_followed(lab: Homeport, home: Path, project: Path) -> None:
    deploy(lab, "answer:1")
    lab("service", "score", "svc", "-d", "first")
    assert "asked for first" in lab("service", "logs", "svc").stdout
    assert len(lab("service", "get-logs", "-n", "svc", "--lines", "1").stdout.splitlines()) == 1
    command = [sys.executable, "-m", "homeport", "service", "logs", "svc", "-f"]
    following = subprocess.Popen(
        command, cwd=project, env={**os.environ, "HOMEPORT_HOME": str(home)}, stdout=subprocess.PIPE, text=True
    )
    assert following.stdout is not None
    assert any("asked for first" in line for line in following.stdout)
    lab("service", "score", "svc", "-d", "second")
    assert any("asked for second" in line for line in following.stdout)
    lab("service", "delete", "svc", "--yes")
    assert following.wait(30) == 0
    following.stdout.close()


def test_a_unit_is_written_for_systemd(lab: Homeport, project: Path) -> None:
    deploy(lab, "answer:1")
    screen = lab("service", "install", "svc", XDG_CONFIG_HOME=str(project / "config"))
    unit = project / screen.stdout.strip()
    assert "service start svc --foreground" in unit.read_text()
    assert f"systemctl --user enable --now {unit.name}" in screen.stderr


def test_a_damaged_service_is_named_and_can_be_deleted(lab: Homeport, home: Path) -> None:
    deploy(lab, "answer:1")
    lab("service", "stop", "svc")
    (home / "services" / "svc" / "service.json").write_text("{")
    listed = lab("service", "list")
    assert (listed.exit_code, listed.stdout) == (0, "")
    assert "\nsvc: " in listed.stderr
    assert lab("service", "delete", "svc", "--yes").exit_code == 0
    assert not (home / "services" / "svc").exists()


WRONG: list[tuple[tuple[str, ...], int, str]] = [
    (("show", "nothing"), 1, "no local service is called `nothing`"),
    (("show",), 2, "name one service"),
    (("show", "one", "-n", "two"), 2, "name one service"),
    (("score", "nothing"), 2, "there is no request to send"),
    (("score", "nothing", "file", "-d", "x"), 2, "there are two requests to send"),
    (("score", "nothing", "absent.json"), 2, "absent.json"),
    (("rollback", "-n", "nothing", "zero"), 2, "'zero' is not a valid integer range"),
    (("delete", "nothing"), 1, "no local service is called `nothing`"),
    (("update", "nothing", "--workers", "0"), 2, "--workers"),
    (("update", "nothing", "--port", "70000"), 2, "--port"),
    (("logs", "nothing"), 1, "no local service is called `nothing`"),
]


def test_a_wrong_call_is_refused(homeport: Homeport) -> None:
    for words, status, message in WRONG:
        screen = homeport("service", *words)
        assert (screen.exit_code, screen.stdout) == (status, ""), (words, screen.stderr)
        assert message in screen.stderr
