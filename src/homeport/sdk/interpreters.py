"""From an SDK environment to an interpreter that runs; locks are kept with the version that they belong to."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from homeport.domain.bundle import BundledEnvironment
from homeport.domain.environment import EnvironmentDefinition, EnvironmentVersion
from homeport.domain.json import JsonObject
from homeport.domain.progress import Progress
from homeport.environments import BuiltEnvironment, check_buildable, ready_environment
from homeport.errors import NotFoundError
from homeport.store import EnvironmentStore, home_folder

if TYPE_CHECKING:
    from homeport.sdk.environment import Environment
    from homeport.sdk.workspace import Workspace


@dataclass(frozen=True, slots=True)
class VersionLocks:
    """A `LockKeeper`: the locks of one registered version."""

    store: EnvironmentStore
    name: str
    version: str

    def get(self, platform: str) -> JsonObject | None:
        return self.store.lock(self.name, self.version, platform)

    def keep(self, platform: str, lock: JsonObject) -> None:
        """As this version's own, also where another date, Python or engine was asked for than it names."""
        stored = self.store.get(self.name, self.version)
        digest = EnvironmentDefinition.from_json(stored.definition).packages_digest
        self.store.keep_lock(self.name, self.version, platform, {**lock, "definition": digest})


class NoLocks:
    """A `LockKeeper` for an environment without a name or a workspace: it is resolved each time."""

    def get(self, platform: str) -> JsonObject | None:
        return None

    def keep(self, platform: str, lock: JsonObject) -> None:
        return None


def ready(
    workspace: Workspace | None, environment: Environment | None, *, progress: Progress
) -> tuple[BundledEnvironment, dict[str, str]]:
    """What a bundle runs in, and the environment's variables. None is the interpreter that runs this script, as it is.

    A named environment that is not registered, or was changed since, is registered by this, as deploying does in the
    original; its lock is kept with that version.
    """
    if environment is None:
        return BundledEnvironment(name=None, version=None, lock=None, interpreter=sys.executable), {}
    definition = environment._definition()
    check_runnable(definition)
    stored = _stored(workspace, environment, progress)
    found = _built(stored, definition, workspace, progress)
    bundled = BundledEnvironment(
        name=environment.name or None,
        version=stored.version if stored else None,
        lock=found.lock,
        interpreter=str(found.interpreter),
    )
    return bundled, dict(definition.variables)


def built(workspace: Workspace | None, environment: Environment, *, progress: Progress) -> BuiltEnvironment:
    """As `ready`, for who wants the environment itself."""
    definition = environment._definition()
    check_runnable(definition)
    return _built(_stored(workspace, environment, progress), definition, workspace, progress)


def register_definition(
    workspace: Workspace, document: Mapping[str, Any], name: str, version: str | None
) -> EnvironmentVersion:
    """Keep a definition; a version that holds exactly this one already is left alone, with its locks."""
    store = workspace._store.environments
    if version is not None:
        known = _known(store, name, version)
        if known is not None and known.definition == document:
            return known
    return store.register(name, document, version)


def keep_locks(workspace: Workspace, stored: EnvironmentVersion, locks: Mapping[str, JsonObject]) -> None:
    """Keep locks that came with a definition, for platforms of which the version has none."""
    store = workspace._store.environments
    known = store.locks(stored.name, stored.version) if locks else {}
    for platform, lock in locks.items():
        if platform not in known:
            store.keep_lock(stored.name, stored.version, platform, lock)


def check_runnable(definition: EnvironmentDefinition) -> None:
    """Refuse what no process on this machine can run in; an interpreter that the user looks after is fine."""
    if definition.is_only_image or not definition.user_managed:
        check_buildable(definition)


def _built(
    stored: EnvironmentVersion | None,
    definition: EnvironmentDefinition,
    workspace: Workspace | None,
    progress: Progress,
) -> BuiltEnvironment:
    if stored is None or workspace is None:
        return ready_environment(definition, home_folder(), NoLocks(), progress=progress)
    locks = VersionLocks(workspace._store.environments, stored.name, stored.version)
    return ready_environment(definition, home_folder(), locks, progress=progress)


def _stored(workspace: Workspace | None, environment: Environment, progress: Progress) -> EnvironmentVersion | None:
    """The version that holds this very definition, registered now where there is none.

    None for what has no lock to keep: without a name or a workspace, or an interpreter that the user looks after.
    """
    if workspace is None or not environment.name or environment.python.user_managed_dependencies:
        return None
    store, document = workspace._store.environments, environment._definition_document()
    known = _known(store, environment.name, environment.version)
    if known is not None and known.definition == document:
        return known
    kept = store.register(environment.name, document)
    keep_locks(workspace, kept, environment._fitting_locks())
    if known is None or kept.version != known.version:
        progress.step(f"registered environment {kept.ref}")
    return kept


def _known(store: EnvironmentStore, name: str, version: str | None) -> EnvironmentVersion | None:
    try:
        return store.get(name, version)
    except NotFoundError:
        return None
