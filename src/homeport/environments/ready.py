"""From a definition to an interpreter by the shortest way: what is kept or built already, else made now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.json import JsonObject
from homeport.domain.lock import Lock, without_credentials
from homeport.domain.progress import Progress
from homeport.environments.build import build_environment
from homeport.environments.conda_channels import with_credentials
from homeport.environments.interpreter import BuiltEnvironment, existing_interpreter
from homeport.environments.lock import lock_environment
from homeport.environments.requested import package_options
from homeport.environments.resolve import check_buildable, this_platform


class LockKeeper(Protocol):
    """Where locks of one definition are kept: with its registered version, or nowhere."""

    def get(self, platform: str) -> JsonObject | None:
        """The kept lock of that platform."""

    def keep(self, platform: str, lock: JsonObject) -> None:
        """Keep it; it replaces an earlier one of that platform."""


def ready_environment(
    definition: EnvironmentDefinition, home: Path, locks: LockKeeper, *, progress: Progress, offline: bool = False
) -> BuiltEnvironment:
    """The environment's interpreter, locked and built where it is not yet.

    User-managed dependencies mean the interpreter that the definition names, as it is.
    """
    if definition.user_managed and not definition.is_only_image:
        return existing_interpreter(Path(definition.interpreter_path).expanduser())
    lock = kept_or_new_lock(definition, locks, progress=progress, home=home)
    return build_environment(lock, home, progress=progress, offline=offline)


def kept_or_new_lock(
    definition: EnvironmentDefinition, locks: LockKeeper, *, progress: Progress, home: Path | None = None
) -> Lock:
    """The kept lock of this platform; else a new one, which is then kept.

    A kept lock has no credentials: the definition's are put back in.
    """
    kept = locks.get(this_platform())
    if kept is not None:
        lock = Lock.from_json(kept)
        options = package_options(definition)
        fits = [without_credentials(line) for line in options] == list(lock.options)
        lock = replace(lock, options=options) if fits else lock
        return replace(lock, channels=with_credentials(lock.channels, definition)) if lock.conda else lock
    check_buildable(definition)
    lock = lock_environment(definition, progress=progress, home=home)
    locks.keep(lock.platform, lock.to_json())
    return lock
