"""From a definition to an interpreter by the shortest way: what is kept or built already, else made now."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.json import JsonObject
from homeport.domain.lock import Lock
from homeport.domain.progress import Progress
from homeport.environments.build import build_environment
from homeport.environments.interpreter import BuiltEnvironment, existing_interpreter
from homeport.environments.resolve import check_buildable, lock_environment, this_platform


class LockKeeper(Protocol):
    """Where locks of one definition are kept: with its registered version, or nowhere."""

    def get(self, platform: str) -> JsonObject | None:
        """The kept lock of that platform."""

    def keep(self, platform: str, lock: JsonObject) -> None:
        """Keep it; it replaces an earlier one of that platform."""


def ready_environment(
    definition: EnvironmentDefinition, home: Path, locks: LockKeeper, *, progress: Progress
) -> BuiltEnvironment:
    """The environment's interpreter, locked and built where it is not yet.

    User-managed dependencies mean the interpreter that the definition names, as it is.
    """
    if definition.user_managed and not definition.is_only_image:
        return existing_interpreter(Path(definition.interpreter_path).expanduser())
    return build_environment(kept_or_new_lock(definition, locks, progress=progress), home, progress=progress)


def kept_or_new_lock(definition: EnvironmentDefinition, locks: LockKeeper, *, progress: Progress) -> Lock:
    """The kept lock of this platform; else a new one, which is then kept."""
    kept = locks.get(this_platform())
    if kept is not None:
        return Lock.from_json(kept)
    check_buildable(definition)
    lock = lock_environment(definition, progress=progress)
    locks.keep(lock.platform, lock.to_json())
    return lock
