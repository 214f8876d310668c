"""A streamed answer on its way from a worker to one client, with a bound on what is held in between."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from homeport.scoring.messages import StreamBroken

HIGH = 1 << 20  # bytes that wait for the client before the worker is paused


class Source(Protocol):
    """The worker, as its stream sees it."""

    def pause(self) -> None:
        """Read no more of what it sends, so that it blocks where it sends it."""

    def resume(self) -> None: ...

    def stop(self) -> None:
        """Nobody listens any more: the generator is to be closed."""


class Stream:
    """`Pieces` that a worker puts in; what has come since the client last took some goes out as one piece."""

    def __init__(self, source: Source, first: bytes) -> None:
        self._source = source
        self._pieces: deque[bytes] = deque([first] if first else [])
        self._size = len(first)
        self._more: asyncio.Future[None] | None = None
        self._broken: str | None = None
        self._ended = False
        self._closed = False
        self.paused = False

    def put(self, piece: bytes) -> None:
        if self._closed:
            return
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > HIGH and not self.paused:
            self.paused = True
            self._source.pause()
        self._wake()

    def end(self, broken: str | None = None) -> None:
        """Nothing more comes; `broken` says why where that is too early."""
        if not self._ended:
            self._ended, self._broken = True, broken
        self._wake()

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> bytes:
        while not self._pieces:
            if self._broken is not None:
                raise StreamBroken(self._broken)
            if self._ended or self._closed:
                raise StopAsyncIteration
            self._more = asyncio.get_running_loop().create_future()
            await self._more
        whole = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._forget()
        return whole

    async def aclose(self) -> None:
        """The client has all of it, or has gone."""
        if self._closed:
            return
        self._closed = True
        if not self._ended:
            self._source.stop()
        self._forget()

    def _forget(self) -> None:
        self._pieces.clear()
        self._size = 0
        if self.paused:
            self.paused = False
            self._source.resume()

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)
