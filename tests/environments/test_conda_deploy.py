"""The whole way with conda packages: from a file of a definition to an answer, with the network closed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Homeport
from tests.environments.closed_network import closed
from tests.environments.conda import HERE

ROOT = Path(__file__).parents[2]
SCRIPT = """
import ctypes, os, sys
import beta, hello

def init():
    global library
    library = ctypes.CDLL(os.path.join(sys.prefix, "lib", "libgreeting.so"))

def run(data):
    return [library.twice(21), hello.version, beta.version]
"""
COMMANDS = """
import subprocess, sys
def homeport(*words):
    words = [sys.executable, "-m", "homeport", *words]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout.decode()
homeport("init")
homeport("model", "deploy", "model.txt", "-n", "greeter", "--entry-script", "score.py", "--conda-file", "conda.yml")
try:
    print(homeport("service", "score", "greeter", "-d", '{"data": 1}'))
finally:
    homeport("service", "delete", "greeter", "--yes")
"""


@pytest.fixture(autouse=True)
def no_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python of the channel brings none; making it takes longer than all the rest."""
    monkeypatch.setenv("HOMEPORT_BYTECODE", "never")


def test_a_conda_definition_is_solved_locked_built_deployed_and_scored_with_the_network_closed(
    channel: str, shelf: Path, home: Path, project: Path, tmp_path: Path
) -> None:
    pip = f'["--no-index", "--find-links {shelf}", "beta"]'
    (project / "conda.yml").write_text(
        f"channels: [{channel}]\ndependencies: [python={HERE}, libgreeting, hello=1.0, {{pip: {pip}}}]\n"
    )
    (project / "score.py").write_text(SCRIPT)
    (project / "model.txt").write_text("weights")
    (tmp_path / "commands.py").write_text(COMMANDS)
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "HOMEPORT_CONDA_CACHE": str(tmp_path / "conda")}
    done = subprocess.run(
        closed(sys.executable, str(tmp_path / "commands.py")),
        cwd=project,
        env={**variables, "UV_CACHE_DIR": str(tmp_path / "uv")},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == [42, "1.0", "1.0"]
    assert "the conda engine solves 3 entries" in done.stderr


def test_the_engine_is_shown_and_changed_only_on_request(
    channel: str, shelf: Path, homeport: Homeport, project: Path
) -> None:
    pip = f'["--no-index", "--find-links {shelf}"]'
    (project / "science.yml").write_text(
        f"channels: [{channel}]\ndependencies: [python={HERE}, twofold=1.0=alpha_0, mkl, {{pip: {pip}}}]\n"
    )
    assert homeport("init").exit_code == 0
    assert homeport("environment", "register", "science.yml").stdout == "science:1\n"
    locked = homeport("environment", "lock", "science")
    assert "twofold=1.0=alpha_0" in locked.stdout.splitlines(), locked.stderr
    shown = json.loads(homeport("environment", "show", "science", "--json").stdout)
    assert (shown["lock"]["engine"], shown["lock"]["channels"]) == ("conda", [channel])

    refused = homeport("environment", "build", "science", "--engine", "uv")
    assert refused.exit_code == 1
    assert "by conda" in refused.stderr and "--relock" in refused.stderr
    swapped = homeport("environment", "lock", "science", "--engine", "uv", "--relock")
    assert "`mkl` is left out" in swapped.stderr
    assert "`twofold=1.0=alpha_0` is taken from the package index as `twofold==1.0`" in swapped.stderr
    assert swapped.exit_code == 1  # the shelf has no such thing

    built = homeport("environment", "build", "science")
    assert built.exit_code == 0, built.stderr
    assert (Path(built.stdout.strip()).parents[1] / "share" / "twofold.txt").read_text() == "alpha_0\n"
