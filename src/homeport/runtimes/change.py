"""A change to a service: a new generation beside the one that serves, which takes over or goes."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

from homeport.domain.bundle import Bundle
from homeport.domain.clock import Clock
from homeport.domain.json import JsonObject
from homeport.domain.progress import Progress
from homeport.domain.service import GENERATIONS_FOLDER, KEPT_GENERATIONS, Generation, Service
from homeport.domain.serving import ServingOptions
from homeport.errors import HomeportError, InvalidInputError, MissingPathError, ServiceError
from homeport.runtimes.bundle import Parts, assemble_bundle, launch_of, model_of_bundle, read_bundle
from homeport.runtimes.code import Code, code_of_bundle, find_code
from homeport.runtimes.control import Reply, ask
from homeport.runtimes.deployment import DeploymentChange
from homeport.runtimes.host import end_host
from homeport.runtimes.launching import PortBook, error_of, failure_of, launch_host, wait_until_running
from homeport.runtimes.logs import LogFollower
from homeport.runtimes.service_folder import ServiceFolder

POLL = 0.05
START_TIME = (
    3600.0  # seconds for init() when an update starts a stopped service; a running host waits as long as it takes
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What a change starts from: one generation and its bundle."""

    service: Service
    generation: Generation
    place: Path
    bundle: Bundle

    @property
    def parts(self) -> Parts:
        """The same again: code copied, models linked."""
        return Parts(
            code=code_of_bundle(self.place, self.bundle, self.generation.source or self.service.source),
            models=tuple(model_of_bundle(self.place, model) for model in self.bundle.models),
            environment=self.bundle.environment,
            variables=self.bundle.variables,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the new generation shall be."""

    parts: Parts
    workers: int
    port: int
    cause: str
    options: ServingOptions


def base_of(folder: ServiceFolder, service: Service, generation: Generation) -> Base:
    place = folder.bundle(generation.number)
    return Base(service=service, generation=generation, place=place, bundle=read_bundle(place))


def plan_update(base: Base, change: DeploymentChange, port: int | None) -> Plan:
    """The parts that the change gives, and the rest as it is: code that was not given is not read again."""
    same = base.parts
    code = same.code
    if change.entry_script is not None:
        code = find_code(change.entry_script, change.source_directory)
    parts = Parts(
        code=code,
        models=same.models if change.models is None else change.models,
        environment=change.environment or same.environment,
        variables=same.variables if change.variables is None else change.variables,
    )
    return Plan(
        parts=parts,
        workers=change.workers or base.generation.workers,
        port=port or base.service.port,
        cause="update",
        options=base.generation.options.changed(change.options),
    )


def plan_reload(base: Base) -> Plan:
    """The code as it is now where it came from; everything else as it is. MissingPathError when that place has gone."""
    parts = replace(base.parts, code=_code_again(base))
    same = base.generation
    return Plan(parts=parts, workers=same.workers, port=base.service.port, cause="reload", options=same.options)


def _code_again(base: Base) -> Code:
    origin = base.service.source
    if origin is None or not Path(origin).exists():
        raise MissingPathError(
            f"the code of service `{base.service.name}` is no longer at `{origin}`",
            hint="bring it back, or update the service with an inference config that names its new place",
        )
    source = base.bundle.source_directory
    if source is None:
        return find_code(origin, None)
    return find_code(base.bundle.entry_script.removeprefix(f"{source}/"), Path(origin))


def plan_rollback(base: Base, port: int) -> Plan:
    """That generation's code, models, environment, workers and options; the port stays, since clients know it."""
    same = base.generation
    cause = f"rollback to {same.number}"
    return Plan(parts=base.parts, workers=same.workers, port=port, cause=cause, options=same.options)


def earlier_generation(service: Service, current: Generation, wanted: int | None) -> Generation:
    """The generation to go back to: the one before the current, or the one asked for."""
    if wanted is not None:
        if wanted == current.number:
            raise InvalidInputError(f"generation {wanted} of service `{service.name}` is the one that serves")
        return service.generation(wanted)
    earlier = [generation for generation in service.generations if generation.number < current.number]
    if not earlier:
        raise ServiceError(
            f"service `{service.name}` has no earlier generation", hint="only an update or a reload makes one"
        )
    return earlier[-1]


class Changer:
    """Makes the generations of one service, under its lock."""

    def __init__(self, folder: ServiceFolder, ports: PortBook, progress: Progress, *, now: Clock) -> None:
        self._folder, self._ports, self._progress, self._now = folder, ports, progress, now

    def settle(self, service_id: str | None) -> Service:
        """Read the service, once a switch that a killed process began has ended; drop what came to nothing."""
        service = self._folder.read(service_id)
        if self._is_switching(service):
            self._progress.step("waiting for a change that was left behind to end")
        while self._is_switching(service):
            time.sleep(POLL)
        serving = self._folder.current_number() or service.generations[0].number
        abandoned = [generation.number for generation in service.generations if generation.number > serving]
        listed = {generation.number for generation in service.generations}
        for number in self._unlisted(listed):
            shutil.rmtree(self._folder.bundle(number), ignore_errors=True)
        for number in abandoned:
            self._withdraw(number)
        return self._folder.read(service_id)

    def _is_switching(self, service: Service) -> bool:
        return self._folder.is_alive() and self._ask_status(service).get("switching") is not None

    def _ask_status(self, service: Service) -> Reply:
        """The host's words; none where it does not answer."""
        try:
            return ask(Path(service.control_socket), {"do": "status"})
        except OSError:
            return {}

    def _unlisted(self, listed: set[int]) -> list[int]:
        folders = (self._folder.path / GENERATIONS_FOLDER).glob("[0-9]*")
        return [int(folder.name) for folder in folders if folder.name.isdigit() and int(folder.name) not in listed]

    def apply(self, service: Service, plan: Plan) -> Service:
        """Write the new generation, let it take over, prune. When it cannot, it goes and the old one serves on."""
        if plan.port != service.port:
            self._ports.check(service.host, plan.port)
        number = self._folder.next_number(service)
        self._progress.step(f"writing generation {number} of service `{service.name}`")
        home = self._folder.services.parent
        bundle = assemble_bundle(self._folder.bundle(number), plan.parts, now=self._now, apart=(home,))
        generation = generation_of(number, bundle, plan)
        self._folder.write(service.with_generation(generation, at=self._now()))
        try:
            self._take_over(service, generation, bundle)
        except HomeportError:
            if self._folder.current_number() != number:
                self._withdraw(number)
            raise
        return self._confirm()

    def _take_over(self, service: Service, generation: Generation, bundle: Bundle) -> None:
        alive = self._folder.is_alive()
        starting = alive and self._ask_status(service).get("state") == "starting"
        if starting or not alive:
            self._start_with(service, generation, instead_of_a_start=starting)
            return
        self._progress.step("starting the new workers beside the old ones")
        place = self._folder.bundle(generation.number)
        launch = launch_of(place, bundle, workers=generation.workers, options=generation.options)
        request: JsonObject = {
            "do": "switch",
            "generation": generation.number,
            "launch": launch.to_json(),
            "port": None if generation.port == service.port else generation.port,
        }
        try:
            reply = ask(Path(service.control_socket), request, timeout=None, on_line=self._progress.step)
        except OSError as gone:
            raise ServiceError(
                f"the host of service `{service.name}` went away during the change ({gone})",
                hint=f"`homeport service show {service.name}` says what became of it",
            ) from gone
        if not reply["ok"]:
            failure = failure_of(reply.get("error") or {})
            if failure.kind == "port_in_use":
                raise self._ports.taken(service.host, generation.port or service.port)
            unchanged = f"service `{service.name}` goes on as it was: mend what is wrong, then do this again"
            raise error_of(replace(failure, hint=failure.hint or unchanged))

    def _start_with(self, service: Service, generation: Generation, *, instead_of_a_start: bool) -> None:
        """Nothing serves: start a host with the new generation; when that fails, everything is as it was."""
        if instead_of_a_start:
            self._progress.step("ending the start that is under way")
            end_host(self._folder, Path(service.control_socket), self._progress)
        before = self._folder.forget_failure()
        started = replace(service, desired="running", control_socket=str(self._folder.control_socket))
        started = started.with_generation(generation, at=self._now())
        self._folder.write(started)
        follower = LogFollower(self._folder.path, self._progress.step, from_start=False)
        try:
            launch_host(self._folder, started, generation, ports=self._ports)
            wait_until_running(self._folder, service_id=service.id, timeout=START_TIME, follower=follower)
        except HomeportError:
            end_host(self._folder, Path(started.control_socket), self._progress)
            self._folder.write(service.with_generation(generation, at=self._now()))
            self._folder.recall_failure(before)
            if instead_of_a_start:
                launch_host(self._folder, service, self._folder.current(service), ports=self._ports)
            raise

    def _withdraw(self, number: int) -> None:
        """Take a generation off the list, then off the disk."""
        service = self._folder.read()
        kept = tuple(generation for generation in service.generations if generation.number != number)
        self._folder.write(replace(service, generations=kept, updated=self._now()))
        shutil.rmtree(self._folder.bundle(number), ignore_errors=True)

    def _confirm(self) -> Service:
        """The new generation serves: write down what that makes of the service, and drop the oldest."""
        service = self._folder.read()
        kept = service.generations[-KEPT_GENERATIONS:]
        service = replace(service, generations=kept, desired="running", updated=self._now())
        self._folder.write(service)
        for number in self._unlisted({generation.number for generation in kept}):
            shutil.rmtree(self._folder.bundle(number), ignore_errors=True)
        return service


def generation_of(number: int, bundle: Bundle, plan: Plan) -> Generation:
    environment = bundle.environment
    return Generation(
        number=number,
        created=bundle.created,
        models=tuple(model.ref for model in bundle.models),
        environment=environment.name if environment.version is None else f"{environment.name}:{environment.version}",
        entry_script=bundle.entry_script,
        workers=plan.workers,
        options=plan.options,
        port=plan.port,
        source=plan.parts.code.origin,
        cause=plan.cause,
    )
