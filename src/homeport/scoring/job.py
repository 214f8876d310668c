"""One call of run() on its way: waiting, in a worker's hand, or done."""

from __future__ import annotations

import asyncio

from homeport.scoring.messages import Caller, Reply


class Job:
    """What a worker is sent, and the future of what comes of it."""

    __slots__ = ("body", "caller", "metadata", "reply")

    def __init__(self, metadata: bytes, body: bytes, caller: Caller) -> None:
        self.metadata, self.body, self.caller = metadata, body, caller
        self.reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

    def finish(self, reply: Reply) -> None:
        """Hand the reply to whoever waits; a second one is ignored, as where a deadline came first."""
        if not self.reply.done():
            self.reply.set_result(reply)
