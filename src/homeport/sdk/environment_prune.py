"""Who needs which built environment: registered locks of every workspace, and services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from homeport.domain.lock import Lock
from homeport.domain.progress import Progress
from homeport.environments.prune import YOUNG, Candidate, freed, prune_environments
from homeport.errors import ConflictError
from homeport.runtimes import ProcessRuntime, read_bundle
from homeport.runtimes.service_folder import ServiceFolder
from homeport.sdk.environment_registry import find_version
from homeport.sdk.workspace import Workspace
from homeport.store import home_folder, list_stores, open_store

__all__ = ["YOUNG", "Candidate", "Pruned", "delete_version", "prune", "users_of_locks"]


@dataclass(frozen=True, slots=True)
class Pruned:
    """What there was, and the bytes that came free; nothing was removed on a dry run."""

    candidates: tuple[Candidate, ...]
    freed: int

    @property
    def removed(self) -> tuple[Candidate, ...]:
        return tuple(candidate for candidate in self.candidates if not candidate.kept_by)

    @property
    def kept(self) -> tuple[Candidate, ...]:
        return tuple(candidate for candidate in self.candidates if candidate.kept_by)


def prune(*, progress: Progress, dry_run: bool = False, younger_than: float = YOUNG) -> Pruned:
    """Remove built environments of this home that no registered lock, service or running process needs."""
    users: dict[str, list[str]] = {}
    for name, user in users_of_locks():
        users.setdefault(name, []).append(user)
    found = prune_environments(home_folder(), users, progress=progress, dry_run=dry_run, younger_than=younger_than)
    return Pruned(tuple(found), freed(found))


def users_of_locks() -> Iterator[tuple[str, str]]:
    """(a lock's hash, or a kept wheel's sha256; who needs it), for every workspace and every kept generation.

    A workspace that cannot be read raises: nothing may be removed on a guess.
    """
    home = home_folder()
    for workspace in list_stores(home):
        store = open_store(home, workspace)
        try:
            for ref, document in store.environments.every_lock():
                yield str(document.get("hash")), f"{ref} in workspace {workspace}"
                for package in Lock.from_json(document).packages:
                    yield from ((file.sha256, f"the lock of {ref}") for file in package.files if package.source)
        finally:
            store.close()
    for service in ProcessRuntime(home).services():
        for generation in service.generations:
            bundle = read_bundle(ServiceFolder(home, service.name).bundle(generation.number))
            if bundle.environment.lock:
                yield bundle.environment.lock, f"service {service.name}, generation {generation.number}"


def delete_version(workspace: Workspace, ref: str) -> str:
    """Forget a registered version; one that a service keeps a generation with is refused: `ConflictError`."""
    stored = find_version(workspace, ref)
    used = [
        service.name
        for service in ProcessRuntime(home_folder()).services()
        if service.workspace == workspace.name
        and any(generation.environment == stored.ref for generation in service.generations)
    ]
    if used:
        raise ConflictError(
            f"{stored.ref} is used by {', '.join(f'service `{name}`' for name in used)}",
            hint=f"delete the service first: `homeport service delete {used[0]}`",
        )
    workspace._store.environments.delete(stored.name, stored.version)
    return stored.ref
