from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import pytest

from homeport.sdk.model import Model
from homeport.sdk.workspace import Workspace
from tests.conftest import Homeport

SCORE = "import sys\n\ndef init(): pass\n\ndef run(raw_data): return [sys.prefix, sys.version_info[:2]]\n"


@pytest.fixture
def lab(homeport: Homeport, workspace: Workspace, project: Path, no_service_stays: None) -> Homeport:
    """The command in a folder with a workspace, a model and an entry script; every service goes at the end."""
    (project / "score.py").write_text(SCORE)
    (project / "m.txt").write_text("m")
    Model.register(workspace, "m.txt", "m")
    (project / "m.json").write_text('{"modelId": "m:1"}')
    return homeport


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def test_the_files_of_the_original_are_read(lab: Homeport, project: Path) -> None:
    port = free_port()
    (project / "code").mkdir()
    (project / "code" / "main.py").write_text(SCORE)
    environment = {"name": "mine", "python": {"userManagedDependencies": True, "interpreterPath": sys.executable}}
    config = {"entryScript": "main.py", "sourceDirectory": "code", "environment": environment, "runtime": "python"}
    (project / "ic.json").write_text(json.dumps(config))
    (project / "dc.json").write_text(json.dumps({"computeType": "local", "port": port}))
    words = ["-n", "svc", "-f", "m.json", "--ic", "ic.json", "--dc", "dc.json", "--ct", "local", "--overwrite"]
    screen = lab("model", "deploy", *words, "-w", "lab", "-g", "group")
    assert (screen.exit_code, screen.stdout) == (0, f"http://localhost:{port}/score\n"), screen.stderr
    found = json.loads(lab("service", "show", "svc", "--json").stdout)
    assert (found["models"], found["entryScript"], found["environment"]) == (["m:1"], "code/main.py", "mine")


def test_off_this_machine_a_key_is_needed_or_refused_by_name(lab: Homeport, project: Path) -> None:
    words = ["model", "deploy", "m", "-n", "svc", "--entry-script", "score.py", "--python", sys.executable]
    refused = lab(*words, "--host", "0.0.0.0")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "`0.0.0.0` can be reached from other machines" in refused.stderr
    assert "--no-key" in refused.stderr
    (project / "dc.json").write_text(json.dumps({"computeType": "local", "host": "0.0.0.0", "authEnabled": True}))
    assert lab(*words, "--dc", "dc.json").exit_code == 0
    found = json.loads(lab("service", "show", "svc", "--json").stdout)
    assert (found["host"], found["authEnabled"]) == ("0.0.0.0", True)
    assert "0.0.0.0" in lab("service", "show", "svc").stdout
    moved = lab("service", "update", "svc", "--dc", "dc.json", "--workers", "2")
    assert moved.exit_code == 0, moved.stderr
    (project / "dc.json").write_text(json.dumps({"computeType": "local", "host": "127.0.0.1"}))
    assert "`host` is not changed by an update" in lab("service", "update", "svc", "--dc", "dc.json").stderr


def test_without_an_environment_the_activated_one_serves(lab: Homeport) -> None:
    words = ["model", "deploy", "m", "-n", "svc", "--entry-script", "score.py"]
    assert lab(*words, VIRTUAL_ENV=sys.prefix).exit_code == 0
    assert json.loads(lab("service", "score", "svc", "-d", "").stdout)[0] == sys.prefix
    found = json.loads(lab("service", "show", "svc", "--json").stdout)
    assert found["environment"] is None
    assert lab("environment", "list").stdout == ""


def test_else_the_python_on_the_path_does(lab: Homeport, project: Path) -> None:
    (project / "bin").mkdir()
    (project / "bin" / "python3").symlink_to(os.path.realpath(sys.executable))
    path = f"{project / 'bin'}:{os.environ['PATH']}"
    words = ["model", "deploy", "m", "-n", "svc", "--entry-script", "score.py"]
    screen = lab(*words, PATH=path, VIRTUAL_ENV="")
    assert screen.exit_code == 0, screen.stderr
    assert json.loads(lab("service", "score", "svc", "-d", "").stdout)[1] == list(sys.version_info[:2])


def test_an_environment_is_built_from_a_requirements_file(lab: Homeport, project: Path) -> None:
    (project / "requirements.txt").write_text("six==1.16.0\n")
    (project / "score.py").write_text("import six\n\ndef init(): pass\n\ndef run(raw_data): return six.__version__\n")
    words = ["model", "deploy", "m", "-n", "svc", "--entry-script", "score.py", "--requirements", "requirements.txt"]
    screen = lab(*words)
    assert screen.exit_code == 0, screen.stderr
    assert lab("service", "score", "svc", "-d", "").stdout == '"1.16.0"\n'
    assert json.loads(lab("service", "show", "svc", "--json").stdout)["environment"] == "svc-env:1"


def test_a_path_that_was_never_registered_is_served_too(lab: Homeport, project: Path) -> None:
    (project / "loose.txt").write_text("loose")
    assert lab("model", "deploy", "loose.txt", "-n", "svc", "--entry-script", "score.py").exit_code == 0
    assert json.loads(lab("service", "show", "svc", "--json").stdout)["models"] == ["loose.txt:0"]


def test_json_says_what_was_deployed_and_no_wait_returns_early(lab: Homeport, project: Path) -> None:
    (project / "slow.py").write_text("import time\n\ndef init(): time.sleep(60)\n\ndef run(raw_data): pass\n")
    screen = lab("model", "deploy", "m", "-n", "slow", "--entry-script", "slow.py", "--no-wait", "--json")
    assert screen.exit_code == 0, screen.stderr
    assert json.loads(screen.stdout)["state"] == "deploying"


SCRIPT = ("--entry-script", "score.py")
WRONG: list[tuple[tuple[str, ...], int, str]] = [
    (("m", *SCRIPT), 2, "missing option '-n'"),
    (("m", "-n", "svc"), 2, "is text that is no model"),
    (("-n", "svc"), 2, "the entry script is missing"),
    (("m", "-n", "NotLower", *SCRIPT), 2, "`NotLower` is not a usable service name"),
    (("m", "-n", "svc", "--entry-script", "absent.py"), 2, "`absent.py` does not exist"),
    (("m:9", "-n", "svc", *SCRIPT), 1, "`m:9`"),
    (("mm", "-n", "svc", *SCRIPT), 1, "hint: did you mean `m`?"),
    (("m", "-n", "svc", *SCRIPT, "--ct", "aks"), 2, "services run on this machine"),
    (("m", "-n", "svc", "--ic", "absent.json"), 2, "`absent.json` does not exist"),
    (("m", "-n", "svc", "-f", "score.py"), 2, "`score.py` is not JSON"),
    (("m", "-n", "svc", "--source-directory", "."), 2, "`--source-directory` needs `--entry-script`"),
    (("m", "-n", "svc", *SCRIPT, "-e", "x", "--python", "p"), 2, "`--environment` and `--python` exclude each other"),
    (("m", "-n", "svc", *SCRIPT, "-e", "absent"), 1, "absent"),
    (("m", "-n", "svc", *SCRIPT, "--python", "no/such/python"), 2, "no/such/python"),
]


def test_a_wrong_deployment_starts_nothing(lab: Homeport) -> None:
    for words, status, message in WRONG:
        screen = lab("model", "deploy", *words)
        assert (screen.exit_code, screen.stdout) == (status, ""), (words, screen.stderr)
        assert message.lower() in screen.stderr.lower(), words
    assert json.loads(lab("service", "list", "--json").stdout) == []
