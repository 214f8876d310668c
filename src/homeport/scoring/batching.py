"""A pool that answers requests of rows together: what waits while its workers are busy becomes one call of run()."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import orjson

from homeport.scoring.batching_answers import Misfit, cut
from homeport.scoring.batching_rows import Reader, Rows, joined
from homeport.scoring.incidents import Recorder
from homeport.scoring.job import Job
from homeport.scoring.limits import Limits
from homeport.scoring.log import Log
from homeport.scoring.messages import Caller, Present, Reply
from homeport.scoring.pool import Pool
from homeport.scoring.process import Worker
from homeport.scoring.starter import Starter

LARGEST = 16 << 20  # bytes of rows in one call


class RowsJob(Job):
    """A request that may be answered together with others of its kind."""

    __slots__ = ("leave", "rows")

    rows: Rows | None  # None: it is to go alone
    leave: Callable[[RowsJob], None]

    def finish(self, reply: Reply) -> None:
        self.leave(self)  # at once, not when the loop comes to it: the pool counts who is here
        super().finish(reply)


class MergedJob(Job):
    """One call of run() for several requests. What does not come back as one row each is handed to `retry`."""

    __slots__ = ("_jobs", "_retry")

    def __init__(self, jobs: Sequence[RowsJob], retry: Callable[[Sequence[RowsJob], str], None]) -> None:
        ids = ",".join(job.request_id for job in jobs)
        metadata = orjson.dumps({"method": "POST", "query": "", "id": ids})
        super().__init__(metadata, joined([job.rows for job in jobs if job.rows is not None]), Present(), ids)
        self._jobs, self._retry = jobs, retry

    def finish(self, reply: Reply) -> None:
        if self.reply.done():
            return
        super().finish(reply)
        for job in self._jobs:
            job.taken = self.taken
        if reply.outcome != "ok" or reply.stream is not None:
            self._retry(self._jobs, reply.outcome)
        else:
            self._hand_back(reply)

    def _hand_back(self, reply: Reply) -> None:
        try:
            bodies = cut(reply.body, [job.rows.count for job in self._jobs if job.rows is not None])
        except Misfit as wrong:
            self._retry(self._jobs, f"the answer does not fit its rows, {wrong}")
            return
        for position, (job, body) in enumerate(zip(self._jobs, bodies, strict=True)):
            job.answered = 0 if position else len(self._jobs)
            job.finish(Reply("ok", reply.about, body))


class BatchingPool(Pool):
    """Nothing is merged until `merge` is called.

    A request goes to an idle worker at once where it is the only one. Where others are known to be about (as many as
    were here at once lately), it waits for its worker's share of them, at most for the delay.
    """

    sends_ahead = False  # what waits is merged

    def __init__(
        self, starter: Starter, log: Log, recorder: Recorder, *, workers: int, limits: Limits, most: int, delay: float
    ) -> None:
        super().__init__(starter, log, recorder, workers=workers, limits=limits)
        self._most, self._delay = most, delay  # requests, seconds
        self._reader: Reader | None = None
        self._here: set[RowsJob] = set()  # waiting or in a worker's hand
        self._peak = 1
        self._due: asyncio.TimerHandle | None = None

    @property
    def log(self) -> Log:
        return self._log

    def merge(self, reader: Reader) -> None:
        """From now on, those in which `reader` finds rows."""
        self._reader = reader

    def new_job(self, metadata: bytes, body: bytes, caller: Caller, request_id: str = "") -> Job:
        rows = self._reader.read(body) if self._reader is not None else None
        if rows is None:
            return Job(metadata, body, caller, request_id)
        job = RowsJob(metadata, body, caller, request_id)
        job.rows, job.leave, job.answered = rows, self._here.discard, 1
        return job

    def submit(self, job: Job) -> None:
        if not isinstance(job, RowsJob) or job.rows is None:
            super().submit(job)
            return
        self._here.add(job)
        self._peak = max(self._peak, len(self._here))
        if not self._idle or len(self._waiting) >= self._limits.queue:
            super().submit(job)
            return
        self._waiting.append(job)
        self._release()

    def hand_over(self, successor: Pool) -> None:
        """Alone: what may be merged there is another question."""
        for job in self._waiting:
            if isinstance(job, RowsJob):
                self._here.discard(job)
                job.rows = None
        super().hand_over(successor)

    async def retire(self) -> None:
        """A batch in hand may yet have to be run one by one."""
        while self._here and (self.ready or self._starts):
            await asyncio.wait({job.reply for job in self._here}, return_when=asyncio.FIRST_COMPLETED)
        await super().retire()

    def _free(self, worker: Worker) -> None:
        self._idle.append(worker)
        self._release()

    def _release(self, *, due: bool = False) -> None:
        """Give idle workers what waits long enough, or in sufficient number."""
        while self._waiting and self._idle and (due or self._enough()):
            worker = self._idle.pop()
            if worker.state == "idle":
                job = self._next()
                if job is None:
                    self._idle.append(worker)
                else:
                    worker.take(job)
        if self._waiting and self._idle and self._due is None:
            waited = time.perf_counter() - self._waiting[0].made
            self._due = self._loop.call_later(max(self._delay - waited, 0), self._waited_enough)

    def _enough(self) -> bool:
        first = self._waiting[0]
        if not isinstance(first, RowsJob) or first.rows is None or len(self._here) >= self._peak:
            return True
        return len(self._waiting) >= min(self._most, -(-self._peak // self._count))

    def _waited_enough(self) -> None:
        """Those that were waited for have not come: there are no more than these."""
        self._due = None
        if self._waiting and self._idle:
            left = self._delay - (time.perf_counter() - self._waiting[0].made)
            if left <= 0:
                self._peak = max(len(self._here), 1)
            self._release(due=left <= 0)

    def _next(self) -> Job | None:
        """The first that waits, with others of its kind; None where all who wait have hung up."""
        while self._waiting:
            job = self._waiting.popleft()
            if job.caller.gone():
                job.finish(Reply("abandoned"))
            elif isinstance(job, RowsJob) and job.rows is not None:
                jobs = self._others_like(job, job.rows)
                return job if len(jobs) == 1 else MergedJob(jobs, self._one_by_one)
            else:
                return job
        return None

    def _others_like(self, first: RowsJob, rows: Rows) -> list[RowsJob]:
        """`first` and those that can be merged with it; the others stay in their order."""
        jobs, size, passed = [first], len(rows.text), []
        while self._waiting and len(jobs) < self._most and size < LARGEST:
            job = self._waiting.popleft()
            if isinstance(job, RowsJob) and job.rows is not None and job.rows.kind == rows.kind:
                if job.caller.gone():
                    job.finish(Reply("abandoned"))
                    continue
                jobs.append(job)
                size += len(job.rows.text)
            else:
                passed.append(job)
        self._waiting.extendleft(reversed(passed))
        return jobs

    def _one_by_one(self, jobs: Sequence[RowsJob], why: str) -> None:
        """Each alone, before all who wait: none of them pays for another's fault."""
        self._log.info(f"a batch of {len(jobs)} requests is run one by one: {why}")
        for job in jobs:
            job.rows = None
        if self._retired or self.hopeless:
            for job in jobs:
                job.finish(Reply("lost", {"message": f"the worker ended with this request in a batch ({why})"}))
            return
        self._waiting.extendleft(reversed(jobs))
        self._loop.call_soon(self._release)
