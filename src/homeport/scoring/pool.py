"""The workers of one generation and the requests that wait for them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from homeport.scoring.faults import StartError
from homeport.scoring.incidents import Recorder
from homeport.scoring.job import Job
from homeport.scoring.limits import Limits
from homeport.scoring.log import Log
from homeport.scoring.messages import Caller, Reply
from homeport.scoring.output import Output
from homeport.scoring.process import Worker
from homeport.scoring.starter import Starter

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0  # seconds between two starts that failed one after the other
SETTLED = 10.0  # seconds: a worker that ends sooner, with no request in hand, ended by itself
WATCH = 0.25  # seconds between two looks at the memory of workers that are busy
SWEEP = 0.05  # seconds between two looks for clients that have hung up, when the queue is full


class Pool:
    """N workers; a job goes to an idle one, ahead to one that will be idle in a moment, or waits.

    A worker that dies is replaced until the pool retires.
    """

    sends_ahead = True

    def __init__(self, starter: Starter, log: Log, recorder: Recorder, *, workers: int, limits: Limits) -> None:
        self._starter, self._log, self._recorder = starter, log, recorder
        self._count, self._limits = workers, limits
        self._loop = asyncio.get_running_loop()
        self._workers: list[Worker] = []
        self._idle: list[Worker] = []
        self._waiting: deque[Job] = deque()
        self._keepers: set[asyncio.Task[None]] = set()
        self._starts: set[asyncio.Task[Worker]] = set()
        self._watch: asyncio.Task[None] | None = None
        self._retired = False
        self._unprovoked = 0  # workers, one after the other, that ended by themselves soon after their start
        self._swept = 0.0
        self.fault: StartError | None = None  # why the last replacement did not start
        self.restarts = 0  # workers that ended and were replaced
        self.on_line: Callable[[str], None] = lambda line: None

    @property
    def about(self) -> Mapping[str, Any]:
        """What the script asks for (`mode`, `wants_headers`), as its first worker said."""
        return self._about

    @property
    def ready(self) -> int:
        """How many workers can serve, busy ones included."""
        return sum(worker.state in ("idle", "busy") for worker in self._workers)

    @property
    def hopeless(self) -> bool:
        """No worker serves and none is being started: the last replacement failed."""
        return self.fault is not None and not self.ready and not self._starts

    @property
    def waiting(self) -> int:
        """How many requests wait for a worker."""
        return len(self._waiting) + sum(worker.ahead is not None for worker in self._workers)

    @property
    def parent_pid(self) -> int | None:
        """Of the process that the workers are forked from, where there is one."""
        return self._starter.parent_pid

    def describe(self) -> list[dict[str, Any]]:
        return [{"pid": worker.pid, "state": worker.state} for worker in self._workers]

    async def start(self) -> None:
        """All workers at once. `StartError` where one did not start: then nothing is left of the others."""
        if self._limits.memory is not None:
            self._watch = asyncio.create_task(self._watch_memory())
        starts = [self._begin() for _ in range(self._count)]
        await asyncio.wait(starts, return_when=asyncio.FIRST_EXCEPTION)
        broken = [task for task in starts if task.done() and task.exception() is not None]
        if broken:
            await self.end()
            broken[0].result()
        workers = [task.result() for task in starts]
        self._about = workers[0].about
        for worker in workers:
            self._keep(worker)

    def new_job(self, metadata: bytes, body: bytes, caller: Caller, request_id: str = "") -> Job:
        """What is to be submitted for a request."""
        return Job(metadata, body, caller, request_id)

    def submit(self, job: Job) -> None:
        """Give the job to an idle worker, or to one that soon is, or let it wait."""
        while self._idle:
            worker = self._idle.pop()
            if worker.state == "idle":
                worker.take(job)
                return
        if not self._waiting and self._sent_ahead(job):
            return
        if self.hopeless and self.fault is not None:
            job.finish(unavailable(self.fault))
            return
        if len(self._waiting) >= self._limits.queue:
            self._drop_abandoned()
        if len(self._waiting) >= self._limits.queue:
            job.finish(Reply("busy", {"message": f"{len(self._waiting)} requests wait already: try again in a moment"}))
            return
        job.caller.watch()
        self._waiting.append(job)

    def _sent_ahead(self, job: Job) -> bool:
        return self.sends_ahead and any(worker.take_ahead(job) for worker in self._workers)

    def hand_over(self, successor: Pool) -> None:
        """The jobs that wait here go to the next generation."""
        while self._waiting:
            successor.submit(self._waiting.popleft())

    async def retire(self) -> None:
        """Finish what is waiting and in hand, then leave."""
        self.sends_ahead = False
        while (late := self._late()) and (self.ready or self._starts):
            await asyncio.wait({job.reply for job in late}, return_when=asyncio.FIRST_COMPLETED)
        self._retired = True
        self._idle.clear()
        for worker in self._workers:
            worker.dismiss()
        await self._all_gone()

    def _late(self) -> list[Job]:
        """The jobs that no worker has begun, as far as is known."""
        return [*self._waiting, *(worker.ahead for worker in self._workers if worker.ahead is not None)]

    async def end(self) -> None:
        """Kill every worker; jobs in hand are lost."""
        self._retired = True
        for worker in self._workers:
            worker.kill("the server is stopping")
        await self._all_gone()

    async def _all_gone(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        if self._watch is not None:
            self._watch.cancel()
        self._starter.stop()
        await asyncio.gather(*self._starts, return_exceptions=True)
        if self._workers:
            await asyncio.wait([worker.gone for worker in self._workers])
        await self._starter.end()

    def _begin(self) -> asyncio.Task[Worker]:
        """A start is never cancelled: it ends by itself, so that no process is left without an owner."""
        task = asyncio.create_task(self._start_one())
        self._starts.add(task)
        task.add_done_callback(self._starts.discard)
        return task

    async def _start_one(self) -> Worker:
        output = Output(self._log, lambda line: self.on_line(line))
        worker = await self._starter.start(output)
        self._workers.append(worker)
        if self._retired:
            worker.kill("the server is stopping")
        await worker.ready(self._limits, self._recorder)
        return worker

    def _keep(self, worker: Worker) -> None:
        """From here on the worker gets jobs, and is replaced when it dies."""
        worker.on_free, worker.on_back = self._answered, self._back
        keeper = asyncio.create_task(self._replace_in_time(worker))
        self._keepers.add(keeper)
        keeper.add_done_callback(self._keepers.discard)
        if worker.state == "idle":
            self._free(worker)

    def _drop_abandoned(self) -> None:
        """Those whose clients have hung up make room."""
        if self._loop.time() - self._swept < SWEEP:
            return
        self._swept = self._loop.time()
        for job in [job for job in self._waiting if job.caller.gone()]:
            self._waiting.remove(job)
            job.finish(Reply("abandoned"))

    def _answered(self, worker: Worker) -> None:
        """It has just shown that workers can serve."""
        if self._unprovoked:
            self._unprovoked, self.fault = 0, None
        self._free(worker)

    def _back(self, job: Job) -> None:
        """A worker will not come to it: before all others it goes to another one."""
        if self._retired:
            job.finish(Reply("lost", {"message": "the server stopped before it came to this request"}))
            return
        job.taken = 0.0
        self._waiting.appendleft(job)
        idle, self._idle = self._idle, []
        for worker in idle:
            if worker.state == "idle":
                self._free(worker)

    def _free(self, worker: Worker) -> None:
        """It has come to an end, or to what was sent ahead: give it what comes next."""
        if worker.state == "idle":
            job = self._next_for(worker)
            if job is None:
                self._idle.append(worker)
                return
            worker.take(job)
        if self.sends_ahead and self._waiting and worker.take_ahead(self._waiting[0]):
            self._waiting.popleft()

    def _next_for(self, worker: Worker) -> Job | None:
        """The first that waits; where none does, one that was sent ahead to a worker that has not come to it yet."""
        while self._waiting:
            job = self._waiting.popleft()
            if not job.caller.gone():
                return job
            job.finish(Reply("abandoned"))
        for other in self._workers:
            if other.ahead is not None:
                back = other.take_back()
                if back is not None:
                    return back
        return None

    async def _replace_in_time(self, worker: Worker) -> None:
        """When it has gone; one that has outgrown its memory serves until its successor can."""
        began = self._loop.time()
        await asyncio.wait({worker.gone, worker.outgrown}, return_when=asyncio.FIRST_COMPLETED)
        if worker.gone.done():
            self._forget(worker)
            if not self._retired:
                await asyncio.sleep(self._pause_after(worker, self._loop.time() - began))
        successor = await self._successor(worker)
        if successor is None:
            return
        self.restarts += 1
        self._keep(successor)
        if worker in self._workers:
            worker.dismiss()
            await asyncio.shield(worker.gone)
            self._forget(worker)

    async def _successor(self, worker: Worker) -> Worker | None:
        """Started again and again until one is ready; None when the pool retires before that."""
        pause = FIRST_PAUSE
        while not self._retired:
            self._log.warning(
                f"worker {worker.pid} {'has ended' if worker.gone.done() else 'is too large'}; another is started"
            )
            try:
                successor = await asyncio.shield(self._begin())
            except StartError as wrong:
                self._failed_again(wrong)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            if not self._unprovoked:
                self.fault = None
            self._log.info(f"worker {successor.pid} is ready")
            return successor
        return None

    def _pause_after(self, worker: Worker, lived: float) -> float:
        """Seconds until its successor is started: none, unless workers go on ending with nothing to do."""
        if worker.served or lived > SETTLED:
            self._unprovoked = 0
            return 0.0
        self._unprovoked += 1
        if self._unprovoked == 1:
            return 0.0
        pause: float = min(FIRST_PAUSE * 2 ** (self._unprovoked - 2), LONGEST_PAUSE)
        self._none_can_serve(
            StartError(
                "worker_died",
                f"{self._unprovoked} workers have ended by themselves, one after the other, soon after init()",
                hint="the incidents say how: `homeport service incidents NAME`",
            )
        )
        return pause

    def _failed_again(self, wrong: StartError) -> None:
        self._workers = [worker for worker in self._workers if worker.state != "dead"]
        self._log.error(f"a replacement did not start: {wrong}\n{wrong.detail}")
        self._none_can_serve(wrong)

    def _none_can_serve(self, wrong: StartError) -> None:
        """What is known to be wrong; where no worker is left, those who wait are told."""
        self.fault = wrong
        if not self.ready and not self._starts:
            while self._waiting:
                self._waiting.popleft().finish(unavailable(wrong))

    async def _watch_memory(self) -> None:
        while True:
            await asyncio.sleep(WATCH)
            for worker in self._workers:
                worker.look_at_memory()

    def _forget(self, worker: Worker) -> None:
        self._workers.remove(worker)
        if worker in self._idle:
            self._idle.remove(worker)


def unavailable(wrong: StartError) -> Reply:
    return Reply("unavailable", {"message": f"no worker can serve: {wrong.message}"})
