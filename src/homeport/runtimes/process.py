"""The process runtime: each service has a host, a process of its own that outlives whoever deployed it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from homeport.domain.clock import Clock, utc_now
from homeport.domain.json import JsonObject
from homeport.domain.keys import KEYS_FILE, new_keys
from homeport.domain.names import check_service_name
from homeport.domain.progress import Progress, Silent
from homeport.domain.service import Service
from homeport.errors import HomeportError, ServiceError, ServiceNotFoundError
from homeport.runtimes.bundle import parts_of
from homeport.runtimes.change import (
    Changer,
    Plan,
    base_of,
    earlier_generation,
    plan_reload,
    plan_rollback,
    plan_update,
)
from homeport.runtimes.control import make_socket_folder
from homeport.runtimes.deployment import Deployment, DeploymentChange
from homeport.runtimes.foreground import serve_in_foreground
from homeport.runtimes.fresh import new_service, stage_service
from homeport.runtimes.host import STOP_TIME, end_host
from homeport.runtimes.keys import kept_keys, write_keys
from homeport.runtimes.launching import PortBook, launch_host, spec_of, wait_until_running
from homeport.runtimes.logs import LogFollower, read_tail
from homeport.runtimes.ports import check_port
from homeport.runtimes.service_folder import ServiceFolder, service_names
from homeport.runtimes.status import ServiceStatus, status_of
from homeport.runtimes.systemd import is_ours, unit_path, write_unit

WAIT_TIME = 600.0  # seconds
DELETE_TIME = 10.0  # seconds for the requests that a service has in hand when it is deleted


def _ignore(line: str) -> None:
    return None


class ProcessRuntime:
    """Services below one home. Changes to one service happen one after the other, from whichever process they come.

    Every method that takes `service_id` raises ServiceError when the service of that name is another one by now.
    """

    def __init__(self, home: Path, *, now: Clock = utc_now) -> None:
        self._home, self._now = home.absolute(), now
        self._ports = PortBook(self._remembered_ports, self._running_ports)

    def deploy(
        self,
        name: str,
        workspace: str,
        deployment: Deployment,
        *,
        port: int | None = None,
        progress: Progress = Silent(),  # noqa: B008 - it has no state
        description: str | None = None,
        tags: JsonObject | None = None,
        properties: JsonObject | None = None,
    ) -> Service:
        """Make a service, or replace the one of that name; returns once it listens, while `init()` runs.

        The bundle is whole before anything that runs is touched. ServiceError when the port is somebody else's.
        """
        check_service_name(name)
        if port is not None:
            check_port(port)
        folder = ServiceFolder(self._home, name)
        with folder.locked(progress):
            before = self._readable(folder)
            if port is not None and (before is None or before.port != port or not folder.is_alive()):
                self._ports.check(deployment.host, port)
            port = port or self._ports.choose(deployment.host)
            plan = Plan(
                parts=parts_of(deployment),
                workers=deployment.workers,
                port=port,
                cause="deploy",
                options=deployment.options,
            )
            service = replace(
                new_service(folder, workspace, plan, deployment.host, now=self._now),
                description=description,
                tags=dict(tags or {}),
                properties=dict(properties or {}),
                auth_enabled=deployment.auth_enabled,
            )
            progress.step(f"writing the bundle of service `{name}`")
            service = stage_service(folder, service, plan, now=self._now)
            if deployment.auth_enabled:
                write_keys(folder.staging / KEYS_FILE, deployment.keys or kept_keys(folder.path) or new_keys())
            if folder.exists():
                progress.step(f"replacing service `{name}`")
                end_host(folder, Path(before.control_socket if before else folder.control_socket), progress)
            folder.install_staged()
            progress.step(f"starting service `{name}` on port {port}")
            launch_host(folder, service, service.generations[0], ports=self._ports)
            return folder.read()

    def wait(
        self,
        name: str,
        *,
        service_id: str | None = None,
        timeout: float = WAIT_TIME,
        on_line: Callable[[str], None] = _ignore,
    ) -> Service:
        """Wait until it runs and answers; `on_line` gets the log's lines meanwhile.

        Raises EntryScriptError with the script's own traceback when it could not start, ServiceError when its host is
        gone, it is stopped, or `timeout` seconds have passed.
        """
        folder = self._folder(name)
        follower = LogFollower(folder.path, on_line, from_start=folder.current_number() is None)
        return wait_until_running(folder, service_id=service_id, timeout=timeout, follower=follower)

    def update(
        self,
        name: str,
        change: DeploymentChange,
        *,
        port: int | None = None,
        progress: Progress = Silent(),  # noqa: B008
        wait: bool = True,
        service_id: str | None = None,
    ) -> Service:
        """Make a generation of what `change` gives and switch to it; a service that does not run is started with it.

        Always returns after the switch, so `wait` changes nothing. When the new generation cannot start it is dropped,
        the old one serves on, and the reason is raised (EntryScriptError carries the traceback).
        """
        wanted = None if port is None else check_port(port)

        def plan(service: Service, folder: ServiceFolder) -> Plan:
            return plan_update(base_of(folder, service, folder.current(service)), change, wanted)

        return self._change(name, plan, progress, service_id)

    def reload(
        self,
        name: str,
        *,
        progress: Progress = Silent(),  # noqa: B008
        wait: bool = True,
        service_id: str | None = None,
    ) -> Service:
        """Read the code again from where it came, and switch to it as `update` does."""

        def plan(service: Service, folder: ServiceFolder) -> Plan:
            return plan_reload(base_of(folder, service, folder.current(service)))

        return self._change(name, plan, progress, service_id)

    def rollback(
        self,
        name: str,
        generation: int | None = None,
        *,
        progress: Progress = Silent(),  # noqa: B008
        service_id: str | None = None,
    ) -> Service:
        """Serve again what an earlier generation served, the one before the current when None.

        It becomes a new generation with a new number, so that the newest number always serves and the list reads as
        what happened; rolling back twice therefore returns to where it began.
        """

        def plan(service: Service, folder: ServiceFolder) -> Plan:
            earlier = earlier_generation(service, folder.current(service), generation)
            return plan_rollback(base_of(folder, service, earlier), service.port)

        return self._change(name, plan, progress, service_id)

    def start(
        self,
        name: str,
        progress: Progress = Silent(),  # noqa: B008
        *,
        service_id: str | None = None,
    ) -> Service:
        """Start a stopped, failed or dead service again with its current generation; returns once it listens.

        Nothing to do for one that lives.
        """
        folder = self._folder(name)
        with folder.locked(progress):
            service = self._settled(folder, progress, service_id)
            if folder.is_alive():
                progress.step(f"service `{name}` is started already")
                return service
            service = self._declare_started(folder, service)
            progress.step(f"starting service `{name}` on port {service.port}")
            launch_host(folder, service, folder.current(service), ports=self._ports)
            return folder.read()

    def start_in_foreground(
        self,
        name: str,
        progress: Progress = Silent(),  # noqa: B008
    ) -> NoReturn:
        """Become the service's host: this process is replaced by it. For systemd and other supervisors."""
        folder = self._folder(name)
        with folder.locked(progress):
            service = self._settled(folder, progress, None)
            if folder.is_alive():
                raise ServiceError(
                    f"service `{name}` runs already",
                    hint=f"`homeport service stop {name}` first, then start this again",
                )
            service = self._declare_started(folder, service)
            spec = spec_of(folder, service, folder.current(service))
            self._ports.check(service.host, spec.port)
            folder.forget_failure()
            make_socket_folder(Path(service.control_socket).parent)
        serve_in_foreground(spec)

    def stop(
        self,
        name: str,
        progress: Progress = Silent(),  # noqa: B008
        *,
        service_id: str | None = None,
    ) -> Service:
        """Let it finish the requests in hand, then end it; `start` brings it back. Nothing to do for a stopped one."""
        folder = self._folder(name)
        with folder.locked(progress):
            service = replace(folder.read(service_id), desired="stopped", updated=self._now())
            folder.write(service)
            end_host(folder, Path(service.control_socket), progress, patience=STOP_TIME)
            folder.forget_failure()
            return service

    def delete(
        self,
        name: str,
        progress: Progress = Silent(),  # noqa: B008
        *,
        service_id: str | None = None,
    ) -> None:
        """End it and remove everything it has on disk, its systemd unit too; a service that cannot be read as well."""
        folder = self._folder(name)
        with folder.locked(progress):
            service = self._readable(folder) if service_id is None else folder.read(service_id)
            control_socket = Path(service.control_socket if service else folder.control_socket)
            end_host(folder, control_socket, progress, patience=DELETE_TIME)
            control_socket.unlink(missing_ok=True)
            folder.remove()
            if is_ours(self._home, name):
                unit_path(name).unlink()
                progress.step("its systemd unit is removed; `systemctl --user daemon-reload` makes systemd see it")

    def status(self, name: str, *, service_id: str | None = None) -> ServiceStatus:
        """What it does at this moment."""
        folder = self._folder(name)
        return status_of(folder, folder.read(service_id))

    def service(self, name: str, *, service_id: str | None = None) -> Service:
        """What is declared; ServiceNotFoundError, or InvalidInputError for a description that cannot be read."""
        return self._folder(name).read(service_id)

    def services(self) -> list[Service]:
        """Every service that can be read, by name; `unreadable` has the others."""
        found = (self._readable(self._folder(name)) for name in service_names(self._home))
        return [service for service in found if service is not None]

    def unreadable(self) -> dict[str, HomeportError]:
        """The services whose description is damaged or newer than this Homeport, and what is wrong with each."""
        wrong: dict[str, HomeportError] = {}
        for name in service_names(self._home):
            try:
                self._folder(name).read()
            except HomeportError as unreadable:  # noqa: PERF203 - there are few services
                wrong[name] = unreadable
        return wrong

    def logs(self, name: str, num_lines: int = 5000) -> str:
        """The last lines of what the host, the workers and the script wrote, rotated files included."""
        return read_tail(self._folder(name).path, num_lines)

    def models_in_use(self, workspace: str) -> dict[str, list[str]]:
        """`name:version` of a workspace's models -> the services that keep a generation with them."""
        used: defaultdict[str, list[str]] = defaultdict(list)
        for service in self.services():
            if service.workspace == workspace:
                for ref in sorted({ref for generation in service.generations for ref in generation.models}):
                    used[ref].append(service.name)
        return dict(used)

    def install(self, name: str) -> Path:
        """Write the systemd user unit that starts it with the machine (`systemctl --user enable --now`)."""
        self._folder(name).read()
        return write_unit(self._home, name)

    def _folder(self, name: str) -> ServiceFolder:
        """An existing service's folder; a name that no service can have is not found either."""
        folder = ServiceFolder(self._home, name)
        if name not in service_names(self._home):
            raise ServiceNotFoundError(name, service_names(self._home))
        return folder

    @staticmethod
    def _readable(folder: ServiceFolder) -> Service | None:
        try:
            return folder.read()
        except HomeportError:
            return None

    def _remembered_ports(self) -> dict[int, str]:
        return {service.port: service.name for service in self.services()}

    def _running_ports(self) -> dict[int, str]:
        return {service.port: service.name for service in self.services() if self._folder(service.name).is_alive()}

    def _settled(self, folder: ServiceFolder, progress: Progress, service_id: str | None) -> Service:
        return Changer(folder, self._ports, progress, now=self._now).settle(service_id)

    def _declare_started(self, folder: ServiceFolder, service: Service) -> Service:
        started = replace(service, desired="running", control_socket=str(folder.control_socket), updated=self._now())
        folder.write(started)
        return started

    def _change(
        self, name: str, make_plan: Callable[[Service, ServiceFolder], Plan], progress: Progress, service_id: str | None
    ) -> Service:
        folder = self._folder(name)
        with folder.locked(progress):
            changer = Changer(folder, self._ports, progress, now=self._now)
            service = changer.settle(service_id)
            return changer.apply(service, make_plan(service, folder))
