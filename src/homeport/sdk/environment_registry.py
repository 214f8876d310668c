"""What the `homeport` command asks about registered environments beyond the original's calls: names, files, lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from homeport.domain.environment import EnvironmentDefinition, EnvironmentVersion
from homeport.domain.lock import without_credentials
from homeport.errors import EnvironmentNotFoundError, InvalidConfigError, MissingPathError
from homeport.sdk.environment import Environment, EnvironmentReference
from homeport.sdk.environment_curated import curated_document, named_nearly
from homeport.sdk.environment_files import DEFINITION_FILE, is_reference, read_document
from homeport.sdk.interpreters import register_definition
from homeport.sdk.workspace import Workspace

YAML_ENDINGS = (".yml", ".yaml")


def list_environments(workspace: Workspace, name: str | None = None) -> list[EnvironmentVersion]:
    """The newest of each name, or every version of one, newest first. Raises EnvironmentNotFoundError."""
    store = workspace._store.environments
    if name is None:
        return store.list()
    return store.versions(name) or [store.get(name)]  # `get` says what the name may have meant


def find_version(workspace: Workspace, ref: str) -> EnvironmentVersion:
    """`NAME`, `NAME:VERSION` or `NAME@LABEL`; a curated environment is registered by this. EnvironmentNotFoundError."""
    store = workspace._store.environments
    name, at, label = ref.rpartition("@")
    if at:
        return store.get(name, None, label)
    name, colon, number = ref.rpartition(":")
    name, version = (name, number) if colon else (ref, None)
    try:
        return store.get(name, version)
    except EnvironmentNotFoundError as wrong:
        curated = curated_document(name, version)
        if curated is None:
            raise named_nearly(wrong, name) from wrong
        return register_definition(workspace, Environment._from_document(curated)._definition_document(), name, None)


def environment_names(workspace: Workspace) -> list[str]:
    """Every name."""
    return [stored.name for stored in workspace._store.environments.list()]


def environment_from_source(source: Path, name: str | None) -> Environment:
    """A saved folder, a definition's JSON, a conda YAML file or a requirements file; by default named after it."""
    if not source.exists():
        raise MissingPathError(f"`{source}` does not exist", hint=_SOURCES)
    made: Environment | EnvironmentReference
    if source.is_dir() or source.name == DEFINITION_FILE:
        made = Environment.load_from_directory(source if source.is_dir() else source.parent)
    elif source.suffix in YAML_ENDINGS:
        made = Environment.from_conda_specification(name or source.absolute().stem, source)
    elif source.suffix == ".json":
        document = read_document(source)
        made = (
            EnvironmentReference(document["name"]) if is_reference(document) else Environment._from_document(document)
        )
    else:
        made = Environment.from_pip_requirements(name or source.absolute().stem, source)
    if isinstance(made, EnvironmentReference):
        raise InvalidConfigError(f"`{source}` only points at environment `{made.name}`", hint=_SOURCES)
    made.name = name or made.name or source.absolute().stem
    return made


_SOURCES = f"name a folder with `{DEFINITION_FILE}`, a conda YAML file or a requirements file"


def version_document(stored: EnvironmentVersion) -> dict[str, Any]:
    """One line of a listing."""
    definition = EnvironmentDefinition.from_json(stored.definition)
    return {
        "name": stored.name,
        "version": stored.version,
        "labels": list(stored.labels),
        "created": stored.created.isoformat(),
        "python": definition.python,
        "pipPackages": [without_credentials(line) for line in definition.pip_packages],
        "condaPackages": list(definition.conda_packages),
        "image": definition.image,
        "asOf": definition.as_of.isoformat() if definition.as_of else None,
    }
