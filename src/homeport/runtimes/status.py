"""What a service is doing, and what mends it when it is not well."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path

from homeport.domain.service import Service, ServiceState
from homeport.runtimes.control import Reply, ask
from homeport.runtimes.service_folder import Failure, ServiceFolder

HEALTH_TIME = 2.0  # seconds
SILENCE_TIME = 3.0  # seconds that a host may be silent, as it is between its last answer and its end
POLL = 0.02
# The kinds of failure that are the entry script's own, as the host names them.
SCRIPT_KINDS = ("init_failed", "script_import", "script_signature", "worker_died", "init_timeout")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """A service at one moment. `error` and `detail` say why it failed, `hint` how to mend it."""

    name: str
    id: str
    state: ServiceState
    generation: int | None  # the one that serves; None before anything has served
    port: int
    workers: int  # as declared
    ready_workers: int  # that can serve now
    pid: int | None
    error: str | None = None
    detail: str = ""
    hint: str | None = None


def status_of(folder: ServiceFolder, service: Service) -> ServiceStatus:
    """Ask the host where one lives; else read what the last one left. A few milliseconds, unless a host is silent."""
    until = time.monotonic() + SILENCE_TIME
    while folder.is_alive():
        try:
            return _of_host(folder, service, ask(Path(service.control_socket), {"do": "status"}))
        except OSError:  # noqa: PERF203 - it is asked again
            if folder.is_changing():
                return _plain(folder, service, "deploying")
            if answers_health(service.host, service.port):
                return _plain(folder, service, "running")  # it serves, though its socket has gone
            if time.monotonic() > until:
                return _plain(folder, service, "failed", _stuck(service.name))
            time.sleep(POLL)  # most often it is just leaving, and its lock goes last
    if folder.is_changing() and service.desired == "running" and folder.failure() is None:
        return _plain(folder, service, "deploying")  # somebody is about to start it
    return _of_absence(folder, service)


def _plain(
    folder: ServiceFolder, service: Service, state: ServiceState, failure: Failure | None = None
) -> ServiceStatus:
    """A status without a host's own words."""
    current = folder.current(service)
    return ServiceStatus(
        name=service.name,
        id=service.id,
        state=state,
        generation=folder.current_number(),
        port=service.port,
        workers=current.workers,
        ready_workers=0,
        pid=None,
        error=(failure.message or None) if failure else None,
        detail=failure.detail if failure else "",
        hint=failure.hint if failure else None,
    )


def _of_host(folder: ServiceFolder, service: Service, reply: Reply) -> ServiceStatus:
    states: dict[str, ServiceState] = {"starting": "deploying", "running": "running"}
    state = states.get(str(reply.get("state")), "failed")
    error = reply.get("error") or {}
    workers = reply.get("workers") or []
    return ServiceStatus(
        name=service.name,
        id=service.id,
        state=state,
        generation=folder.current_number(),
        port=int(reply.get("port") or service.port),
        workers=folder.current(service).workers,
        ready_workers=sum(worker.get("state") in ("idle", "busy") for worker in workers),
        pid=reply.get("pid"),
        error=error.get("message"),
        detail=str(error.get("detail") or ""),
        hint=error.get("hint") or (_mend_script(service.name) if state == "failed" else None),
    )


def _stuck(name: str) -> Failure:
    mend = f"`homeport service stop {name}` ends it, by force if need be; then `homeport service start {name}`"
    return Failure(kind="stuck", message="its host lives but does not answer", hint=mend)


def _of_absence(folder: ServiceFolder, service: Service) -> ServiceStatus:
    if service.desired == "stopped":
        start = Failure(kind="stopped", message="", hint=f"`homeport service start {service.name}` starts it")
        return _plain(folder, service, "stopped", start)
    written = folder.failure()
    if written is None:
        written = Failure(
            kind="dead",
            message="its host is gone: it was killed, or the machine was restarted",
            hint=f"`homeport service start {service.name}` starts it again",
        )
    elif written.hint is None:
        hint = _mend_script(service.name) if written.kind in SCRIPT_KINDS else _start_again(service.name)
        written = Failure(kind=written.kind, message=written.message, hint=hint, detail=written.detail)
    return _plain(folder, service, "failed", written)


def _mend_script(name: str) -> str:
    return f"mend the script, then `homeport service reload {name}`; `homeport service logs {name}` shows all it said"


def _start_again(name: str) -> str:
    return f"`homeport service start {name}` tries again; `homeport service logs {name}` shows what happened"


def answers_health(host: str, port: int) -> bool:
    """Whether `GET /` answers 200: what clients read as "deployed"."""
    address = reachable(host)
    name = f"[{address}]" if ":" in address else address
    request = f"GET / HTTP/1.1\r\nHost: {name}:{port}\r\nConnection: close\r\n\r\n".encode()
    try:
        with socket.create_connection((address, port), timeout=HEALTH_TIME) as connection:
            connection.sendall(request)
            with connection.makefile("rb") as answer:
                return answer.readline(100).split()[1:2] == [b"200"]
    except OSError:
        return False


def reachable(host: str) -> str:
    """The address by which a server that listens on `host` is reached from here."""
    return {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
