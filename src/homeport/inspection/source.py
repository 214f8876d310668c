"""Bytes of a file, read where they are asked for: no reader of a format can be made to read without end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from homeport.domain.sizes import byte_size
from homeport.errors import UnreadableModelError

BUDGET = 64 << 20  # bytes that one reader may read of one file, however large it is
STEPS = 1_000_000  # how often it may ask, which bounds its time: some two seconds

_WINDOW = 16 << 10


class Source:
    """A file, or bytes in memory. What lies outside of it is an `UnreadableModelError`, never fewer bytes."""

    def __init__(self, stream: BinaryIO, size: int, *, budget: int = BUDGET) -> None:
        self.stream = stream
        self.size = size
        self._left = budget
        self._steps = STEPS
        self._start = 0
        self._window = b""

    def at(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from `offset` on."""
        self._steps -= 1
        if self._steps < 0:
            raise UnreadableModelError("reading it would take too long: it has more parts than any writer makes")
        if offset < 0 or length < 0 or offset + length > self.size:
            wanted = f"{byte_size(max(length, 0))} at {offset:,}"
            raise UnreadableModelError(f"it is cut short or damaged: {wanted} lie outside its {self.size:,} bytes")
        if self._start <= offset and offset + length <= self._start + len(self._window):
            return self._window[offset - self._start : offset - self._start + length]
        if length >= _WINDOW:
            return self._read(offset, length)
        self._window = self._read(offset, min(_WINDOW, self.size - offset))
        self._start = offset
        return self._window[:length]

    def head(self, length: int) -> bytes:
        """The first `length` bytes, or all where there are fewer."""
        return self.at(0, min(length, self.size))

    def tail(self, length: int) -> bytes:
        """The last `length` bytes, or all where there are fewer."""
        return self.at(max(0, self.size - length), min(length, self.size))

    def _read(self, offset: int, length: int) -> bytes:
        self._left -= length
        if self._left < 0:
            raise UnreadableModelError("reading it would cost too much: more of it is header than any writer makes")
        self.stream.seek(offset)
        read = self.stream.read(length)
        if len(read) != length:
            raise UnreadableModelError("it became shorter while it was read")
        return read


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """A regular file as a source."""
    with path.open("rb") as stream:
        yield Source(stream, stream.seek(0, 2))


def in_memory(content: bytes) -> Source:
    """Bytes that are at hand already."""
    return Source(BytesIO(content), len(content))
