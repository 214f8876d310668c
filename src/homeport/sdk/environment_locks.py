"""Locks by what people call them: a registered version, a lock's file, the folder of a built environment."""

from __future__ import annotations

import json
from pathlib import Path

from homeport.domain.environment import EnvironmentVersion
from homeport.domain.lock import Lock
from homeport.environments import this_platform
from homeport.environments.diff import Change, LockDiff, diff_locks
from homeport.environments.verify import LOCK_FILE, Verification, lock_in, verify_environment
from homeport.errors import InvalidConfigError, MissingPathError, NotFoundError
from homeport.sdk.environment_registry import find_version, kept_lock
from homeport.sdk.workspace import Workspace
from homeport.store import home_folder

__all__ = [
    "Change",
    "LockDiff",
    "Verification",
    "built_folder",
    "diff",
    "is_place",
    "lock_of",
    "read_lock",
    "registered_lock",
    "verify",
]

ENVIRONMENTS_FOLDER = "environments"


def lock_of(workspace: Workspace, ref: str) -> Lock:
    """Of `NAME[:VERSION]`, of a lock's file, or of a folder: a built environment's, or a saved one's with a lock."""
    place = Path(ref)
    if is_place(ref) and place.is_dir():
        return lock_in(place)
    if is_place(ref):
        return read_lock(place)
    return registered_lock(workspace, find_version(workspace, ref))


def is_place(ref: str) -> bool:
    """A path rather than a name: it has a slash or ends as lock files do."""
    return "/" in ref or ref.endswith(".json") or Path(ref, LOCK_FILE).is_file()


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
    return Lock.from_json(document)


_WRITE_ONE = "write it anew with `homeport environment export NAME --format lock`"


def registered_lock(workspace: Workspace, stored: EnvironmentVersion) -> Lock:
    """The kept lock of this platform. Raises NotFoundError where there is none yet."""
    lock = kept_lock(workspace, stored)
    if lock is None:
        raise NotFoundError(
            f"{stored.ref} has no lock for {this_platform()} yet", hint=f"run `homeport environment lock {stored.ref}`"
        )
    return lock


def built_folder(workspace: Workspace, ref: str) -> Path:
    """Where the environment of a registered version, or of a lock's file, is built; a folder is itself."""
    if is_place(ref) and Path(ref).is_dir():
        return Path(ref).absolute()
    lock = lock_of(workspace, ref)
    folder = home_folder().absolute() / ENVIRONMENTS_FOLDER / lock.hash
    if not (folder / LOCK_FILE).is_file():
        raise NotFoundError(f"`{ref}` is not built here", hint=f"run `homeport environment build {ref}`")
    return folder


def verify(workspace: Workspace, ref: str) -> Verification:
    """The built environment of `ref` against its lock, file by file."""
    return verify_environment(built_folder(workspace, ref))


def diff(workspace: Workspace, before: str, after: str) -> LockDiff:
    """Two locks, each named as `lock_of` takes them."""
    return diff_locks(lock_of(workspace, before), lock_of(workspace, after))
