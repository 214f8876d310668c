"""Workspaces: made, found by configuration or name, listed, deleted."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from homeport import Model, Workspace
from homeport.errors import ConflictError, UserErrorException, WorkspaceException, WorkspaceNotFoundError
from homeport.sdk.authentication import AzureCliAuthentication
from tests.conftest import own_environments


def test_what_was_said_at_creation_is_kept(workspace: Workspace) -> None:
    found = Workspace.get("tests")
    assert (found.name, found.subscription_id, found.resource_group, found.location) == ("tests", "S", "G", "local")
    assert found.tags == {"team": "blue"}
    assert repr(found) == "Workspace.create(name='tests', subscription_id='S', resource_group='G')"
    assert found.get_details()["friendlyName"] == "tests"


def test_a_name_is_made_once_unless_that_is_fine(workspace: Workspace, weights: Path) -> None:
    Model.register(workspace, weights, "m")
    with pytest.raises(WorkspaceException) as caught:
        Workspace.create("tests")
    assert isinstance(caught.value, ConflictError)
    assert list(Workspace.create("tests", exist_ok=True).models) == ["m"]


def test_the_three_identifiers_of_a_script_are_what_it_sees_again(workspace: Workspace) -> None:
    found = Workspace("mine", "group", "tests", auth=AzureCliAuthentication(), _location="westeurope")
    assert (found.subscription_id, found.resource_group) == ("mine", "group")


def test_a_configuration_that_was_written_is_found_from_below(workspace: Workspace, project: Path) -> None:
    workspace.write_config()
    (project / "deep").mkdir()
    found = Workspace.from_config("deep", auth=AzureCliAuthentication())
    assert (found.name, found.subscription_id) == ("tests", "S")


def test_a_cloud_configuration_says_the_command_that_makes_its_workspace(home: Path, project: Path) -> None:
    keys = {"subscription_id": "S", "resource_group": "G", "workspace_name": "cloudy"}
    (project / "config.json").write_text(json.dumps(keys))
    with pytest.raises(WorkspaceNotFoundError) as caught:
        Workspace.from_config()
    assert "`homeport init --from config.json`" in str(caught.value.hint)
    assert isinstance(caught.value, UserErrorException)


def test_an_unknown_name_says_what_is_there(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceNotFoundError) as caught:
        Workspace.get("test")
    assert "homeport init --name test" in str(caught.value.hint)
    assert "`tests`" in str(caught.value.hint)


def test_all_are_listed_in_the_originals_shape(workspace: Workspace) -> None:
    Workspace.create("other")
    found = Workspace.list("any subscription")
    assert {name: [each.name for each in rows] for name, rows in found.items()} == {
        "other": ["other"],
        "tests": ["tests"],
    }
    assert [each.subscription_id for each in found["tests"]] == ["S"]


def test_a_deleted_one_is_gone_with_its_models(workspace: Workspace, weights: Path) -> None:
    Model.register(workspace, weights, "m")
    workspace.delete(delete_dependent_resources=True)
    assert Workspace.list() == {}
    with pytest.raises(WorkspaceNotFoundError):
        Workspace.get("tests")
    assert Workspace.create("tests").models == {}


def test_models_are_the_newest_of_each_name_and_no_service_is_listed(workspace: Workspace, weights: Path) -> None:
    for name in ("a", "b", "a"):
        Model.register(workspace, weights, name)
    assert {name: model.version for name, model in workspace.models.items()} == {"a": 2, "b": 1}
    assert own_environments(workspace) == []
    assert workspace.webservices == {}


def test_finding_a_workspace_loads_no_database(workspace: Workspace, project: Path) -> None:
    workspace.write_config()
    code = "import sys, homeport; ws = homeport.Workspace.from_config(); print(ws.name, 'sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True)
    assert done.stdout == "tests False\n"


def test_a_workspace_goes_to_another_process(workspace: Workspace, weights: Path) -> None:
    model = Model.register(workspace, weights, "m")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(newest, workspace).result() == "m:1"
    assert copy.deepcopy(model).workspace.models["m"].id == "m:1"


def newest(workspace: Workspace) -> str:
    return workspace.models["m"].id
