"""`--watch`: an edit that starts is served, one that does not leaves what serves as it is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeport.domain.launch import Launch, ServerSpec
from homeport.scoring.watch import Watch
from tests.scoring.conftest import Running, start_process, until

SAYS = "import beside\ndef init(): pass\ndef run(data): return beside.WORD\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "app"
    made.mkdir()
    (made / "score.py").write_text(SAYS)
    (made / "beside.py").write_text("WORD = 'one'\n")
    return made


def launch_of(folder: Path, **variables: str) -> Launch:
    return Launch(
        interpreter=sys.executable,
        entry_script=str(folder / "score.py"),
        app_root=str(folder),
        variables={"PYTHONDONTWRITEBYTECODE": "1", **variables},
    )


@pytest.fixture
def watching(tmp_path: Path, folder: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(**variables: str) -> Running:
        running = start_process(ServerSpec(launch=launch_of(folder, **variables), port=0, watch=True), tmp_path)
        started.append(running)
        until(lambda: running.ask("GET", "/").status == 200)
        return running

    yield start
    for running in started:
        running.end()


def test_an_edit_is_served_without_a_failed_request(watching: Callable[..., Running], folder: Path) -> None:
    running = watching()
    assert running.ask(body="").json == "one"
    (folder / "beside.py").write_text("WORD = 'two'\n")
    until(lambda: running.ask(body="").json == "two")  # an answer that is not JSON would raise
    assert "edited: " in running.text


def test_an_edit_that_does_not_start_is_shown_and_not_served(watching: Callable[..., Running], folder: Path) -> None:
    running = watching()
    (folder / "score.py").write_text("def init():\n    raise OSError('half done')\ndef run(data): return 3\n")
    until(lambda: "OSError: half done" in running.text)
    assert running.ask(body="").json == "one"
    (folder / "score.py").write_text("def init(): pass\ndef run(data): return 4\n")
    until(lambda: running.ask(body="").json == 4)


def test_a_changed_model_is_loaded(watching: Callable[..., Running], folder: Path, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "net.bin").write_text("1")
    (folder / "score.py").write_text(
        "import os\ndef init():\n    global word\n"
        "    word = open(os.environ['AZUREML_MODEL_DIR'] + '/net.bin').read()\ndef run(data): return word\n"
    )
    running = watching(AZUREML_MODEL_DIR=str(tmp_path / "model"))
    (tmp_path / "model" / "net.bin").write_text("2")
    until(lambda: running.ask(body="").json == "2")


def test_what_is_not_code_is_not_looked_at(folder: Path) -> None:
    for path in (
        "data.csv",
        ".git/config.py",
        "venv/pyvenv.cfg",
        "venv/x.py",
        "__pycache__/y.py",
        "sub/z.py",
        "c.yaml",
    ):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text("")
    os.symlink(folder, folder / "sub" / "round")
    seen = Watch(launch_of(folder), None).look()
    assert sorted(os.path.relpath(path, folder) for path in seen) == ["beside.py", "c.yaml", "score.py", "sub/z.py"]
