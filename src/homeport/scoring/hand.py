"""What one worker has been given: the job that runs, and at most one that it finds when it is done with that.

A worker that has to wait for its next job sleeps, and waking up costs more than many a run(). One is sent ahead only
to a worker whose answers come quickly, and comes back when they no longer do.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count

from homeport.scoring.job import Job
from homeport.scoring.lane import Lane
from homeport.worker import wire

BRISK = 0.002  # seconds: slower workers gain nothing by it
UNKNOWN = 1.0  # seconds: some thirty quick answers show that a worker is quick
WEIGHT = 0.2  # of the last answer in the average
LONGEST_AHEAD = 0.01  # seconds that a job may lie there before it is taken back


class Hand:
    """`connection` sends frames to the worker."""

    def __init__(self, lane: Lane | None, connection: Callable[[Sequence[wire.Frame]], None]) -> None:
        self._lane, self._connection = lane, connection
        self._jobs: deque[Job] = deque()
        self._pace = UNKNOWN
        self._numbers = count(1)

    @property
    def first(self) -> Job | None:
        """The one that runs."""
        return self._jobs[0] if self._jobs else None

    @property
    def ahead(self) -> Job | None:
        """The one that was sent ahead."""
        return self._jobs[1] if len(self._jobs) > 1 else None

    def take(self, job: Job) -> None:
        """It runs at once: there is no other."""
        self._jobs.append(job)
        job.taken = time.perf_counter()
        self._send(job)

    def take_ahead(self, job: Job) -> bool:
        """Where the one that runs will be done in a moment; False where that is not to be expected."""
        if len(self._jobs) != 1 or self._pace > BRISK or self._lane is None:
            return False
        now = time.perf_counter()
        if now - self._jobs[0].taken > BRISK or not self._message(self._lane, job):
            return False
        job.taken = now
        self._jobs.append(job)
        return True

    def answered(self) -> Job:
        """The first, which is done; the one that was sent ahead runs from now on."""
        job = self._jobs.popleft()
        now = time.perf_counter()
        self._pace += (now - job.taken - self._pace) * WEIGHT
        if self._jobs:
            self._jobs[0].taken = now
        return job

    def take_back(self) -> Job | None:
        """One that the worker has not come to, where there are two."""
        if len(self._jobs) < 2 or self._lane is None:
            return None
        untaken = self._untaken(self._lane)
        if not untaken:
            return None
        if len(untaken) == 2:  # not even the first: that one stays its own
            self._jobs.append(untaken[0])
            self._send(untaken[0])
        elif self._jobs:
            self._jobs[0].taken = time.perf_counter()  # which may have been the second until now
        return untaken[-1]

    def untaken(self) -> list[Job]:
        """Of a worker that has ended: what it never came to, the oldest first."""
        return self._untaken(self._lane) if self._lane is not None else []

    def _untaken(self, lane: Lane) -> list[Job]:
        """Taken from the lane and out of this hand. It may be the first alone: the worker comes to the second then."""
        numbers = lane.take_back()
        untaken = [job for job in self._jobs if job.number in numbers]
        for job in untaken:
            self._jobs.remove(job)
        return untaken

    def _send(self, job: Job) -> None:
        if self._lane is None:
            self._connection([(wire.SCORE, job.metadata), (wire.BODY, job.body)])
        elif not self._message(self._lane, job):
            self._lane.announce(job.number, job.metadata)
            self._connection([(wire.BODY, job.body)])

    def _message(self, lane: Lane, job: Job) -> bool:
        job.number = next(self._numbers) & 0xFFFFFFFF
        return lane.send(job.number, job.metadata, job.body)
