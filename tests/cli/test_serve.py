"""`homeport serve` as a process: its exit statuses, what the script finds, and that it is the server itself."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psutil
import pytest

from homeport.domain.bundle import Bundle, BundledEnvironment
from tests.conftest import Homeport, need_interpreter

SCRIPT = """
import os, sys
def init(): pass
def run(data):
    names = ["AZUREML_MODEL_DIR", "AML_APP_ROOT", "AZUREML_ENTRY_SCRIPT", "WORKER_COUNT", "SET_OUTSIDE", "PYTHONPATH"]
    return {"data": data, "cwd": os.getcwd(), "env": {name: os.environ.get(name) for name in names},
            "python": sys.executable, "ppid": os.getppid()}
"""


class Serving:
    """One `homeport serve`, its address read from the ready line."""

    def __init__(self, words: list[str], folder: Path, **variables: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "homeport", "serve", *words],
            cwd=folder,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.said: list[str] = []
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        line = self.lines.get(timeout=60)
        while not line.startswith("serving http"):
            line = self.lines.get(timeout=60)
        self.url = line.split()[1]

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            for line in stream:
                self.said.append(line.decode())
                self.lines.put(line.decode())

    def score(self, body: str = "") -> Any:
        with urllib.request.urlopen(urllib.request.Request(self.url, body.encode()), timeout=60) as reply:
            return json.load(reply)

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        self.reader.join(60)
        return status


@pytest.fixture
def serve(project: Path, home: Path) -> Iterator[Callable[..., Serving]]:
    started: list[Serving] = []

    def start(*words: object, **variables: str) -> Serving:
        told = [str(word) for word in words]
        started.append(Serving([*told, "--port", "auto"], project, **variables))
        return started[-1]

    yield start
    for serving in started:
        serving.end()


@pytest.fixture
def script(project: Path) -> Path:
    (project / "score.py").write_text(SCRIPT)
    return project / "score.py"


def test_a_script_is_served_in_place_and_the_process_is_the_server(
    serve: Callable[..., Serving], script: Path, project: Path
) -> None:
    serving = serve("score.py", "--python", sys.executable, SET_OUTSIDE="yes", PYTHONPATH="/mine")
    found = serving.score("hi")
    assert found["cwd"] == found["env"]["AML_APP_ROOT"] == str(project)
    assert found["env"]["AZUREML_ENTRY_SCRIPT"] == str(script)
    assert (found["env"]["SET_OUTSIDE"], found["env"]["PYTHONPATH"]) == ("yes", "/mine")
    assert serving.process.pid in (found["ppid"], psutil.Process(found["ppid"]).ppid())  # forked workers have a parent
    assert sorted(path.name for path in project.iterdir() if path.name != "__pycache__") == ["score.py"]
    assert serving.end() == 0


def test_batching_is_proved_with_the_sample_that_is_named(serve: Callable[..., Serving], project: Path) -> None:
    rows = "import json\ndef init(): pass\ndef run(data): return [sum(row) for row in json.loads(data)['data']]\n"
    (project / "rows.py").write_text(rows)
    (project / "sample.json").write_text('{"data": [[1.5, 2.5]]}')
    serving = serve(
        "rows.py", "--python", sys.executable, "--batch-max-size", 4, "--batch-max-delay-ms", 1.5,
        "--batch-tolerance", 1e-9, "--sample-input", "sample.json",
    )  # fmt: skip
    assert serving.score('{"data": [[1, 2], [3, 4]]}') == [3, 7]


def test_a_sample_that_is_no_json_is_named(homeport: Homeport, script: Path, project: Path) -> None:
    (project / "sample.json").write_text("{")
    result = homeport("serve", "score.py", "--batch-max-size", "4", "--sample-input", "sample.json")
    assert result.exit_code == 1
    assert "sample.json" in result.stderr


def test_the_reference_servers_spellings_are_taken(serve: Callable[..., Serving], script: Path, project: Path) -> None:
    (project / "c.json").write_text('{"AZUREML_ENTRY_SCRIPT": "score.py", "WORKER_COUNT": 3}')
    words = ["--entry_script", "score.py", "--model_dir", "./m", "--worker_count", "2", "--health_port", "5003"]
    words += ["--access_control_allow_origins", "http://a", "--appinsights_instrumentation_key", "none"]
    found = serve(*words, "--python", sys.executable).score()["env"]
    assert (found["AZUREML_MODEL_DIR"], found["WORKER_COUNT"]) == ("./m", "2")
    assert serve("--config_file", "c.json", "--python", sys.executable).score()["env"]["WORKER_COUNT"] == "3"


def test_the_activated_environment_is_the_default_interpreter(serve: Callable[..., Serving], script: Path) -> None:
    python = need_interpreter("3.8")
    assert serve("score.py", VIRTUAL_ENV=str(python.parents[1])).score()["python"] == str(python)


def test_a_bundle_is_served_by_its_own_record(serve: Callable[..., Serving], tmp_path: Path) -> None:
    bundle = Bundle(
        entry_script="src/score.py",
        source_directory="src",
        models=(),
        environment=BundledEnvironment(name=None, version=None, lock=None, interpreter=sys.executable),
        variables={"SET_OUTSIDE": "bundle"},
        created=datetime(2026, 1, 1, tzinfo=timezone.utc),
    )
    folder = tmp_path / "bundle"
    (folder / "app" / "src").mkdir(parents=True)
    (folder / "app" / "azureml-models").mkdir()
    (folder / "bundle.json").write_text(json.dumps(bundle.to_json()))
    (folder / "app" / "src" / "helper_here.py").write_text("WORD = 1\n")
    (folder / "app" / "src" / "score.py").write_text("import helper_here\n" + SCRIPT)
    found = serve(folder).score()
    assert found["cwd"] == found["env"]["AML_APP_ROOT"] == str(folder / "app")
    assert found["env"]["AZUREML_MODEL_DIR"] == str(folder / "app" / "azureml-models")
    assert found["env"]["SET_OUTSIDE"] == "bundle"


WRONG_CALLS = [
    ([], "no entry script is named"),
    (["--frob"], "no such option"),
    (["score.py", "--port", "0"], "`0` is not a port"),
    (["score.py", "--port", "70000"], "`70000` is not a port"),
    (["score.py", "--port", "http"], "`http` is not a port"),
    (["score.py", "--workers", "0"], "0 is not in the range"),
    (["score.py", "--worker_count", "x"], "not a valid integer"),
    (["score.py", "--host", "0.0.0.0"], "`0.0.0.0` can be reached from other machines"),
    (["score.py", "--host", "example.com"], "can be reached from other machines"),
    (["score.py", "--python", "/no/python"], "`/no/python` is not an interpreter"),
    (["score.py", "--python", "python3", "--environment", "e"], "exclude each other"),
    (["score.py", "--entry_script", "score.py"], "name the script once"),
]


@pytest.mark.parametrize(
    ("words", "said"), WRONG_CALLS, ids=lambda part: " ".join(part) if isinstance(part, list) else ""
)
def test_a_wrong_call_exits_1_and_says_what_to_do(
    homeport: Homeport, script: Path, words: list[str], said: str
) -> None:
    screen = homeport("serve", *words, AZUREML_ENTRY_SCRIPT="score.py")
    assert screen.exit_code == 1
    assert said in screen.stderr
    assert screen.stdout == ""


FAILED_STARTS = [
    ("raises", "def init(): raise ValueError('boom')\ndef run(data): pass\n", "ValueError: boom"),
    ("syntax", "def init(: pass\n", "SyntaxError"),
    ("no run", "def init(): pass\n", "has no function `run()`"),
    ("missing", None, "there is no entry script at `other.py`"),
]


@pytest.mark.parametrize(
    ("text", "said"), [case[1:] for case in FAILED_STARTS], ids=[case[0] for case in FAILED_STARTS]
)
def test_a_failed_start_exits_3_with_the_scripts_own_traceback(
    homeport: Homeport, project: Path, text: str | None, said: str
) -> None:
    if text is not None:
        (project / "other.py").write_text(text)
    (project / "m" / "1").mkdir(parents=True)
    screen = homeport("serve", "other.py", "--model-dir", "m", "--python", sys.executable, "--port", "auto")
    assert screen.exit_code == 3
    assert said in screen.stderr
    assert ("m/\n    1/\n" in screen.stderr) is ("boom" in said)


def test_a_model_folder_that_is_not_there_is_said(homeport: Homeport, project: Path) -> None:
    (project / "other.py").write_text("raise ValueError('stop here')")
    screen = homeport("serve", "other.py", "--model-dir", "nope", "--python", sys.executable, "--port", "auto")
    assert screen.exit_code == 3
    assert "warning: the model folder `nope` does not exist" in screen.stderr


def test_a_port_in_use_exits_1_and_is_named(homeport: Homeport, serve: Callable[..., Serving], script: Path) -> None:
    port = serve("score.py", "--python", sys.executable).url.split(":")[2].split("/")[0]
    screen = homeport("serve", "score.py", "--python", sys.executable, "--port", port)
    assert screen.exit_code == 1
    assert f"port {port} is in use" in screen.stderr


def test_bad_settings_are_failed_starts(homeport: Homeport, script: Path, project: Path) -> None:
    python = ("--python", sys.executable, "--port", "auto")
    assert "SCORING_TIMEOUT_MS" in homeport("serve", "score.py", *python, SCORING_TIMEOUT_MS="abc").stderr
    assert homeport("serve", "score.py", *python, SCORING_TIMEOUT_MS="abc").exit_code == 3
    assert homeport("serve", "score.py", *python, WORKER_COUNT="many").exit_code == 3
    (project / "bad.json").write_text("{bad")
    assert homeport("serve", "score.py", *python, "--config_file", "bad.json").exit_code == 3
    (project / "swagger.json").write_text("{bad")
    assert homeport("serve", "score.py", *python).exit_code == 3


def test_a_folder_that_is_no_bundle_is_refused(homeport: Homeport, project: Path) -> None:
    (project / "folder").mkdir()
    screen = homeport("serve", "folder")
    assert screen.exit_code == 3
    assert "`folder` is a folder without a `bundle.json`" in screen.stderr


def test_an_edit_is_served_where_it_is_watched_for(project: Path, serve: Callable[..., Serving]) -> None:
    (project / "score.py").write_text("def init(): pass\ndef run(data): return 1\n")
    running = serve("score.py", "--watch")
    assert running.score() == 1
    (project / "score.py").write_text("def init(): pass\ndef run(data): return 2\n")
    while running.score() != 2:
        pass


def test_a_bundle_is_not_watched(homeport: Homeport, project: Path) -> None:
    environment = BundledEnvironment(name=None, version=None, lock=None, interpreter=sys.executable)
    bundle = Bundle(
        entry_script="score.py",
        source_directory=None,
        models=(),
        environment=environment,
        variables={},
        created=datetime(2026, 1, 1, tzinfo=timezone.utc),
    )
    (project / "bundle.json").write_text(json.dumps(bundle.to_json()))
    screen = homeport("serve", ".", "--watch")
    assert (screen.exit_code, screen.stderr.split("\n")[0]) == (1, "error: a bundle never changes")


def test_watching_and_debugging_exclude_each_other(homeport: Homeport, script: Path) -> None:
    screen = homeport("serve", "score.py", "--watch", "--debug")
    assert (screen.exit_code, screen.stderr.split(":")[1]) == (1, " --watch and --debug exclude each other")
