from __future__ import annotations

import pytest

from homeport import Environment, Workspace
from homeport.domain.environment import EnvironmentDefinition
from homeport.environments import lock_environment
from homeport.errors import EnvironmentNotFoundError
from homeport.sdk.environment_curated import CURATED, curated_document, curated_names
from homeport.sdk.environment_registry import find_version
from tests.conftest import count, need_interpreter
from tests.environments.conftest import Lines


def test_curated_environments_are_there_under_our_names_and_the_originals(workspace: Workspace) -> None:
    ours = Environment.get(workspace, "homeport-sklearn-1.0")
    theirs = Environment.get(workspace, name="AzureML-sklearn-1.0-ubuntu20.04-py38-cpu", version="1")
    assert ours.python.conda_dependencies is not None and theirs.python.conda_dependencies is not None
    packages = list(ours.python.conda_dependencies.pip_packages)
    assert packages == list(theirs.python.conda_dependencies.pip_packages)
    assert "scikit-learn==1.0.2" in packages
    assert (ours.name, ours.version, str(ours.as_of)) == ("homeport-sklearn-1.0", "1", "2022-06-01")
    assert set(curated_names()) <= set(Environment.list(workspace))


def test_what_is_registered_goes_before_a_curated_one(workspace: Workspace) -> None:
    own = Environment.get(workspace, "homeport-minimal")
    own.environment_variables["MINE"] = "1"
    assert own.clone("homeport-minimal").register(workspace).version == "1"
    assert Environment.get(workspace, "homeport-minimal").environment_variables == {"MINE": "1"}
    assert Environment.list(workspace)["homeport-minimal"].environment_variables == {"MINE": "1"}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("AzureML-sklearn-1.0-ubuntu20.04-py38", "AzureML-sklearn-1.0-ubuntu20.04-py38-cpu"),
        ("homeport-sklern-1.5", "homeport-sklearn-1.5"),
    ],
)
def test_a_near_miss_is_suggested(name: str, meant: str, workspace: Workspace) -> None:
    with pytest.raises(EnvironmentNotFoundError) as wrong:
        Environment.get(workspace, name)
    assert wrong.value.hint and meant in wrong.value.hint


def test_another_version_of_a_curated_one_is_not_found(workspace: Workspace) -> None:
    with pytest.raises(EnvironmentNotFoundError):
        Environment.get(workspace, "homeport-minimal", version="9")


def test_a_command_registers_the_curated_one_that_it_is_told(workspace: Workspace) -> None:
    assert find_version(workspace, "homeport-sklearn-0.22").ref == "homeport-sklearn-0.22:1"
    assert find_version(workspace, "homeport-sklearn-0.22:1").definition["asOf"] == "2020-03-01"


@pytest.mark.soak
def test_every_curated_environment_resolves() -> None:
    for name in list(CURATED)[:: count(6, 1)]:
        need_interpreter(CURATED[name].python)
        definition = EnvironmentDefinition.from_json(curated_document(name) or {})
        lock = lock_environment(definition, progress=Lines())
        pinned = {f"{package.name}=={package.version}" for package in lock.packages}
        assert {line for line in CURATED[name].packages if "==" in line} <= pinned, name
