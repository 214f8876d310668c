"""A generation becomes a running host; what goes wrong becomes an error that says who can mend it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from homeport.domain.keys import KEYS_FILE
from homeport.domain.launch import ServerSpec
from homeport.domain.service import Generation, Service
from homeport.errors import (
    DamagedStoreError,
    EntryScriptError,
    HomeportError,
    ServiceError,
    UnavailableError,
    WebserviceException,
)
from homeport.runtimes.bundle import launch_of, read_bundle
from homeport.runtimes.host import HostFailedError, start_host
from homeport.runtimes.logs import LogFollower
from homeport.runtimes.ports import free_port, is_free, port_taken
from homeport.runtimes.service_folder import Failure, ServiceFolder
from homeport.runtimes.status import SCRIPT_KINDS, ServiceStatus, answers_health, status_of

POLL = 0.03


def spec_of(folder: ServiceFolder, service: Service, generation: Generation) -> ServerSpec:
    """What a host is told for one generation; UnavailableError when its interpreter has gone."""
    place = folder.bundle(generation.number)
    bundle = read_bundle(place)
    if not Path(bundle.environment.interpreter).exists():
        raise UnavailableError(
            f"the interpreter of service `{service.name}` has gone: `{bundle.environment.interpreter}`",
            hint="build the environment again and deploy, or update the service with another environment",
        )
    return ServerSpec(
        launch=launch_of(place, bundle, workers=generation.workers, options=generation.options),
        generation=generation.number,
        host=service.host,
        port=generation.port or service.port,
        state_folder=str(folder.path),
        control_socket=service.control_socket,
        key_file=str(folder.path / KEYS_FILE) if service.auth_enabled else None,
    )


def launch_host(folder: ServiceFolder, service: Service, generation: Generation, *, ports: PortBook) -> None:
    """Start a host for one generation; returns once it listens.

    When it cannot, the reason stays in `failure.json` and is raised: the service is then in state failed.
    """
    folder.forget_failure()
    try:
        spec = spec_of(folder, service, generation)
        ports.check(service.host, spec.port)
        start_host(folder.path, spec)
    except HostFailedError as failed:
        if folder.failure() is None:
            folder.write_failure(failed.failure)
        if failed.failure.kind == "port_in_use":
            raise ports.taken(service.host, generation.port or service.port) from failed
        raise error_of(failed.failure) from failed
    except HomeportError as wrong:
        folder.write_failure(Failure(kind="start", message=wrong.message, hint=wrong.hint))
        raise


class PortBook:
    """Which service of this home has which port, to tell who is in the way."""

    def __init__(self, remembered: Callable[[], Mapping[int, str]], running: Callable[[], Mapping[int, str]]) -> None:
        self._remembered, self._running = remembered, running

    def check(self, host: str, port: int) -> None:
        """ServiceError when somebody listens there already."""
        if not is_free(host, port):
            raise self.taken(host, port)

    def taken(self, host: str, port: int) -> ServiceError:
        holder = self._running().get(port)
        return port_taken(host, port, holder and f"service `{holder}`", self.avoided())

    def choose(self, host: str) -> int:
        return free_port(host, self.avoided())

    def avoided(self) -> Collection[int]:
        return self._remembered().keys()


def wait_until_running(
    folder: ServiceFolder, *, service_id: str | None, timeout: float, follower: LogFollower
) -> Service:
    """Until the host says that it runs and `GET /` answers 200; what rules that out ends the waiting at once.

    Raises EntryScriptError with the script's own words when it could not start; ServiceError for a host that is gone,
    a service that was stopped, and when `timeout` seconds have passed.
    """
    until = time.monotonic() + timeout
    while True:
        service = folder.read(service_id)
        status = status_of(folder, service)
        follower.read()
        if status.state == "running" and answers_health(service.host, status.port):
            return folder.read(service_id)
        if status.state in ("failed", "stopped"):
            raise _why_not(folder, status)
        if time.monotonic() > until:
            raise ServiceError(
                f"service `{service.name}` is still starting after {timeout:g} s",
                hint=f"wait longer, or look at `homeport service logs {service.name}`",
            )
        time.sleep(POLL)


def _why_not(folder: ServiceFolder, status: ServiceStatus) -> WebserviceException:
    if status.state == "stopped":
        return ServiceError(f"service `{status.name}` is stopped", hint=status.hint)
    written = folder.failure()
    return error_of(
        Failure(
            kind=written.kind if written else "dead",
            message=f"service `{status.name}` failed: {status.error}",
            hint=status.hint,
            detail=status.detail,
        )
    )


def error_of(failure: Failure) -> WebserviceException:
    """The error that a failure stands for: by its kind, never by its text."""
    if failure.kind in SCRIPT_KINDS:
        return EntryScriptError(failure.message, hint=failure.hint, detail=failure.detail)
    if failure.kind == "damaged_model":
        return DamagedStoreError(failure.message, hint=failure.hint)
    message = f"{failure.message}\n\n{failure.detail}".rstrip() if failure.detail else failure.message
    return ServiceError(message, hint=failure.hint)


def failure_of(error: Mapping[str, Any]) -> Failure:
    """What a host's reply says went wrong."""
    return Failure(
        kind=str(error.get("kind", "failed")),
        message=str(error.get("message", "the host gave no reason")),
        hint=error.get("hint"),
        detail=str(error.get("detail") or ""),
    )
