"""The scoring server: startup, serving, switches and shutdown, each a method that reads top to bottom."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from homeport.domain.incident import INCIDENTS_FOLDER
from homeport.domain.json import JsonObject
from homeport.domain.launch import Launch, ServerSpec
from homeport.scoring import generation as generations
from homeport.scoring.capture import Records
from homeport.scoring.control import ControlSocket
from homeport.scoring.faults import StartError
from homeport.scoring.generation import Generation
from homeport.scoring.incidents import Incidents
from homeport.scoring.keys import Doorkeeper
from homeport.scoring.listener import Listener, bind
from homeport.scoring.log import Log
from homeport.scoring.routes import Routes
from homeport.scoring.state import StateFolder
from homeport.scoring.trace import Tracer, exporter_of
from homeport.scoring.watch import Watch

DRAIN = 30.0  # seconds that requests in hand have to finish when the server is told to stop

Tell = Callable[[JsonObject], None]


class Server:
    """Serves one generation at a time; `state` is None in the foreground."""

    def __init__(self, spec: ServerSpec, log: Log, state: StateFolder | None) -> None:
        self._spec, self._log, self._files = spec, log, state
        self.current: Generation | None = None
        door = Doorkeeper(Path(spec.key_file), log) if spec.key_file is not None else None
        records = Records(Path(spec.state_folder) if spec.state_folder else None, log)
        exporter = exporter_of({**os.environ, **spec.launch.variables}, log)
        self._tracer = Tracer(exporter, log) if exporter is not None else None
        self._routes = Routes(self, log, records, door, self._tracer)
        self._incidents = Incidents(Path(spec.state_folder) / INCIDENTS_FOLDER if spec.state_folder else None, log)
        self._listeners: list[Listener] = []  # the last one accepts; those before it only finish what they have
        self._switching = asyncio.Lock()
        self._candidate: int | None = None  # the generation that is being started beside the current one
        self._stopping = asyncio.Event()
        self._drained = asyncio.Event()
        self._leaving: set[asyncio.Task[None]] = set()
        self._control: ControlSocket | None = None
        self._fault: StartError | None = None
        self._watching: asyncio.Task[None] | None = None  # where edits are to be served

    @property
    def state(self) -> str:
        if self.current is None:
            return "starting" if self._fault is None else "failed"
        return "failed" if self.current.pool.hopeless else "running"

    # startup, serving, shutdown

    async def run(self, tell: Tell) -> None:
        """Serve until told to stop; `tell` gets the ready event. `StartError`: the first generation did not start."""
        try:
            await self._startup(bind(self._spec.host, self._spec.port), tell)
            await self._stopping.wait()
        except StartError as wrong:
            self._failed(wrong)
            raise
        finally:
            await self._shutdown()

    def _failed(self, wrong: StartError) -> None:
        """Written down before anything closes: whoever finds the host gone must find out why."""
        self._fault = wrong
        if self._files is not None:
            self._files.failed(wrong.to_json())

    async def _startup(self, bound: socket.socket, tell: Tell) -> None:
        port = bound.getsockname()[1]
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        async with self._switching:
            first = generations.prepare(self._spec.generation, self._spec.launch, self._log, self._incidents, port=port)
            health = first.settings.health_port
            second = bind(self._spec.host, health) if health is not None else None
            starting = asyncio.create_task(generations.start(first))
            try:
                if self._spec.control_socket is not None:
                    self._control = ControlSocket(Path(self._spec.control_socket), self)
                    await self._control.open()
                tell({"event": "listening", "port": port, "pid": self._log.pid})
                if second is not None:
                    await self._listen(second)
                await self._listen(bound)
                await self._unless_stopped(starting)
            finally:
                if self._stopping.is_set() or not starting.done() or starting.exception() is not None:
                    await first.pool.end()
                    await asyncio.wait({starting})
                    starting.exception()  # looked at: it is either raised already, or a stop came first
            if not self._stopping.is_set():
                self._serve_from_now_on(first)

    async def _listen(self, bound: socket.socket) -> None:
        listener = Listener(bound, self._routes, self._log)
        await listener.open()
        self._listeners.append(listener)

    async def _unless_stopped(self, starting: asyncio.Task[None]) -> None:
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        if starting.done():
            starting.result()

    def _serve_from_now_on(self, first: Generation) -> None:
        self.current = first
        if self._files is not None:
            self._files.serving(first.number)
        watching = self._spec.watch  # looked at before the ready line: no edit from there on is missed
        watch = Watch(first.launch, first.variables.get("AZUREML_MODEL_DIR")) if watching else None
        self._log.ready(self._describe(first))
        if watch is not None:
            self._watching = asyncio.create_task(self._reload_on_edit(first, watch))

    async def _reload_on_edit(self, first: Generation, watch: Watch) -> None:
        """A generation for each edit that starts; one that does not leaves what serves as it is."""
        number = first.number
        async for paths in watch.edits():
            number += 1
            shown = ", ".join(os.path.relpath(path) for path in paths[:3])
            self._log.info(f"edited: {shown}{' and others' if len(paths) > 3 else ''}")
            with contextlib.suppress(StartError):  # it has been logged with its traceback
                await self.switch(number, first.launch, None, lambda line: None)

    def _describe(self, generation: Generation) -> str:
        host = f"[{self._spec.host}]" if ":" in self._spec.host else self._spec.host
        workers = generation.launch.workers
        python = generation.pool.about.get("python", "?")
        plural = "worker" if workers == 1 else "workers"
        return f"serving http://{host}:{self._port}/score ({workers} {plural}, Python {python})"

    @property
    def _port(self) -> int:
        return self._listeners[-1].port

    async def _shutdown(self) -> None:
        """Stop accepting, finish what is in hand within the drain time, end every worker."""
        self._stopping.set()
        if self._watching is not None:
            self._watching.cancel()
        for listener in self._listeners:
            listener.stop_accepting()
        until = asyncio.get_running_loop().time() + DRAIN
        for listener in self._listeners:
            await listener.close(max(0.0, until - asyncio.get_running_loop().time()))
        if self.current is not None:
            self._leave(self.current)
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=max(1.0, until - asyncio.get_running_loop().time()))
        if self.current is not None:
            await self.current.pool.end()
        self._incidents.stacks.close()
        if self._tracer is not None:
            await asyncio.to_thread(self._tracer.close)
        self._drained.set()
        if self._control is not None:
            await self._control.close()
        if self._files is not None:
            self._files.unlock()

    def _leave(self, generation: Generation) -> None:
        task = asyncio.create_task(generation.pool.retire())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    # the verbs of the control socket

    def status(self) -> JsonObject:
        current = self.current
        fault = current.pool.fault if current is not None else self._fault
        return {
            "state": self.state,
            "generation": current.number if current is not None else self._spec.generation,
            "switching": self._candidate,
            "port": self._port if self._listeners else None,
            "pid": self._log.pid,
            "workers": current.pool.describe() if current is not None else [],
            "restarts": current.pool.restarts if current is not None else 0,
            "error": fault.to_json() if fault is not None else None,
        }

    async def stop(self) -> None:
        """Returns when everything has been finished or given up, just before the process ends."""
        self._stopping.set()
        await self._drained.wait()

    async def switch(self, number: int, launch: Launch, port: int | None, on_line: Callable[[str], None]) -> int:
        """Start `launch` beside what serves, then serve it; gives the port. `StartError`: nothing has changed."""
        async with self._switching:
            self._candidate = number
            try:
                return await self._start_beside(number, launch, port, on_line)
            finally:
                self._candidate = None

    async def _start_beside(self, number: int, launch: Launch, port: int | None, on_line: Callable[[str], None]) -> int:
        if self._stopping.is_set() or self.current is None:
            raise StartError("stopping", "the server is stopping", hint="start the service again, then update it")
        bound = None if port is None or port == self._port else bind(self._spec.host, port)
        try:
            new_port = self._port if bound is None else bound.getsockname()[1]
            successor = generations.prepare(number, launch, self._log, self._incidents, port=new_port)
            await generations.start(successor, on_line)
        except StartError as wrong:
            if bound is not None:
                bound.close()
            self._log.error(f"generation {number} did not start: {wrong.message}\n{wrong.detail}".rstrip())
            raise
        await self._switch_to(successor, bound)
        return self._port

    async def _switch_to(self, successor: Generation, bound: socket.socket | None) -> None:
        before, self.current = self.current, successor
        if before is not None:
            before.pool.hand_over(successor.pool)
            self._leave(before)
        if bound is not None:
            replaced = self._listeners[-1]
            await self._listen(bound)
            replaced.stop_accepting()
        if self._files is not None:
            self._files.serving(successor.number)
        self._log.info(f"generation {successor.number} serves on port {self._port}")
