"""`homeport check`: what is wrong is found without serving, and its fix is named."""

from __future__ import annotations

import json
import re
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from homeport.sdk.workspace import Workspace
from tests.conftest import Homeport, need_interpreter

GOOD = """
import json, os
from azureml.core.model import Model
try:
    import not_on_this_machine
except ImportError:
    not_on_this_machine = None
def init():
    open(os.path.join(os.getenv("AZUREML_MODEL_DIR"), "model.txt")).close()
def run(data):
    return sum(json.loads(data))
"""
CASES = [
    ("def init(): pass\ndef run(data) return 1\n", "syntax", "invalid syntax|expected ':'", "--python"),
    ("def init(): pass\n", "functions", r"no function `run\(\)`", "def run"),
    ("def init(): pass\ndef run(*rows): pass\n", "functions", r"`\*args`", "named argument"),
    ("def init(): pass\ndef run(): pass\n", "functions", "no data argument", "def run"),
    ("def init(): pass\ndef run(a, b): pass\n", "functions", "more than one argument", "defaults"),
    ("async def init(): pass\ndef run(a): pass\n", "functions", "async", "plain function"),
    ("import no_such.part\ndef init(): pass\ndef run(a): pass\n", "imports", "`no_such`", "pip install no-such"),
    ("from azureml.core import Workspace\ndef init(): pass\ndef run(a): pass\n", "imports", "Workspace", "workspace"),
    ("import beside\ndef init(): pass\ndef run(a): pass\n", "imports", "`lost_module`", "pip install lost-module"),
    (
        "import os\nfrom pathlib import Path\nROOT = Path(os.environ['AZUREML_MODEL_DIR'])\n"
        "def init(): open(ROOT / 'sub' / 'model.txt')\ndef run(a): pass\n",
        "model", "`sub/model.txt`", "`model.txt`",
    ),
    ("import os\nD = os.getenv('AZUREML_MODEL_DIR')\nM = f'{D}/modl.txt'\ndef init(): pass\ndef run(a): pass\n",
     "model", "`modl.txt`", "`model.txt`"),
    ("def init(): raise KeyError('gone')\ndef run(a): pass\n", "sample", "KeyError: 'gone'", "--debug"),
    ("def init(): pass\ndef run(a): return 1 / 0\n", "sample", "ZeroDivisionError", "--debug"),
    ("import os\ndef init(): os._exit(7)\ndef run(a): pass\n", "sample", "ended with 7", "--debug"),
]  # fmt: skip


@pytest.fixture
def folder(project: Path) -> Path:
    (project / "model").mkdir()
    (project / "model" / "model.txt").write_text("weights")
    (project / "sample.json").write_text("[1, 2]")
    (project / "beside.py").write_text("import lost_module\n")
    return project


def test_a_good_script_passes_every_check(homeport: Homeport, folder: Path) -> None:
    (folder / "score.py").write_text(GOOD)
    screen = homeport("check", "score.py", "--data", "sample.json", "--model-dir", "model", "--port", "auto", "--json")
    found = json.loads(screen.stdout)
    assert [(one["check"], one["level"]) for one in found] == [
        (name, "ok") for name in ("syntax", "functions", "imports", "model", "sample", "port")
    ]
    assert screen.exit_code == 0


@pytest.mark.parametrize(("script", "check", "words", "fix"), CASES, ids=range(len(CASES)))
def test_each_fault_is_named_with_its_fix(
    homeport: Homeport, folder: Path, script: str, check: str, words: str, fix: str
) -> None:
    (folder / "score.py").write_text(script)
    screen = homeport("check", "score.py", "--data", "sample.json", "--model-dir", "model", "--json")
    wrong: list[dict[str, Any]] = [one for one in json.loads(screen.stdout) if one["level"] == "error"]
    assert screen.exit_code == 1
    assert [one["check"] for one in wrong] == [check]
    assert re.search(words, wrong[0]["message"])
    assert fix in wrong[0]["hint"]


def test_nothing_of_the_script_runs_without_a_sample(homeport: Homeport, folder: Path) -> None:
    (folder / "score.py").write_text("open('ran', 'w').close()\ndef init(): pass\ndef run(data): pass\n")
    screen = homeport("check", "score.py")
    assert screen.exit_code == 0
    assert "note   sample       init() and run() were not called" in screen.stdout
    assert not (folder / "ran").exists()


def test_the_script_is_read_by_the_models_own_python(homeport: Homeport, folder: Path) -> None:
    (folder / "score.py").write_text("def init(): pass\ndef run(data):\n    if (n := len(data)):\n        return n\n")
    assert homeport("check", "score.py").exit_code == 0
    screen = homeport("check", "score.py", "--python", need_interpreter("3.6"))
    assert screen.exit_code == 1
    assert screen.stdout.startswith("error  syntax       score.py:3: invalid syntax\n")


def test_a_taken_port_is_noted(homeport: Homeport, folder: Path) -> None:
    (folder / "score.py").write_text(GOOD)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        screen = homeport("check", "score.py", "--model-dir", "model", "--port", port)
    assert f"note   port         port {port} is in use" in screen.stdout
    assert screen.exit_code == 0


def test_what_the_packages_of_an_environment_mean_is_said(
    homeport: Homeport, folder: Path, workspace: Workspace
) -> None:
    (folder / "score.py").write_text("def init(): pass\ndef run(data): pass\n")
    definition = {
        "name": "old",
        "python": {
            "userManagedDependencies": True,
            "interpreterPath": sys.executable,
            "condaDependencies": {"dependencies": ["lightgbm", {"pip": ["azureml-defaults"]}]},
        },
    }
    workspace._store.environments.register("old", definition)
    screen = homeport("check", "score.py", "--environment", "old")
    assert screen.exit_code == 0
    assert "`azureml-defaults` stands for `inference-schema` and `flask` here" in screen.stdout
    assert "`lightgbm` comes from a conda channel" in screen.stdout
