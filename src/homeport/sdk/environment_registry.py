"""What the `homeport` command asks about registered environments beyond the original's calls: locks, builds, files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from homeport.domain.environment import EnvironmentDefinition, EnvironmentVersion, parse_as_of
from homeport.domain.lock import Lock
from homeport.domain.progress import Progress
from homeport.environments import (
    BuiltEnvironment,
    lock_environment,
    locked_requirements,
    ready_environment,
    this_platform,
)
from homeport.errors import AlreadyExistsError, InvalidConfigError, MissingPathError, NotFoundError
from homeport.sdk.environment import Environment, EnvironmentReference
from homeport.sdk.environment_files import DEFINITION_FILE, read_document
from homeport.sdk.interpreters import VersionLocks, check_runnable
from homeport.sdk.workspace import Workspace
from homeport.store import home_folder

YAML_ENDINGS = (".yml", ".yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRequest:
    """How to lock; None is what the definition says."""

    as_of: str | None = None
    python: str | None = None
    relock: bool = False


def list_environments(workspace: Workspace, name: str | None = None) -> list[EnvironmentVersion]:
    """The newest of each name, or every version of one, newest first. Raises EnvironmentNotFoundError."""
    store = workspace._store.environments
    if name is None:
        return store.list()
    return store.versions(name) or [store.get(name)]  # `get` says what the name may have meant


def find_version(workspace: Workspace, ref: str) -> EnvironmentVersion:
    """`NAME`, `NAME:VERSION` or `NAME@LABEL`. Raises EnvironmentNotFoundError."""
    store = workspace._store.environments
    name, at, label = ref.rpartition("@")
    if at:
        return store.get(name, None, label)
    name, colon, version = ref.rpartition(":")
    return store.get(name, version) if colon else store.get(ref)


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
        made = Environment._from_document(read_document(source))
    else:
        made = Environment.from_pip_requirements(name or source.absolute().stem, source)
    if isinstance(made, EnvironmentReference):
        raise InvalidConfigError(f"`{source}` only points at environment `{made.name}`", hint=_SOURCES)
    made.name = name or made.name or source.absolute().stem
    return made


_SOURCES = f"name a folder with `{DEFINITION_FILE}`, a conda YAML file or a requirements file"


def lock_registered(workspace: Workspace, ref: str, request: LockRequest, *, progress: Progress) -> Lock:
    """The lock of a registered version on this platform: the kept one, or a new one where there is none yet.

    A kept lock that was made for another date or Python is only replaced on `relock`: `AlreadyExistsError`.
    """
    stored = find_version(workspace, ref)
    locks = VersionLocks(workspace._store.environments, stored.name, stored.version)
    kept = locks.get(this_platform())
    definition = _definition(stored, request)
    if kept is not None and not request.relock:
        lock = Lock.from_json(kept)
        _check_kept(stored, lock, definition, request)
        progress.step(f"{stored.ref} is locked already, since {lock.created:%Y-%m-%d}; `--relock` resolves it anew")
        return lock
    lock = lock_environment(definition, progress=progress)
    locks.keep(lock.platform, lock.to_json())
    return lock


def _check_kept(
    stored: EnvironmentVersion, lock: Lock, definition: EnvironmentDefinition, request: LockRequest
) -> None:
    other_day = request.as_of is not None and definition.as_of != lock.as_of
    minor = ".".join(lock.python.version.split(".")[:2])
    other_python = request.python is not None and ".".join(request.python.split(".")[:2]) != minor
    if other_day or other_python:
        day = f"as of {lock.as_of}" if lock.as_of else f"on {lock.created:%Y-%m-%d}"
        raise AlreadyExistsError(
            f"{stored.ref} is locked already: Python {lock.python.version}, resolved {day}",
            hint="say `--relock` to replace that lock; services that run keep what they have",
        )


def build_registered(workspace: Workspace, ref: str, *, progress: Progress) -> BuiltEnvironment:
    """The interpreter of a registered version, locked and built where it is not yet."""
    stored = find_version(workspace, ref)
    definition = _definition(stored, LockRequest())
    check_runnable(definition)
    locks = VersionLocks(workspace._store.environments, stored.name, stored.version)
    return ready_environment(definition, home_folder(), locks, progress=progress)


def _definition(stored: EnvironmentVersion, request: LockRequest) -> EnvironmentDefinition:
    definition = replace(EnvironmentDefinition.from_json(stored.definition), name=stored.name, version=stored.version)
    if request.as_of is not None:
        definition = replace(definition, as_of=parse_as_of(request.as_of))
    return replace(definition, python=request.python) if request.python else definition


def kept_lock(workspace: Workspace, stored: EnvironmentVersion) -> Lock | None:
    """The lock of this platform, where there is one."""
    document = workspace._store.environments.lock(stored.name, stored.version, this_platform())
    return None if document is None else Lock.from_json(document)


def exported(workspace: Workspace, ref: str, form: Literal["requirements", "pylock"]) -> str:
    """A lock's text for pip (hashes on every line) or for a tool that reads PEP 751."""
    stored = find_version(workspace, ref)
    lock = kept_lock(workspace, stored)
    if lock is None:
        raise NotFoundError(f"{stored.ref} has no lock yet", hint=f"run `homeport environment lock {stored.ref}`")
    text = lock.pylock if form == "pylock" else locked_requirements(lock)
    if text is None:
        raise InvalidConfigError(
            f"{stored.ref} has packages that no index serves, which a hashed requirements file cannot say",
            hint="export it with `--format pylock`",
        )
    return text


def version_document(stored: EnvironmentVersion) -> dict[str, Any]:
    """One line of a listing."""
    definition = EnvironmentDefinition.from_json(stored.definition)
    return {
        "name": stored.name,
        "version": stored.version,
        "labels": list(stored.labels),
        "created": stored.created.isoformat(),
        "python": definition.python,
        "pipPackages": list(definition.pip_packages),
        "condaPackages": list(definition.conda_packages),
        "image": definition.image,
        "asOf": definition.as_of.isoformat() if definition.as_of else None,
    }


def environment_details(workspace: Workspace, ref: str) -> Mapping[str, Any]:
    """Everything that is known of one version: its definition, its lock here, whether that is built."""
    stored = find_version(workspace, ref)
    lock = kept_lock(workspace, stored)
    details = {**version_document(stored), "definition": stored.definition, "lock": None}
    if lock is not None:
        folder = home_folder() / "environments" / lock.hash
        details["lock"] = {
            "hash": lock.hash,
            "engine": lock.engine,
            "platform": lock.platform,
            "python": lock.python.version,
            "created": lock.created.isoformat(),
            "asOf": lock.as_of.isoformat() if lock.as_of else None,
            "packages": [f"{package.name}=={package.version}" for package in lock.packages],
            "folder": str(folder) if folder.is_dir() else None,
        }
    return details
