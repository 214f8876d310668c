"""A part of a source as a stream, for readers that go from front to back."""

from __future__ import annotations

import io
from typing import BinaryIO

from homeport.inspection.source import Source


class Window(io.RawIOBase, BinaryIO):
    """`length` bytes from `start` on. It seeks, as readers that skip an array's bytes do."""

    def __init__(self, source: Source, start: int, length: int) -> None:
        super().__init__()
        self._stream = source.stream
        self._start = start
        self.length = max(0, length)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        self._stream.seek(self._start + self._at)
        read = self._stream.read(min(len(view), self.length - self._at))
        view[: len(read)] = read
        self._at += len(read)
        return len(read)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.length}[whence]
        self._at = min(max(0, base + offset), self.length)
        return self._at

    def tell(self) -> int:
        return self._at
