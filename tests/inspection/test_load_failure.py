"""Real failures are made with two interpreters, or with the libraries that are installed here; others are recorded."""

from __future__ import annotations

import pickle
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.domain.findings import Findings, Needed
from homeport.inspection import explain_load_failure, inspect_model
from homeport.inspection.load_messages import MESSAGES
from tests.conftest import need_interpreter

ZOO = Path(__file__).parents[1] / "zoo" / "models"
LOAD = "import pickle, sys; pickle.load(open(sys.argv[1], 'rb'))"
NOTHING = Findings(format="pickle")


def failure_of(python: Path | str, path: Path, *more: str) -> str:
    """What an interpreter says when it cannot load a file."""
    words = [str(python), *more, "-c", LOAD, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=path.parent, timeout=120)
    assert done.returncode != 0
    return done.stderr


def global_pickle(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n.".encode()


def test_a_newer_protocol(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps([1], protocol=5))
    said = failure_of(need_interpreter("3.7"), path)
    assert explain_load_failure(inspect_model(path), {}, "3.7.16", said) == (
        "it was saved with Python 3.8 or newer; this environment has Python 3.7.16"
    )


WRITE_CODE = """
import pickle, sys
code = (lambda: 1).__code__
fields = "argcount posonlyargcount kwonlyargcount nlocals stacksize flags code consts names varnames filename name"
values = [getattr(code, "co_" + name) for name in fields.split() if hasattr(code, "co_" + name)]
if sys.version_info >= (3, 11):
    values += [code.co_qualname, code.co_firstlineno, code.co_linetable, code.co_exceptiontable, (), ()]
else:
    values += [code.co_firstlineno, code.co_lnotab, (), ()]
called = b"\\x80\\x02ctypes\\nCodeType\\n" + pickle.dumps(tuple(values), protocol=2)[2:-1] + b"R."
open(sys.argv[1], "wb").write(called)
"""


@pytest.mark.parametrize(
    ("writer", "reader", "saved"),
    [
        ("3.7", "3.8", "3.7 or older"),
        ("3.7", "3.10", "3.7 or older"),
        ("3.7", "3.11", "3.7 or older"),
        ("3.8", "3.7", "3.8, 3.9 or 3.10"),
        ("3.8", "3.11", "3.8, 3.9 or 3.10"),
        ("3.11", "3.7", "3.11 or newer"),
        ("3.11", "3.8", "3.11 or newer"),
        ("3.11", "3.10", "3.11 or newer"),
    ],
)
def test_byte_code_of_another_python(tmp_path: Path, writer: str, reader: str, saved: str) -> None:
    """As cloudpickle does it: the arguments of `types.CodeType` in the file."""
    path = tmp_path / "model.pkl"
    subprocess.run([need_interpreter(writer), "-c", WRITE_CODE, path], check=True)
    said = failure_of(need_interpreter(reader), path)
    told = explain_load_failure(NOTHING, {}, f"{reader}.1", said)
    assert told == f"functions in it are byte code of Python {saved}; this environment has Python {reader}.1"


def test_a_class_of_the_script_that_saved_it(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(global_pickle("__main__", "Scorer"))
    told = explain_load_failure(inspect_model(path), {}, "3.11.7", failure_of(sys.executable, path))
    assert told == (
        "`Scorer` was defined in the script that saved it (`__main__`), and is not in the file: "
        "serve it with an entry script that defines it"
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer"),
        (b"<!doctype html><html></html>", "a web page instead of the model"),
        (pickle.dumps(list(range(1000)))[:-300], "it is cut short"),
        (b"", "it is cut short"),
        (b"%PDF-1.4", "it is no pickle (it begins with `%`)"),
    ],
)
def test_a_file_that_is_no_pickle_or_only_a_part_of_one(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    said = explain_load_failure(NOTHING, {}, "3.11.7", failure_of(sys.executable, path))
    assert said is not None
    assert told in said


NEEDS_OLD = Findings(
    format="pickle",
    model_class="sklearn.svm.classes.SVC",
    needed=(Needed(distribution="scikit-learn", specifier="==0.20.3", why="it says so", sure="certain"),),
)


@pytest.mark.parametrize(
    ("module", "name", "told"),
    [
        (
            "sklearn.svm.classes",
            "SVC",
            "it was saved with scikit-learn 0.20.3, which has `sklearn.svm.classes`; "
            "this environment has scikit-learn 1.9.1, which does not",
        ),
        (
            "sklearn.compose._column_transformer",
            "_RemainderColsList",
            "it was saved with scikit-learn 1.5 to 1.7; this environment has scikit-learn 1.9.1",
        ),
        (
            "sklearn.svm._classes",
            "NeverThere",
            "it was saved with scikit-learn 0.20.3, which has `sklearn.svm._classes.NeverThere`; "
            "this environment has scikit-learn 1.9.1, which does not",
        ),
        ("notinstalledhere", "Model", "it needs `notinstalledhere`, which this environment does not have"),
    ],
)
def test_names_of_another_release(tmp_path: Path, module: str, name: str, told: str) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(global_pickle(module, name))
    said = failure_of(sys.executable, path)
    assert explain_load_failure(NEEDS_OLD, {"scikit-learn": "1.9.1"}, "3.11.7", said) == told


def test_a_module_of_whoever_saved_it(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(global_pickle("features", "Clean"))
    found = Findings(format="pickle", own_modules=("features",))
    told = explain_load_failure(found, {}, "3.11.7", failure_of(sys.executable, path))
    assert told == "it needs `features`, a module of whoever saved it: put `features.py` beside the model"


@pytest.mark.skipif(not (ZOO / "isolation-py37-2020").is_dir(), reason="needs the zoo")
def test_trees_of_another_scikit_learn() -> None:
    path = ZOO / "isolation-py37-2020" / "model.joblib"
    load = "import joblib, sys; joblib.load(sys.argv[1])"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", load, path], capture_output=True, text=True)
    told = explain_load_failure(inspect_model(path), {"scikit_learn": "1.9.1"}, "3.11.7", done.stderr)
    assert told == "its trees were saved with scikit-learn before 1.3; this environment has scikit-learn 1.9.1"


@pytest.mark.parametrize(
    ("said", "installed", "told"),
    [
        (
            "ModuleNotFoundError: No module named 'numpy._core'",
            {"numpy": "1.26.4"},
            "it was saved with numpy 2; this environment has numpy 1.26.4",
        ),
        (
            "ValueError: <class 'numpy.random._mt19937.MT19937'> is not a known BitGenerator module.",
            {"numpy": "1.24.4"},
            "it was saved with a newer numpy; this environment has numpy 1.24.4",
        ),
        (
            "AttributeError: module 'numpy' has no attribute 'float'.",
            {"numpy": "1.24.4"},
            "packages of this environment use `numpy.float`, which newer numpy has no more: resolve everything as of "
            "the model's day; this environment has numpy 1.24.4",
        ),
        (
            "ValueError: Buffer dtype mismatch, expected 'SIZE_t' but got 'int'",
            {},
            "it was saved where numbers have another width (`int`, here `SIZE_t`): on a 32-bit machine or on Windows, "
            "or with another release of its library",
        ),
        (
            "onnxruntime.capi.onnxruntime_pybind11_state.Fail: [ONNXRuntimeError] : 1 : FAIL : Load model from m.onnx "
            "failed: Unsupported model IR version: 10, max supported IR version: 9",
            {"onnxruntime": "1.17.3"},
            "it is an ONNX file of version 10, too new here; this environment has onnxruntime 1.17.3",
        ),
        (
            "TypeError: Error when deserializing class 'InputLayer' using config={'batch_shape': [None, 3]}.\n"
            "Exception encountered: Unrecognized keyword arguments: ['batch_shape']",
            {"keras": "2.15.0"},
            "it was saved with Keras 3; this environment has keras 2.15.0",
        ),
        (
            "AttributeError: 'SVC' object has no attribute '_effective_probability'",
            {"scikit-learn": "1.9.1"},
            "it was saved with scikit-learn 0.20.3, whose SVC has no `_effective_probability`; "
            "this environment has scikit-learn 1.9.1, which expects it",
        ),
        (
            "ImportError: libgomp.so.1: cannot open shared object file: No such file or directory",
            {},
            "the system library `libgomp.so.1` is missing on this machine",
        ),
        (
            "ModuleNotFoundError: No module named 'xgboost'",
            {},
            "it needs `xgboost`, which this environment does not have",
        ),
        ("ZeroDivisionError: division by zero", {}, None),
    ],
)
def test_what_well_known_messages_mean(said: str, installed: dict[str, str], told: str | None) -> None:
    found = Findings(
        format="pickle",
        model_class="sklearn.svm.SVC",
        needed=NEEDS_OLD.needed,
    )
    assert explain_load_failure(found, installed, "3.11.7", said) == told


def test_every_message_names_only_what_its_pattern_finds() -> None:
    """A sentence with a gap that nothing fills would fail just when somebody needs it."""
    for message in MESSAGES:
        groups = set(re.compile(message.pattern).groupindex)
        gaps = {name for _, name, _, _ in string.Formatter().parse(message.says) if name}
        assert gaps <= groups, message.pattern
