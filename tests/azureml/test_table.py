"""The surface of azureml.core 1.61, member by member: there with that signature, or on a list with its reason."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import homeport.azureml  # noqa: F401 - answers the names
from homeport.azureml.table import MODULES, SERVER_MODULES

SURFACE: dict[str, Any] = json.loads(Path(__file__).with_name("surface.json").read_text())

# Not there, and why. A class stands for its members.
NOT_THERE = {
    "azureml.core.model.ModelPackage": "images come with the Docker runtime: Model.package says so, and so does this",
}

# There, and different from the original; why.
OTHERWISE = {
    "azureml.core.workspace.Workspace.list": "there are no subscriptions here: subscription_id has a default",
}

MEMBERS = [
    (owner, name, member)
    for owner, members in SURFACE["classes"].items()
    for name, member in members.items()
    if owner not in NOT_THERE and f"{owner}.{name}" not in NOT_THERE
]


def found(path: str) -> Any:
    """The object at a dotted path that begins with one of our modules."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in MODULES or name in SERVER_MODULES:
            thing = importlib.import_module(name)
            for part in parts[length:]:
                thing = getattr(thing, part)
            return thing
    raise AssertionError(f"nothing answers {path}")


def named(case: tuple[str, str, object]) -> str:
    return ".".join(case[:2]).removeprefix("azureml.core.")


@pytest.mark.parametrize("path", [*SURFACE["classes"], *SURFACE["exceptions"]])
def test_every_class_is_there(path: str) -> None:
    assert inspect.isclass(found(path))


@pytest.mark.parametrize(
    ("owner", "name", "member"),
    [case for case in MEMBERS if case[2]["kind"] != "instance_attribute"],
    ids=map(named, [case for case in MEMBERS if case[2]["kind"] != "instance_attribute"]),
)
def test_every_member_is_there_with_its_kind_and_signature(owner: str, name: str, member: dict[str, Any]) -> None:
    of = found(owner)
    static = inspect.getattr_static(of, name)
    check: Callable[..., None] = CHECKS[member["kind"]]
    check(static, member)
    if "params" in member and f"{owner}.{name}" not in OTHERWISE:
        assert ours(static, member) == member["params"]


def is_function(static: Any, member: dict[str, Any]) -> None:
    assert inspect.isfunction(static)


def is_static(static: Any, member: dict[str, Any]) -> None:
    assert isinstance(static, staticmethod)


def is_classmethod(static: Any, member: dict[str, Any]) -> None:
    assert isinstance(static, classmethod)


def is_property(static: Any, member: dict[str, Any]) -> None:
    assert isinstance(static, property)
    assert (static.fset is not None) == member.get("settable", False)


def is_class(static: Any, member: dict[str, Any]) -> None:
    assert inspect.isclass(static)


def is_value(static: Any, member: dict[str, Any]) -> None:
    assert static == member["value"]


CHECKS = {
    "constructor": is_function,
    "method": is_function,
    "staticmethod": is_static,
    "classmethod": is_classmethod,
    "property": is_property,
    "nested_class": is_class,
    "class_attribute": is_value,
}

_KINDS = {
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "",
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}


def ours(static: Any, member: dict[str, Any]) -> list[list[Any]]:
    """Our parameters in the shape of the surface; keyword-only ones are our own additions and are left out."""
    function = static.__func__ if isinstance(static, (staticmethod, classmethod)) else static
    parameters = list(inspect.signature(function).parameters.values())
    if member["kind"] in ("constructor", "method", "classmethod"):
        parameters = parameters[1:]
    given = {row[0] for row in member["params"] if row[1]}
    rows = []
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            continue
        if parameter.kind in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL):
            if parameter.name in given:
                rows.append([parameter.name, _KINDS[parameter.kind]])
            continue
        row: list[Any] = [parameter.name, _KINDS[parameter.kind]]
        rows.append(row if parameter.default is inspect.Parameter.empty else [*row, parameter.default])
    return rows


def test_what_differs_takes_every_call_of_the_original() -> None:
    """The reasons in OTHERWISE are about defaults only: names and order hold."""
    for path in OTHERWISE:
        owner, _, name = path.rpartition(".")
        member = SURFACE["classes"][owner][name]
        rows = ours(inspect.getattr_static(found(owner), name), member)
        assert [row[:2] for row in rows] == [row[:2] for row in member["params"]]
        assert rows != member["params"], f"{path} no longer differs: take it off the list"


def test_what_is_not_there_is_part_of_the_surface() -> None:
    known = {f"{owner}.{name}" for owner, rows in SURFACE["classes"].items() for name in rows}
    assert set(NOT_THERE) <= known | set(SURFACE["classes"])


@pytest.mark.parametrize("path", SURFACE["exceptions"])
def test_every_exception_takes_the_originals_arguments_and_stands_below_the_same(path: str) -> None:
    error = found(path)
    parameters = list(inspect.signature(error.__init__).parameters.values())[1:]
    rows = [
        [each.name, _KINDS[each.kind]]
        + ([] if each.default is inspect.Parameter.empty or each.kind is each.VAR_KEYWORD else [each.default])
        for each in parameters
        if each.kind in _KINDS
    ]
    assert [row for row in rows if row[0] in {row[0] for row in SURFACE["exceptions"][path]}] == SURFACE["exceptions"][
        path
    ]
    above = SURFACE["exception_bases"][path]
    assert above == "Exception" or issubclass(error, found(f"azureml.exceptions.{above}"))


@pytest.mark.parametrize("module", SURFACE["all"])
def test_every_exported_name_is_there(module: str) -> None:
    for name in SURFACE["all"][module]:
        assert getattr(importlib.import_module(module), name) is not None
    assert set(SURFACE["all"][module]) <= set(importlib.import_module(module).__all__)


@pytest.mark.parametrize("module", SURFACE["constants"])
def test_every_constant_has_its_value(module: str) -> None:
    assert {name: found(f"{module}.{name}") for name in SURFACE["constants"][module]} == SURFACE["constants"][module]


@pytest.mark.parametrize("module", SURFACE["constant_names"])
def test_every_constant_is_there(module: str) -> None:
    for name in SURFACE["constant_names"][module]:
        assert isinstance(found(f"{module}.{name}"), str)


@pytest.mark.parametrize(("alias", "path"), SURFACE["aliases"].items())
def test_an_alias_is_the_same_object(alias: str, path: str) -> None:
    assert found(alias) is found(path)


@pytest.mark.parametrize("module", [*MODULES, *SERVER_MODULES])
def test_every_name_of_the_table_loads(module: str) -> None:
    loaded = importlib.import_module(module)
    for name in {**MODULES, **SERVER_MODULES}[module]:
        assert getattr(loaded, name) is not None


def instances(workspace: Any, path: Path) -> dict[str, Any]:
    """One object of each class that has instance attributes."""
    model = found("azureml.core.model")
    environment = found("azureml.core.environment")
    path.write_text("")
    return {
        "azureml.core.model.Model": model.Model.register(workspace, path, "m"),
        "azureml.core.model.InferenceConfig": model.InferenceConfig(str(path)),
        "azureml.core.environment.Environment": environment.Environment("e"),
        "azureml.core.environment.PythonSection": environment.PythonSection(),
        "azureml.core.environment.DockerSection": environment.DockerSection(),
        "azureml.core.container_registry.ContainerRegistry": found("azureml.core.ContainerRegistry")(),
        "azureml.core.resource_configuration.ResourceConfiguration": found(
            "azureml.core.resource_configuration.ResourceConfiguration"
        )(),
        "azureml.core.webservice.LocalWebservice": found("azureml.core.webservice.LocalWebservice")(
            workspace, "absent", must_exist=False
        ),
        "azureml.core.webservice.local.LocalWebserviceDeploymentConfiguration": found(
            "azureml.core.webservice.local.LocalWebserviceDeploymentConfiguration"
        )(),
    }


def test_every_attribute_of_an_object_is_there(home: Path, project: Path) -> None:
    objects = instances(found("azureml.core.Workspace").create("tests"), project / "score.py")
    wanted = [(owner, name) for owner, name, member in MEMBERS if member["kind"] == "instance_attribute"]
    assert {owner for owner, _ in wanted} == set(objects)
    assert [f"{owner}.{name}" for owner, name in wanted if not hasattr(objects[owner], name)] == []
