from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport import CondaDependencies, Environment, Workspace
from homeport.errors import AlreadyExistsError, InvalidConfigError, MissingPathError, NotFoundError
from homeport.sdk.environment_registry import (
    LockRequest,
    build_registered,
    environment_details,
    environment_from_source,
    exported,
    find_version,
    list_environments,
    lock_registered,
)
from tests.conftest import need_interpreter
from tests.environments.conftest import HERE, Lines
from tests.environments.wheels import make_wheel


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    make_wheel(tmp_path / "shelf", "alpha", "1.0")
    make_wheel(tmp_path / "shelf", "setuptools", "59.0")
    return tmp_path / "shelf"


@pytest.fixture
def ref(workspace: Workspace, shelf: Path) -> str:
    environment = Environment("tiny")
    environment.python.conda_dependencies = CondaDependencies.create(
        pip_packages=["--no-index", f"--find-links {shelf}", "alpha"], python_version=HERE
    )
    registered = environment.register(workspace)
    return f"{registered.name}:{registered.version}"


def test_a_lock_stays_until_relock_is_said(workspace: Workspace, ref: str, shelf: Path) -> None:
    first = lock_registered(workspace, ref, LockRequest(), progress=Lines())
    make_wheel(shelf, "alpha", "2.0")
    assert lock_registered(workspace, ref, LockRequest(), progress=Lines()) == first
    again = lock_registered(workspace, ref, LockRequest(relock=True), progress=Lines())
    assert {package.name: package.version for package in again.packages}["alpha"] == "2.0"


def test_another_date_or_python_needs_relock(workspace: Workspace, ref: str) -> None:
    need_interpreter("3.13")
    lock_registered(workspace, ref, LockRequest(), progress=Lines())
    for request in (LockRequest(as_of="2024-01-01"), LockRequest(python="3.13")):
        with pytest.raises(AlreadyExistsError, match="locked already") as caught:
            lock_registered(workspace, ref, request, progress=Lines())
        assert caught.value.hint and "--relock" in caught.value.hint
    relocked = lock_registered(workspace, ref, LockRequest(python="3.13", relock=True), progress=Lines())
    assert relocked.python.version.startswith("3.13")


def test_a_build_uses_the_kept_lock(workspace: Workspace, ref: str) -> None:
    lock = lock_registered(workspace, ref, LockRequest(), progress=Lines())
    assert build_registered(workspace, "tiny", progress=Lines()).lock == lock.hash
    details = environment_details(workspace, ref)
    assert details["lock"]["folder"].endswith(lock.hash)
    assert "alpha==1.0" in details["lock"]["packages"]


def test_a_lock_is_exported_for_other_tools(workspace: Workspace, ref: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        exported(workspace, ref, "pylock")
    assert caught.value.hint == f"run `homeport environment lock {ref}`"
    lock_registered(workspace, ref, LockRequest(), progress=Lines())
    assert exported(workspace, ref, "requirements").startswith("alpha==1.0 --hash=sha256:")
    assert 'name = "alpha"' in exported(workspace, ref, "pylock")


def test_versions_are_found_by_number_and_label(workspace: Workspace, ref: str) -> None:
    Environment.label(workspace, "tiny", "1", ["era"])
    assert find_version(workspace, "tiny@era").ref == find_version(workspace, "tiny").ref == ref
    assert [stored.ref for stored in list_environments(workspace, "tiny")] == [ref]
    for unknown in ("tiny:9", "tiny@none", "none"):
        with pytest.raises(NotFoundError):
            find_version(workspace, unknown)


@pytest.mark.parametrize(
    ("file", "text", "name", "package"),
    [
        ("era.txt", "joblib\n", "era", "joblib"),
        ("era.yml", "name: other\ndependencies: [python=3.7, {pip: [joblib]}]\n", "era", "joblib"),
        ("azureml_environment.json", '{"name": "era", "python": {}}', "era", ""),
        (
            "inline.json",
            json.dumps({"python": {"condaDependencies": {"dependencies": [{"pip": ["joblib"]}]}}}),
            "inline",
            "joblib",
        ),
    ],
)
def test_each_kind_of_file_is_an_environment(file: str, text: str, name: str, package: str, project: Path) -> None:
    (project / file).write_text(text)
    environment = environment_from_source(project / file, None)
    assert environment.name == name
    assert package in repr(environment)
    assert environment_from_source(project / file, "own").name == "own"


def test_a_source_that_is_none_is_refused_with_what_could_be_one(project: Path) -> None:
    with pytest.raises(MissingPathError) as caught:
        environment_from_source(project / "none.txt", None)
    assert caught.value.hint and "requirements file" in caught.value.hint
    (project / "azureml_environment.json").write_text('{"name": "x", "version": "1"}')
    with pytest.raises(InvalidConfigError, match="only points at environment `x`"):
        environment_from_source(project, None)
