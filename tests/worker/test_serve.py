"""Real worker processes, spoken to over their socket pair as the scoring server does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import need_interpreter
from tests.worker.conftest import MAIN, MINORS, Start

EVERYTHING = """
import logging, sys
from azureml.core.model import Model

def init():
    global count
    count = 0
    print("loading", 1, sep="-")

def run(data, request_headers):
    global count
    count += 1
    print("counted", count)
    logging.info("said by the script")
    return {"data": data, "count": count, "probe": request_headers.get("X-Probe"), "name": __name__,
            "here": sys.modules[__name__].run is run, "minor": list(sys.version_info[:2])}
"""


@pytest.mark.parametrize("minor", MINORS)
def test_a_worker_serves_on_every_python(start: Start, minor: str) -> None:
    worker = start(EVERYTHING, interpreter=need_interpreter(minor), LC_ALL="C", PYTHONIOENCODING="ascii")
    assert worker.ready, worker.about
    assert worker.about["wants_headers"]
    assert worker.about["mode"] == "string"
    assert worker.about["python"].startswith(minor + ".")
    assert worker.value("héllo 世界".encode(), headers={"X-Probe": "p"}) == {
        "data": "héllo 世界",
        "count": 1,
        "probe": "p",
        "name": "entry_module",
        "here": True,
        "minor": [int(part) for part in minor.split(".")],
    }
    assert worker.value(method="GET", query="a=1&b=%5B1,2%5D&c=x+y&c=2&flag", headers={})["data"] == (
        '{"a": 1, "b": [1, 2], "c": ["x y", 2], "flag": ""}'
    )
    assert worker.score(b"\xff\xfe")[0]["outcome"] == "bad_input"
    status, out, err = worker.leave()
    assert status == 0
    assert "azmlinfsrv.print - loading-1\n" in out
    assert "azmlinfsrv.print - counted 2\n" in out
    assert " I [" in err
    assert "root - said by the script" in err


@pytest.mark.parametrize("minor", ["3.6", "3.13"])
def test_the_users_modules_are_never_shadowed_by_ours(start: Start, tmp_path: Path, minor: str) -> None:
    app = tmp_path / "app"
    app.mkdir()
    names = [path.stem for path in MAIN.parent.glob("*.py") if not path.stem.startswith("__")] + ["utils"]
    for name in names:
        if name != "http":  # the standard library's, which they would break for themselves
            (app / f"{name}.py").write_text(f"WHO = 'mine: {name}'\n")
    names = sorted(set(names) - {"http"})
    listed = ", ".join(names)
    script = f"import {listed}, http.client\ndef init(): pass\ndef run(data): return [m.WHO for m in ({listed})]\n"
    worker = start(script, interpreter=need_interpreter(minor))
    assert worker.ready, worker.about
    assert worker.value() == [f"mine: {name}" for name in names]


def test_the_real_package_wins_over_the_names_we_answer(start: Start, tmp_path: Path) -> None:
    real = tmp_path / "site" / "azureml" / "core"
    real.mkdir(parents=True)
    (real.parent / "__init__.py").write_text("")
    (real / "__init__.py").write_text("")
    (real / "model.py").write_text("Model = 'the real one'\n")
    script = """
from azureml.core.model import Model
from azureml.exceptions import ModelNotFoundException
def init(): pass
def run(data): return [Model, ModelNotFoundException.__module__]
"""
    worker = start(script, PYTHONPATH=str(tmp_path / "site"))
    assert worker.ready, worker.about
    assert worker.value() == ["the real one", "_homeport_worker.models"]


def test_get_model_path_finds_the_newest_version_below_the_app_root(start: Start, tmp_path: Path) -> None:
    for version in (2, 10):
        folder = tmp_path / "app" / "azureml-models" / "iris" / str(version)
        folder.mkdir(parents=True)
        (folder / "m.pkl").write_text("")
    script = """
from azureml.core.model import Model
def init(): pass
def run(data): return [Model.get_model_path("iris"), Model.get_model_path("iris", version=2)]
"""
    worker = start(script, AML_APP_ROOT=str(tmp_path / "app"))
    models = tmp_path / "app" / "azureml-models" / "iris"
    assert worker.value() == [str(models / "10" / "m.pkl"), str(models / "2" / "m.pkl")]


FAILURES = {
    "no_init": ("def run(data): pass", "signature", "has no function `init()`"),
    "no_run": ("def init(): pass", "signature", "has no function `run()`"),
    "run_is_a_value": ("run = 1\ndef init(): pass", "signature", "has no function `run()`"),
    "no_argument": ("def init(): pass\ndef run(): pass", "signature", "no data argument"),
    "headers_only": ("def init(): pass\ndef run(request_headers): pass", "signature", "no data argument"),
    "varargs": ("def init(): pass\ndef run(*data): pass", "signature", r"takes `*args`"),
    "keywords": ("def init(): pass\ndef run(data, **more): pass", "signature", r"takes `**kwargs`"),
    "positional": ("def init(): pass\ndef run(data, /): pass", "signature", "positional-only"),
    "syntax": ("def init(: pass", "import", "SyntaxError"),
    "import": ("import no_such_module_xyz", "import", "no_such_module_xyz"),
    "raises": ("def init(): raise ValueError('boom')\ndef run(data): pass", "init", "ValueError: boom"),
    "leaves": ("import sys\ndef init(): sys.exit(0)\ndef run(data): pass", "init", "SystemExit: 0"),
    "interrupts": ("def init(): raise KeyboardInterrupt\ndef run(data): pass", "init", "KeyboardInterrupt"),
    "both_decorators": (
        "from azureml.contrib.services.aml_request import rawhttp\n"
        "from inference_schema.schema_decorators import output_schema as o\n"
        "from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as T\n"
        "def init(): pass\n@rawhttp\n@o(T(1))\ndef run(data): pass",
        "signature",
        "cannot have both",
    ),
    "async_init": ("async def init(): pass\ndef run(data): pass", "signature", "init() is async"),
}


@pytest.mark.parametrize("case", sorted(FAILURES))
def test_a_script_that_cannot_be_served_is_refused_with_the_reason(start: Start, case: str) -> None:
    text, stage, words = FAILURES[case]
    worker = start(text)
    assert not worker.ready
    assert worker.about["stage"] == stage
    assert words in worker.about["error"]
    assert worker.leave()[0] == 3


def test_the_traceback_has_the_users_frames_alone_and_the_model_folder_is_listed(start: Start, tmp_path: Path) -> None:
    (tmp_path / "m" / "1").mkdir(parents=True)
    (tmp_path / "m" / "1" / "a.txt").write_text("")
    text = "def helper():\n    open('nothing-here')\ndef init():\n    helper()\ndef run(data): pass\n"
    about = start(text, AZUREML_MODEL_DIR=str(tmp_path / "m")).about
    assert about["traceback"].count("  File ") == 2
    assert "homeport" not in about["traceback"]
    assert "importlib" not in about["traceback"]
    assert about["traceback"].endswith("FileNotFoundError: [Errno 2] No such file or directory: 'nothing-here'\n")
    assert about["listing"] == f"{tmp_path}/m/\n    1/\n        a.txt\n"


def test_an_error_in_run_is_logged_and_the_next_request_is_served(start: Start) -> None:
    worker = start("def init(): pass\ndef run(data):\n    if data: raise KeyError(data)\n    return 1\n")
    assert worker.score(b"secret")[0] == {"outcome": "raised"}
    assert worker.value() == 1
    _, out, _ = worker.leave()
    assert "KeyError: 'secret'" in out
    assert "serve.py" not in out


@pytest.mark.parametrize("case", ["bytes(3)", "object()", "{(1, 2): 3}", "[[...]] and loop"])
def test_what_cannot_be_json_is_told_apart_from_an_error_in_run(start: Start, case: str) -> None:
    worker = start(f"loop = []\nloop.append(loop)\ndef init(): pass\ndef run(data): return {case}\n")
    assert worker.score(b"")[0] == {"outcome": "unserializable"}
    assert worker.ready


@pytest.mark.parametrize(("words", "status"), [("sys.exit(7)", 7), ("os._exit(9)", 9)])
def test_leaving_inside_run_ends_the_worker(start: Start, words: str, status: int) -> None:
    worker = start(f"import os, sys\ndef init(): pass\ndef run(data): {words}\n")
    with pytest.raises(AssertionError):
        worker.score(b"")
    assert worker.process.returncode == status


def test_a_response_of_flask_keeps_its_status_and_headers(start: Start) -> None:
    text = """
from azureml.contrib.services.aml_response import AMLResponse
from flask import jsonify
def init(): pass
def run(data):
    headers = {"X-Many": "a, b", "Content-Type": "x/y"}
    return jsonify(a=1) if data else AMLResponse({"e": 1}, 418, headers, json_str=True)
"""
    worker = start(text)
    answer, body = worker.score(b"")
    assert (answer["outcome"], answer["status"], body) == ("response", 418, b'{"e": 1}')
    assert answer["headers"] == [["Content-Type", "x/y"], ["X-Many", "a"], ["X-Many", "b"]]
    answer, body = worker.score(b"1")
    assert (answer["status"], json.loads(body)) == (200, {"a": 1})


def test_a_scripts_own_logging_works_as_if_nothing_had_been_set_up(start: Start) -> None:
    text = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, format="mine %(message)s", stream=sys.stderr)
def init(): logging.debug("deep")
def run(data): return 1
"""
    _, _, err = start(text).leave()
    assert err == "mine deep\n"


def test_classes_of_the_script_can_be_pickled_and_annotated_dataclasses_load(start: Start) -> None:
    text = """
from __future__ import annotations
import pickle
from dataclasses import dataclass
@dataclass
class Point:
    x: int
def init(): pass
def run(data): return pickle.loads(pickle.dumps(Point(3))).x
"""
    assert start(text).value() == 3


def test_a_worker_whose_server_is_gone_leaves(start: Start) -> None:
    assert start("def init(): pass\ndef run(data): pass\n").leave()[0] == 0
