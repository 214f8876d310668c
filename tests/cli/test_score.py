"""`homeport score`: one request through the real script in the model's own interpreter, with no server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Homeport, need_interpreter

SCRIPT = """
import json, os
def init():
    print("init in", os.environ.get("AZUREML_MODEL_DIR"))
def run(data):
    numbers = json.loads(data)["data"]
    return {"sum": sum(numbers)}
"""


@pytest.fixture
def script(project: Path) -> Path:
    (project / "score.py").write_text(SCRIPT)
    (project / "good.json").write_text('{"data": [1, 2]}')
    (project / "bad.json").write_text('{"data": [1, "a"]}')
    return project / "score.py"


def test_the_answer_is_all_of_stdout(homeport: Homeport, script: Path) -> None:
    screen = homeport("score", script, "--data", "good.json", "--model-dir", "there")
    assert (screen.exit_code, screen.stdout) == (0, '{"sum": 3}\n')
    assert screen.stderr == "init in there\n"


def test_the_request_may_come_from_standard_input(homeport: Homeport, script: Path) -> None:
    assert homeport("score", script, "--data", "-", stdin='{"data": [5]}').stdout == '{"sum": 5}\n'


def test_a_raise_shows_the_users_own_traceback(homeport: Homeport, script: Path) -> None:
    screen = homeport("score", script, "--data", "bad.json")
    assert (screen.exit_code, screen.stdout) == (1, "")
    assert 'score.py", line 7, in run' in screen.stderr
    assert "TypeError: unsupported operand" in screen.stderr
    assert "homeport/worker" not in screen.stderr


def test_a_failing_init_shows_what_is_in_the_model_folder(homeport: Homeport, project: Path) -> None:
    (project / "model").mkdir()
    (project / "model" / "net.pt").write_text("")
    (project / "score.py").write_text("def init():\n    open('nothing.pkl')\ndef run(data):\n    return data\n")
    screen = homeport("score", "score.py", "--model-dir", "model")
    assert screen.exit_code == 1
    assert "FileNotFoundError" in screen.stderr
    assert "net.pt" in screen.stderr


def test_the_debugger_opens_in_the_frame_that_raised(homeport: Homeport, script: Path) -> None:
    screen = homeport("score", script, "--data", "bad.json", "--debug", stdin="p numbers\nq\n")
    assert screen.exit_code == 1
    assert "(Pdb) [1, 'a']" in screen.stderr


def test_a_missing_script_is_an_error_with_a_hint(homeport: Homeport) -> None:
    screen = homeport("score", "nothing.py")
    assert screen.exit_code == 2
    assert screen.stderr.startswith("error: there is no entry script at `nothing.py`\n\nhint: ")


def test_generators_and_responses_are_printed_as_a_client_would_get_them(homeport: Homeport, project: Path) -> None:
    (project / "score.py").write_text("def init(): pass\ndef run(data):\n    yield 1\n    yield {'a': 2}\n")
    assert homeport("score", "score.py").stdout == '1\n{"a": 2}\n'
    (project / "score.py").write_text(
        "from azureml.contrib.services.aml_response import AMLResponse\n"
        "def init(): pass\ndef run(data):\n    return AMLResponse('teapot', 418)\n"
    )
    screen = homeport("score", "score.py")
    assert (screen.exit_code, screen.stdout) == (1, "teapot\n")
    assert "418" in screen.stderr


@pytest.mark.parametrize("minor", ["3.6", "3.8", "3.13"])
def test_it_runs_in_the_models_own_python(homeport: Homeport, project: Path, minor: str) -> None:
    python = need_interpreter(minor)
    (project / "score.py").write_text(
        "import sys\ndef init(): pass\ndef run(data):\n    return '%d.%d' % sys.version_info[:2]\n"
    )
    assert homeport("score", "score.py", "--python", python).stdout == f'"{minor}"\n'
