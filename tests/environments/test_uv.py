from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.cli.edge import TERMINATED
from homeport.domain.lock import without_credentials
from homeport.environments.uv import UvError, run_uv, uv_variables
from tests.environments.conftest import Lines
from tests.scoring.conftest import until


def test_a_failure_carries_uvs_words_and_status(tmp_path: Path) -> None:
    with pytest.raises(UvError) as caught:
        run_uv(["no-such-command"], folder=tmp_path, progress=Lines())
    assert caught.value.status == 2
    assert "no-such-command" in caught.value.text


def test_variables_that_would_point_uv_elsewhere_are_dropped() -> None:
    given = {
        "UV_PYTHON": "3.9",
        "UV_COMPILE_BYTECODE": "1",
        "VIRTUAL_ENV": "/v",
        "PYTHONPATH": "/p",
        "UV_CACHE_DIR": "/c",
    }
    assert uv_variables(given) == {"UV_CACHE_DIR": "/c"}


def test_credentials_are_cut_out_of_addresses() -> None:
    text = 'url = "https://ada:hu@sh@a.example/x" and https://token@b.example, mail me@c.example'
    assert without_credentials(text) == 'url = "https://a.example/x" and https://b.example, mail me@c.example'


SLOW_BACKEND = """
import os, time

def build_wheel(*words, **more):
    with open({began!r}, "w") as file:
        file.write(str(os.getpid()))
    time.sleep(600)
"""
RUN = """
import sys
from pathlib import Path
from homeport.cli.edge import end_in_order
from homeport.domain.progress import Silent
from homeport.environments.uv import run_uv
end_in_order()
run_uv(["pip", "install", "--target", "out", "--no-deps", "./slow"], folder=Path(sys.argv[1]), progress=Silent())
"""


def test_what_builds_a_package_ends_with_the_command_that_is_stopped(tmp_path: Path) -> None:
    package, began = tmp_path / "slow", tmp_path / "began"
    package.mkdir()
    project = '[project]\nname = "slow"\nversion = "1"\n[build-system]\nrequires = []\nbuild-backend = "backend"\n'
    (package / "pyproject.toml").write_text(f'{project}backend-path = ["."]\n')
    (package / "backend.py").write_text(SLOW_BACKEND.format(began=str(began)))
    variables = {**os.environ, "UV_CACHE_DIR": str(tmp_path / "cache")}
    with subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path)], env=variables, stderr=subprocess.PIPE) as command:
        until(lambda: began.exists() and began.read_text())
        builder = Path("/proc") / began.read_text()
        assert builder.exists()
        command.send_signal(signal.SIGTERM)  # Ctrl-C is switched off in what a shell runs in the background
        command.communicate(timeout=30)
    assert command.returncode == TERMINATED
    until(lambda: not builder.exists())
