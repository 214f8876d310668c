"""Which way a generation's workers are started: one process loads and forks them, or each loads for itself."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

from homeport.domain.launch import Launch
from homeport.scoring.environment import worker_environment
from homeport.scoring.faults import StartError
from homeport.scoring.incidents import Recorder
from homeport.scoring.limits import Limits
from homeport.scoring.log import Log
from homeport.scoring.output import Output
from homeport.scoring.parent import Parent, ParentGoneError
from homeport.scoring.process import Worker
from homeport.scoring.starter import Spawner, Starter

WATCH = 0.25  # seconds between two looks at the memory of a process that loads
TRIES = 3  # how often a worker is asked of a new parent, where parents end


def starter_of(launch: Launch, port: int, log: Log, recorder: Recorder, limits: Limits) -> Starter:
    """As `share_model` says, where the system can fork safely."""
    alone = Spawner(launch, worker_environment(launch, port), recorder.stacks)
    if launch.options.share_model == "never" or sys.platform != "linux" or not Path("/proc/self/task").is_dir():
        return alone
    sharing = worker_environment(launch, port, sharing=True)
    loader = Spawner(launch, sharing, recorder.stacks)
    return Sharer(loader, alone, Loading(log, recorder, limits), same=sharing == worker_environment(launch, port))


class Loading:
    """What a process that runs init() is held to, before it is known whether it may be forked."""

    def __init__(self, log: Log, recorder: Recorder, limits: Limits) -> None:
        self.log, self._recorder, self._limits = log, recorder, limits

    async def wait(self, process: Worker) -> None:
        """Until READY; `StartError`."""
        watch = asyncio.create_task(self._watch(process)) if self._limits.memory is not None else None
        try:
            await process.ready(self._limits, self._recorder)
        finally:
            if watch is not None:
                watch.cancel()

    async def _watch(self, process: Worker) -> None:
        while True:
            await asyncio.sleep(WATCH)
            process.look_at_memory()


class Sharer:
    """Workers are forks of one process that has run init(), where that is safe; `same` where both ways set the same
    variables, so that the process that has loaded may as well be a worker itself.
    """

    def __init__(self, loader: Spawner, alone: Spawner, loading: Loading, *, same: bool) -> None:
        self._loader, self._alone, self._loading, self._same = loader, alone, loading, same
        self._process: Worker | None = None  # that has loaded, or is about to
        self._parent: Parent | None = None  # the same one, where it may be forked
        self._spare: Worker | None = None  # the same one, where it is a worker like any other
        self._unsafe = False  # each loads for itself from now on
        self._load: asyncio.Task[None] | None = None
        self._lifeline: tuple[int, int] | None = None
        self._stopped = False

    @property
    def parent_pid(self) -> int | None:
        return self._parent.process.pid if self._parent is not None and self._parent.alive else None

    async def start(self, output: Output) -> Worker:
        for _ in range(TRIES):
            await self._loaded(output)
            if self._parent is None:
                spare, self._spare = self._spare, None
                return spare if spare is not None else await self._alone.start(output)
            try:
                return await self._parent.fork(output)
            except ParentGoneError:
                continue
        raise StartError("worker_died", "the process that forks the workers ends again and again")

    def stop(self) -> None:
        self._stopped = True
        if self._load is not None and self._process is not None:
            self._process.kill("the server is stopping")

    async def end(self) -> None:
        self.stop()
        if self._load is not None:
            await asyncio.wait({self._load})
        if self._spare is not None:
            self._spare.kill("the server is stopping")
        if self._parent is not None:
            self._parent.close()
            self._parent.process.dismiss()
            await self._parent.process.gone
        if self._lifeline is not None:
            for end in self._lifeline:
                os.close(end)
            self._lifeline = None

    async def _loaded(self, output: Output) -> None:
        """One process loads, however many workers are asked for at once; all of them hear of its failure."""
        if self._unsafe or (self._parent is not None and self._parent.alive):
            return
        if self._load is None:
            self._load = asyncio.create_task(self._load_once(output.beside()))
            self._load.add_done_callback(self._forget_load)
        await asyncio.shield(self._load)

    def _forget_load(self, load: asyncio.Task[None]) -> None:
        self._load = None

    async def _load_once(self, output: Output) -> None:
        if self._parent is not None:
            self._loading.log.warning("the process that workers are forked from has ended; another one loads")
            self._parent = None
        if self._lifeline is None:
            self._lifeline = os.pipe()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                process = await self._loader.start(output, [theirs.fileno(), self._lifeline[0]])
            self._process = process
            if self._stopped:
                process.kill("the server is stopping")
            await self._loading.wait(process)
        except BaseException:
            ours.close()
            raise
        await self._settle(process, ours)

    async def _settle(self, process: Worker, requests: socket.socket) -> None:
        """What it has become; said once a load."""
        reason = process.about.get("unshared")
        if reason is None:
            self._parent = Parent(process, requests)
            self._loading.log.info("workers share one init()")
            return
        requests.close()
        self._unsafe = True
        self._loading.log.info(f"each worker loads for itself: {reason}")
        if self._same:
            self._spare = process
            return
        process.dismiss()
        await process.gone
