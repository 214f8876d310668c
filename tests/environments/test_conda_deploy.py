"""The whole way with conda packages: from a file of a definition to an answer, with the network closed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

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
