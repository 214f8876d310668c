"""A definition -> a lock, by the engine that suits it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from homeport.domain.clock import Clock, utc_now
from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.lock import Lock
from homeport.domain.platforms import find_platform
from homeport.domain.progress import Progress
from homeport.environments.conda_names import as_pip_packages
from homeport.environments.conda_resolve import CondaTarget, lock_conda_environment
from homeport.environments.engines import engine_for
from homeport.environments.resolve import check_buildable, lock_uv_environment, this_platform


def lock_environment(
    definition: EnvironmentDefinition,
    *,
    progress: Progress,
    platform: str | None = None,
    home: Path | None = None,
    now: Clock = utc_now,
) -> Lock:
    """Resolve as of the definition's day where it names one, for this platform or another.

    Wheels that the definition names by path are copied into `home`, so that the lock outlives them.
    `EnvironmentBuildError` carries the resolver's words; a definition that is not made of packages is refused.
    """
    check_buildable(definition)
    if engine_for(definition) == "conda":
        elsewhere = None if platform in (None, this_platform()) else find_platform(str(platform)).name
        target = CondaTarget(platform=elsewhere or this_platform(), is_here=elsewhere is None, home=home)
        return lock_conda_environment(definition, target, progress=progress, now=now)
    wanted = as_pip_packages(definition, progress) if definition.conda_packages else definition
    lock = lock_uv_environment(wanted, progress=progress, platform=platform, home=home, now=now)
    return replace(lock, definition=definition.packages_digest)
