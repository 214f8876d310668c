"""Real packages from the package index: the few sets that a release must not break."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from homeport.domain.lock import Lock
from homeport.environments import build_environment, lock_environment, locked_requirements
from homeport.environments.install import building_variables
from homeport.environments.verify import verify_environment
from tests.conftest import SHARED, count, need_interpreter
from tests.environments.conftest import Lines, definition_of

EVERY_MINOR = ["3.6", "3.13", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12"]  # the oldest and the newest first

USES_THE_SCHEMA_PACKAGE = """
import flask, wrapt
from inference_schema.schema_decorators import input_schema
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
@input_schema("data", StandardPythonParameterType([1, 2]))
def run(data):
    return sum(data)
print(run(data=[1, 2, 3]))
"""


@pytest.mark.soak
def test_what_stands_for_azureml_defaults_installs_and_works_on_every_python(built_home: Path) -> None:
    for minor in EVERY_MINOR[: count(2, len(EVERY_MINOR))]:
        need_interpreter(minor)
        lock = lock_environment(definition_of("azureml-defaults", python=minor), progress=Lines())
        built = build_environment(lock, built_home, progress=Lines())
        assert output(built.interpreter, USES_THE_SCHEMA_PACKAGE) == "6", minor


@pytest.fixture(scope="module")
def era_lock() -> Lock:
    need_interpreter("3.6")
    definition = definition_of("scikit-learn==0.22.1", "azureml-defaults", python="3.6.9", asOf="2020-03-01")
    return lock_environment(definition, progress=Lines())


def test_as_of_a_day_nothing_newer_is_taken(era_lock: Lock) -> None:
    versions = {package.name: package.version for package in era_lock.packages}
    assert versions["numpy"] == "1.18.1"
    assert versions["flask"] == "1.1.1"
    assert versions["joblib"] == "0.14.1"
    assert str(era_lock.as_of) == "2020-03-01"


def test_the_pages_model_loads_in_an_environment_of_its_era(era_lock: Lock, built_home: Path) -> None:
    built = build_environment(era_lock, built_home, progress=Lines())
    assert output(built.interpreter, "import sklearn, pkg_resources; print(sklearn.__version__)") == "0.22.1"
    model, payload = SHARED / "data" / "sklearn_mnist_model.pkl", SHARED / "data" / "page_payload.json"
    if not model.is_file():
        return
    code = f"import joblib, json; print(joblib.load({str(model)!r}).predict(json.load(open({str(payload)!r}))['data']))"
    assert output(built.interpreter, code) == "[2]"


def test_a_rebuild_needs_no_network(
    era_lock: Lock, built_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_environment(era_lock, built_home, progress=Lines())
    monkeypatch.setenv("UV_OFFLINE", "1")
    again = build_environment(Lock.from_json(json.loads(json.dumps(era_lock.to_json()))), tmp_path, progress=Lines())
    assert output(again.interpreter, "import flask; print(flask.__version__)") == "1.1.1"


def test_a_lock_can_be_written_as_a_hashed_requirements_file(era_lock: Lock) -> None:
    lines = (locked_requirements(era_lock) or "").splitlines()
    assert len(lines) == len(era_lock.packages)
    assert all("==" in line and "--hash=sha256:" in line for line in lines)


def output(interpreter: Path, code: str) -> str:
    done = subprocess.run([str(interpreter), "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_users_own_compiler_flags_come_first() -> None:
    assert building_variables({"CFLAGS": "-O1"})["CFLAGS"] == "-O1 -g0"
    assert building_variables({"SOURCE_DATE_EPOCH": "1"})["SOURCE_DATE_EPOCH"] == "1"


@pytest.mark.soak
def test_a_package_that_is_compiled_here_has_the_same_bytes_in_two_homes_with_empty_caches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_interpreter("3.7")
    lock = lock_environment(definition_of("wrapt==1.12.0", python="3.7", asOf="2020-03-01"), progress=Lines())
    digests = set()
    for home in ("one", "two"):
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / home / "cache"))
        folder = build_environment(lock, tmp_path / home, progress=Lines()).folder
        assert folder is not None
        assert list(folder.glob("lib/python3.7/site-packages/wrapt/_wrappers*.so"))
        digests.add(verify_environment(folder).digest)
    assert len(digests) == 1
