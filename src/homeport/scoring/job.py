"""One call of run() on its way: waiting, in a worker's hand, or done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from homeport.scoring.messages import Caller, Reply


class Job:
    """What a worker is sent, and what came of it; `done` is called with that, where somebody has set it."""

    __slots__ = (
        "_outcome",
        "_reply",
        "answered",
        "body",
        "caller",
        "done",
        "made",
        "metadata",
        "number",
        "request_id",
        "taken",
    )

    def __init__(self, metadata: bytes, body: bytes, caller: Caller, request_id: str = "") -> None:
        self.metadata, self.body, self.caller = metadata, body, caller
        self.request_id = request_id
        self.number = 0  # of its message to a worker
        self.made = time.perf_counter()
        self.taken = 0.0  # when a worker had it, by the same clock; 0 until then
        self.answered = 0  # requests that its call of run() answered, where calls are shared; one of them counts
        self.done: Callable[[Reply], None] | None = None
        self._outcome: Reply | None = None
        self._reply: asyncio.Future[Reply] | None = None

    @property
    def reply(self) -> asyncio.Future[Reply]:
        """For those who wait for it; made when it is asked for, as most jobs have `done` instead."""
        if self._reply is None:
            self._reply = asyncio.get_running_loop().create_future()
            if self._outcome is not None:
                self._reply.set_result(self._outcome)
        return self._reply

    def finish(self, reply: Reply) -> None:
        """Hand the reply to whoever waits; a second one is ignored, as where a deadline came first."""
        if self._outcome is not None:
            return
        self._outcome = reply
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(reply)
        done, self.done = self.done, None  # what it refers to refers to this job: no work for the collector
        if done is not None:
            done(reply)
