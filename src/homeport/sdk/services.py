"""Services as the `homeport` command shows and steers them: by name alone, whichever workspace they came from.

Looking at services reads files and asks hosts: no database is imported, nor what environments need.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

from homeport.domain.address import url
from homeport.domain.progress import Progress
from homeport.domain.service import Generation, Service
from homeport.errors import HomeportError
from homeport.runtimes import ProcessRuntime, ServiceStatus
from homeport.runtimes.logs import LogFollower
from homeport.runtimes.service_folder import ServiceFolder
from homeport.store import home_folder

FOLLOW_POLL = 0.2  # seconds between two looks at a log


@dataclass(frozen=True, slots=True)
class ServiceView:
    """What is declared of a service, and what it is doing."""

    service: Service
    status: ServiceStatus

    @property
    def current(self) -> Generation:
        """The generation that serves; before anything has served, the newest."""
        numbers = [generation.number for generation in self.service.generations]
        if self.status.generation in numbers:
            return self.service.generation(self.status.generation)
        return self.service.generations[-1]

    @property
    def scoring_uri(self) -> str:
        """Where requests are posted to."""
        return url(self.service.host, self.status.port, "score")

    def document(self) -> dict[str, Any]:
        """Plain values; the keys that the original's `serialize` has are named as there."""
        service, status, current = self.service, self.status, self.current
        return {
            "name": service.name,
            "state": status.state,
            "error": status.error,
            "hint": status.hint,
            "computeType": "Local",
            "workspaceName": service.workspace,
            "host": service.host,
            "port": status.port,
            "scoringUri": self.scoring_uri,
            "swaggerUri": url(service.host, status.port, "swagger.json"),
            "models": list(current.models),
            "environment": current.environment,
            "entryScript": current.entry_script,
            "source": service.source,
            "generation": current.number,
            "generations": [asdict(generation) for generation in service.generations],
            "workers": status.workers,
            "readyWorkers": status.ready_workers,
            "authEnabled": service.auth_enabled,
            "pid": status.pid,
            "description": service.description,
            "tags": dict(service.tags),
            "properties": dict(service.properties),
            "createdTime": service.created,
            "updatedTime": service.updated,
        }


def runtime() -> ProcessRuntime:
    """The one below this user's `$HOMEPORT_HOME`."""
    return ProcessRuntime(home_folder())


def service_names() -> list[str]:
    return [service.name for service in runtime().services()]


def list_services() -> list[ServiceView]:
    """All services that can be read, in the order of names."""
    here = runtime()
    return [ServiceView(service, here.status(service.name)) for service in here.services()]


def unreadable_services() -> dict[str, HomeportError]:
    """The services whose description is damaged or newer than this Homeport, and what is wrong with each."""
    return runtime().unreadable()


def look_at(name: str) -> ServiceView:
    """One service. Raises `ServiceNotFoundError`."""
    here = runtime()
    return ServiceView(here.service(name), here.status(name))


def wait(name: str, on_line: Callable[[str], None]) -> ServiceView:
    """Until it runs. Raises `EntryScriptError` when its script failed."""
    runtime().wait(name, on_line=on_line)
    return look_at(name)


def reload(name: str, progress: Progress) -> ServiceView:
    """A new generation with the code as it is on disk now. Returns once it serves."""
    runtime().reload(name, progress=progress, wait=True)
    return look_at(name)


def rollback(name: str, generation: int | None, progress: Progress) -> ServiceView:
    """An earlier generation once more, as a new one: the one before the present one, or that number."""
    runtime().rollback(name, generation, progress=progress)
    return look_at(name)


def logs(name: str, lines: int) -> str:
    """The newest lines, of a service in any state."""
    return runtime().logs(name, lines)


def follow(name: str, lines: int, on_line: Callable[[str], None]) -> None:
    """The newest lines, then each one that is added; returns when the service is deleted."""
    folder = ServiceFolder(home_folder(), name)
    follower = LogFollower(folder.path, on_line, from_start=False)
    for line in logs(name, lines).splitlines():
        on_line(line)
    while folder.exists():
        follower.read()
        time.sleep(FOLLOW_POLL)


def start(name: str, progress: Progress) -> None:
    """Start a service that was stopped, killed, or ended with the machine; it is starting when this returns."""
    runtime().start(name, progress)


def start_in_foreground(name: str) -> NoReturn:
    """Become the service's host: what a systemd unit runs."""
    runtime().start_in_foreground(name)


def stop(name: str, progress: Progress) -> None:
    """Finish the requests in hand and end; the service can be started again."""
    runtime().stop(name, progress)


def delete(name: str, progress: Progress) -> None:
    """Stop a service and remove it with its bundles; its models and environment stay."""
    runtime().delete(name, progress)


def install(name: str) -> Path:
    """Write a systemd user unit that starts the service with the machine, and give its path."""
    return runtime().install(name)
