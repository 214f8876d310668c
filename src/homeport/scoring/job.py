"""One call of run() on its way: waiting, in a worker's hand, or done."""

from __future__ import annotations

import asyncio
import time

from homeport.scoring.messages import Caller, Reply


class Job:
    """What a worker is sent, and the future of what comes of it."""

    __slots__ = ("answered", "body", "caller", "made", "metadata", "reply", "request_id", "taken")

    def __init__(self, metadata: bytes, body: bytes, caller: Caller, request_id: str = "") -> None:
        self.metadata, self.body, self.caller = metadata, body, caller
        self.request_id = request_id
        self.made = time.perf_counter()
        self.taken = 0.0  # when a worker had it, by the same clock; 0 until then
        self.answered = 0  # requests that its call of run() answered, where calls are shared; one of them counts
        self.reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

    def finish(self, reply: Reply) -> None:
        """Hand the reply to whoever waits; a second one is ignored, as where a deadline came first."""
        if not self.reply.done():
            self.reply.set_result(reply)
