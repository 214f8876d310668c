"""Locks and builds by what people call them: a registered version, a lock's file, the folder of a built one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from homeport.domain.environment import EnvironmentDefinition, EnvironmentVersion, parse_as_of
from homeport.domain.lock import Lock
from homeport.domain.platforms import find_platform
from homeport.domain.progress import Progress
from homeport.environments import (
    BuiltEnvironment,
    build_environment,
    check_buildable,
    lock_environment,
    ready_environment,
    this_platform,
)
from homeport.environments.diff import Change, LockDiff, diff_locks
from homeport.environments.export import FORMS, Form, export_lock
from homeport.environments.kept_files import take_files
from homeport.environments.prune import built_size
from homeport.environments.verify import LOCK_FILE, Verification, lock_in, verify_environment
from homeport.errors import AlreadyExistsError, ConflictError, InvalidConfigError, MissingPathError, NotFoundError
from homeport.sdk.environment_registry import find_version, version_document
from homeport.sdk.interpreters import VersionLocks, check_runnable
from homeport.sdk.workspace import Workspace
from homeport.store import home_folder

__all__ = [
    "FORMS",
    "Change",
    "Form",
    "LockDiff",
    "LockRequest",
    "Verification",
    "build_from_file",
    "build_registered",
    "built_folder",
    "diff",
    "environment_details",
    "exported",
    "is_place",
    "kept_lock",
    "listed",
    "lock_of",
    "lock_registered",
    "needed",
    "read_lock",
    "registered_lock",
    "verify",
]

ENVIRONMENTS_FOLDER = "environments"
FILES_BESIDE = "files"  # beside a lock's file: wheels that were named by path


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRequest:
    """How to lock; None is what the definition says."""

    as_of: str | None = None
    python: str | None = None
    platform: str | None = None
    resolve_index: str | None = None
    engine: str | None = None
    relock: bool = False


def lock_registered(workspace: Workspace, ref: str, request: LockRequest, *, progress: Progress) -> Lock:
    """The lock of a registered version, of this platform or the asked one: the kept one, or a new one.

    A kept lock that was made for another date, Python or engine is only replaced on `relock`: `AlreadyExistsError`.
    """
    stored = find_version(workspace, ref)
    locks = VersionLocks(workspace._store.environments, stored.name, stored.version)
    platform = find_platform(request.platform).name if request.platform else this_platform()
    kept = locks.get(platform)
    definition = definition_of(stored, request)
    if kept is not None and not request.relock:
        lock = Lock.from_json(kept)
        _check_kept(stored, lock, definition, request)
        progress.step(f"{stored.ref} is locked already, since {lock.created:%Y-%m-%d}; `--relock` resolves it anew")
        return lock
    lock = lock_environment(definition, progress=progress, platform=platform, home=home_folder())
    locks.keep(lock.platform, lock.to_json())
    return Lock.from_json(locks.get(lock.platform) or {})


def _check_kept(
    stored: EnvironmentVersion, lock: Lock, definition: EnvironmentDefinition, request: LockRequest
) -> None:
    other_day = request.as_of is not None and definition.as_of != lock.as_of
    minor = ".".join(lock.python.version.split(".")[:2])
    other_python = request.python is not None and ".".join(request.python.split(".")[:2]) != minor
    other_engine = request.engine is not None and request.engine != lock.engine
    if other_day or other_python or other_engine:
        day = f"as of {lock.as_of}" if lock.as_of else f"on {lock.created:%Y-%m-%d}"
        raise AlreadyExistsError(
            f"{stored.ref} is locked already: Python {lock.python.version}, resolved {day} by {lock.engine}",
            hint=f"`homeport environment lock {stored.ref} --relock` replaces that lock, with the same options; "
            "services that run keep what they have",
        )


def definition_of(stored: EnvironmentVersion, request: LockRequest | None = None) -> EnvironmentDefinition:
    """A registered definition, with what a request puts in the place of its own."""
    request = request or LockRequest()
    definition = replace(EnvironmentDefinition.from_json(stored.definition), name=stored.name, version=stored.version)
    if request.as_of is not None:
        definition = replace(definition, as_of=parse_as_of(request.as_of))
    if request.engine is not None:
        definition = replace(definition, engine=request.engine)
    if request.resolve_index is not None:
        definition = replace(definition, resolve_index=request.resolve_index)
    return replace(definition, python=request.python) if request.python else definition


def build_registered(
    workspace: Workspace | None, ref: str, *, progress: Progress, offline: bool = False, engine: str | None = None
) -> BuiltEnvironment:
    """The interpreter of a registered version, locked and built where it is not yet.

    Raises AlreadyExistsError where a lock by another engine is kept.
    """
    workspace = needed(workspace)
    stored = find_version(workspace, ref)
    definition = definition_of(stored, LockRequest(engine=engine))
    kept = kept_lock(workspace, stored) if engine else None
    if kept is not None:
        _check_kept(stored, kept, definition, LockRequest(engine=engine))
    check_runnable(definition)
    locks = VersionLocks(workspace._store.environments, stored.name, stored.version)
    return ready_environment(definition, home_folder(), locks, progress=progress, offline=offline)


def build_from_file(
    path: Path, *, progress: Progress, offline: bool = False, version: tuple[Workspace, str] | None = None
) -> BuiltEnvironment:
    """Build what a lock's file says; wheels that it names by file may lie beside it or in `files/` there.

    With a `version` (a workspace and a name in it) the lock is kept with that: it must be of that definition.
    """
    lock = read_lock(path)
    home = home_folder()
    take_files(lock, home, (path.absolute().parent, path.absolute().parent / FILES_BESIDE))
    if version is not None:
        _adopt(*version, lock)
    return build_environment(lock, home, progress=progress, offline=offline)


def _adopt(workspace: Workspace, ref: str, lock: Lock) -> None:
    stored = find_version(workspace, ref)
    if lock.definition and lock.definition != definition_of(stored).packages_digest:
        raise ConflictError(
            f"this lock is not of {stored.ref}: that asks for other packages",
            hint="leave the name out to build the lock as it is, or register the definition that it was made for",
        )
    workspace._store.environments.keep_lock(stored.name, stored.version, lock.platform, lock.to_json())


def kept_lock(workspace: Workspace, stored: EnvironmentVersion, platform: str | None = None) -> Lock | None:
    """The lock of a platform, by default this one, where there is one."""
    wanted = find_platform(platform).name if platform else this_platform()
    document = workspace._store.environments.lock(stored.name, stored.version, wanted)
    return None if document is None else Lock.from_json(document)


def exported(workspace: Workspace | None, ref: str, form: Form, platform: str | None = None) -> str:
    """A lock's text for another tool, or for Homeport elsewhere (`lock`)."""
    lock = lock_of(workspace, ref, platform)
    if platform is not None and lock.platform != find_platform(platform).name:
        raise NotFoundError(
            f"`{ref}` is a lock for {lock.platform}, not for {find_platform(platform).name}",
            hint=f"name a registered environment, and lock it: `homeport environment lock NAME --platform {platform}`",
        )
    return export_lock(lock, form)


def lock_of(workspace: Workspace | None, ref: str, platform: str | None = None) -> Lock:
    """Of `NAME[:VERSION]`, of a lock's file, or of a built environment's folder."""
    place = Path(ref)
    if is_place(ref) and place.is_dir():
        return lock_in(place)
    if is_place(ref):
        return read_lock(place)
    workspace = needed(workspace)
    return registered_lock(workspace, find_version(workspace, ref), platform)


def needed(workspace: Workspace | None) -> Workspace:
    """What a name needs and a place does not. Raises as `Workspace.from_config` where there is none."""
    return workspace or Workspace.from_config()


def is_place(ref: str) -> bool:
    """A path rather than a name: it has a slash or ends as lock files do."""
    return "/" in ref or ref.endswith((".json", ".lock")) or Path(ref, LOCK_FILE).is_file()


def read_lock(path: Path) -> Lock:
    """A lock's file, as `lock --json` and `export --format lock` write it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError) as wrong:
        raise MissingPathError(
            f"`{path}` does not exist", hint="`homeport environment export NAME --format lock` writes one"
        ) from wrong
    except (OSError, ValueError) as wrong:
        raise InvalidConfigError(f"`{path}` is not a lock: {wrong}", hint=_WRITE_ONE) from wrong
    if not isinstance(document, dict):
        raise InvalidConfigError(f"`{path}` is not a lock: it is no JSON object", hint=_WRITE_ONE)
    if "format" not in document:
        raise InvalidConfigError(f"`{path}` is not a lock: it has no `format`", hint=_WRITE_ONE)
    return Lock.from_json(document)


_WRITE_ONE = "write it anew with `homeport environment export NAME --format lock`"


def registered_lock(workspace: Workspace, stored: EnvironmentVersion, platform: str | None = None) -> Lock:
    """The kept lock of this platform or the named one. Raises NotFoundError where there is none yet."""
    lock = kept_lock(workspace, stored, platform)
    if lock is None:
        check_buildable(definition_of(stored))  # what never has a lock says why
        words = f"{stored.ref} --platform {platform}" if platform else stored.ref
        raise NotFoundError(
            f"{stored.ref} has no lock for {platform or this_platform()} yet",
            hint=f"run `homeport environment lock {words}`",
        )
    return lock


def built_folder(workspace: Workspace | None, ref: str) -> Path:
    """Where the environment of a registered version, or of a lock's file, is built; a folder is itself."""
    if is_place(ref) and Path(ref).is_dir():
        return Path(ref).absolute()
    lock = lock_of(workspace, ref)
    folder = home_folder().absolute() / ENVIRONMENTS_FOLDER / lock.hash
    if not (folder / LOCK_FILE).is_file():
        raise NotFoundError(f"`{ref}` is not built here", hint=f"run `homeport environment build {ref}`")
    return folder


def verify(workspace: Workspace | None, ref: str) -> Verification:
    """The built environment of `ref` against its lock, file by file."""
    return verify_environment(built_folder(workspace, ref))


def diff(workspace: Workspace | None, before: str, after: str) -> LockDiff:
    """Two locks, each named as `lock_of` takes them."""
    return diff_locks(lock_of(workspace, before), lock_of(workspace, after))


def listed(workspace: Workspace, stored: EnvironmentVersion) -> dict[str, Any]:
    """One line of a listing, with the size of what is built of it here."""
    lock = kept_lock(workspace, stored)
    size = built_size(home_folder() / ENVIRONMENTS_FOLDER / lock.hash) if lock is not None else None
    return {
        **version_document(stored),
        "builtBytes": size.total if size else None,
        "linkedBytes": size.linked if size else None,
    }


def environment_details(workspace: Workspace, ref: str) -> Mapping[str, Any]:
    """Everything that is known of one version: its definition, its lock here, whether that is built."""
    stored = find_version(workspace, ref)
    lock = kept_lock(workspace, stored)
    details = {**listed(workspace, stored), "definition": stored.definition, "lock": None}
    details["lockedPlatforms"] = sorted(workspace._store.environments.locks(stored.name, stored.version))
    if lock is not None:
        folder = home_folder() / ENVIRONMENTS_FOLDER / lock.hash
        conda = [f"{package.name}={package.version}={package.build}" for package in lock.conda]
        details["lock"] = {
            "hash": lock.hash,
            "engine": lock.engine,
            "platform": lock.platform,
            "python": lock.python.version,
            "created": lock.created.isoformat(),
            "asOf": lock.as_of.isoformat() if lock.as_of else None,
            "indexes": list(lock.indexes),
            "channels": list(lock.channels),
            "packages": [*conda, *(f"{package.name}=={package.version}" for package in lock.packages)],
            "folder": str(folder) if folder.is_dir() else None,
        }
    return details
