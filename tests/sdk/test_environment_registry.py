from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport import CondaDependencies, Environment, Workspace
from homeport.errors import InvalidConfigError, MissingPathError, NotFoundError
from homeport.sdk.environment_registry import (
    environment_from_source,
    find_version,
    list_environments,
    version_document,
)
from tests.environments.conftest import HERE
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


def test_a_listing_shows_no_password(workspace: Workspace) -> None:
    environment = Environment("own")
    environment.python.conda_dependencies = CondaDependencies.create(
        pip_packages=["own @ https://ada:hush@a.example/own.whl"], python_version=HERE
    )
    environment.register(workspace)
    document = version_document(find_version(workspace, "own"))
    assert document["pipPackages"] == ["own @ https://a.example/own.whl"]


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
