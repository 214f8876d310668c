"""What a worker writes to stdout and stderr: whole lines into the log, and the last of them kept."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import IO

from homeport.scoring.log import Log

KEPT_LINES = 100
LONGEST = 1 << 16  # bytes: a longer line is cut in two, so that a script without newlines does not fill the memory
DRAIN = 1.0  # seconds: something that the worker started may hold its pipes open for as long as it likes


class Output:
    """Follows one process; `on_line` hears every line as text too (a caller of `switch` is shown them)."""

    def __init__(self, log: Log, on_line: Callable[[str], None]) -> None:
        self._log, self._on_line = log, on_line
        self._last: deque[str] = deque(maxlen=KEPT_LINES)
        self.count = 0  # lines so far
        self._streams: list[Stream] = []

    async def follow(self, pipe: IO[bytes], *, error: bool) -> None:
        """Read `pipe` from now on, without waiting for it."""
        loop = asyncio.get_running_loop()
        _, stream = await loop.connect_read_pipe(lambda: Stream(lambda lines: self._keep(lines, error=error)), pipe)
        self._streams.append(stream)

    def beside(self) -> Output:
        """Another process's, which goes to the same places."""
        return Output(self._log, self._on_line)

    def tail(self) -> str:
        return "\n".join(self._last)

    def since(self, mark: int) -> list[str]:
        """The lines from number `mark` on, as far as they are kept."""
        lines = list(self._last)
        return lines[max(0, len(lines) - (self.count - mark)) :]

    async def finish(self) -> None:
        """Read what is left after the process has ended."""
        if self._streams:
            await asyncio.wait([stream.ended for stream in self._streams], timeout=DRAIN)
        for stream in self._streams:
            stream.close()

    def _keep(self, lines: bytes, *, error: bool) -> None:
        self._log.lines(lines, error=error)
        for line in lines.decode("utf-8", "replace").splitlines():
            self._last.append(line)
            self.count += 1
            self._on_line(line)


class Stream(asyncio.Protocol):
    """One pipe, cut into whole lines."""

    def __init__(self, keep: Callable[[bytes], None]) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keep = keep
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        if newline:
            self._keep(whole + newline)
        if len(self._rest) > LONGEST:
            self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._flush()
        if not self.ended.done():
            self.ended.set_result(None)

    def close(self) -> None:
        self._transport.close()

    def _flush(self) -> None:
        if self._rest:
            self._keep(self._rest + b"\n")
            self._rest = b""
