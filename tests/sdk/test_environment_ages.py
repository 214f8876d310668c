"""Definitions as releases of the original wrote them, by the facts: what each age lacks, and what it has more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport import Environment, Workspace

CONDA = """\
# kept
channels:
- anaconda
- conda-forge
dependencies:
- python=3.6.2
- pip:
  - azureml-defaults
  - scikit-learn==0.22.1
name: project_environment
"""
FIRST: dict[str, Any] = {  # 1.18
    "name": "era",
    "version": "3",
    "environmentVariables": {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"},
    "python": {
        "userManagedDependencies": False,
        "interpreterPath": "python",
        "condaDependenciesFile": None,
        "baseCondaEnvironment": None,
    },
    "docker": {
        "enabled": False,
        "baseImage": "mcr.microsoft.com/azureml/intelmpi2018.3-ubuntu16.04:20200821.v1",
        "baseDockerfile": None,
        "sharedVolumes": True,
        "shmSize": "2g",
        "arguments": [],
        "baseImageRegistry": {"address": None, "username": None, "password": None},
    },
    "spark": {
        "repositories": ["r"],
        "packages": [{"group": "g", "artifact": "a", "version": "1"}],
        "precachePackages": True,
    },
    "databricks": {
        "mavenLibraries": [],
        "pypiLibraries": [],
        "rcranLibraries": [],
        "jarLibraries": [],
        "eggLibraries": [],
    },
    "inferencingStackVersion": None,
}
R = {"rVersion": "3.6", "userManaged": False, "cranPackages": [{"name": "caret"}], "snapshotDate": "2020-01-01"}
SECOND = {  # 1.32
    **FIRST,
    "docker": {**FIRST["docker"], "platform": {"os": "Linux", "architecture": "amd64"}, "baseImageRegistry": {}},
    "r": R,
}
THIRD = {  # 1.61
    **SECOND,
    "docker": {
        **SECOND["docker"],
        "buildContext": None,
        "baseImageRegistry": {"address": None, "username": None, "password": None, "registryIdentity": None},
    },
    "assetId": "azureml://somewhere",
    "a key of tomorrow": {"x": 1},
}


@pytest.fixture(params=[FIRST, SECOND, THIRD], ids=["1.18", "1.32", "1.61"])
def folder(request: pytest.FixtureRequest, project: Path) -> Path:
    path = project / "saved"
    path.mkdir()
    (path / "azureml_environment.json").write_text(json.dumps(request.param, indent=4))
    (path / "conda_dependencies.yml").write_text(CONDA)
    return path


def test_an_exported_environment_loads_and_registers_unchanged(folder: Path, workspace: Workspace) -> None:
    written = json.loads((folder / "azureml_environment.json").read_text())
    loaded = Environment.load_from_directory(folder)
    loaded.save_to_directory(folder.with_name("again"))
    again = json.loads((folder.with_name("again") / "azureml_environment.json").read_text())
    for key in ("name", "version", "environmentVariables", "python", "databricks"):
        assert again[key] == written[key], key
    assert again["spark"]["packages"] == written["spark"]["packages"]
    assert again["docker"]["baseImage"] == written["docker"]["baseImage"]
    for key, value in (written.get("r") or {}).items():
        assert again["r"][key] == value
    assert (folder.with_name("again") / "conda_dependencies.yml").read_text() == CONDA
    assert loaded.register(workspace).version == "3"
    fetched = Environment.get(workspace, "era", "3")
    assert fetched.python.conda_dependencies is not None
    assert list(fetched.python.conda_dependencies.pip_packages) == ["azureml-defaults", "scikit-learn==0.22.1"]
    assert fetched._definition().python == "3.6.2"
    assert fetched._definition().base_image is None  # the vendor's default counts as unset


def test_the_inline_form_of_a_command_lines_configuration_loads_too(workspace: Workspace) -> None:
    inline = {"dependencies": ["python=3.7", {"pip": ["joblib"]}], "channels": ["conda-forge"]}
    document = {**THIRD, "python": {**THIRD["python"], "condaDependencies": inline}}
    loaded = Environment._from_document(document)
    assert loaded._definition().pip_packages == ("joblib",)
