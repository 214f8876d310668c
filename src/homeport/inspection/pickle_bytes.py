"""The bytes of a pickle, one after the other, never more in memory than the reader wants to keep."""

from __future__ import annotations

from dataclasses import dataclass
from io import SEEK_CUR, BufferedIOBase, BytesIO, RawIOBase
from typing import BinaryIO, Protocol

from homeport.errors import UnreadableModelError

WHOLE = 64 << 10  # strings up to here are kept whole
HEAD = 4096  # of a longer one, so much of its beginning and of its end
BUDGET = 32 << 20  # bytes kept of one pickle in all; after that, only short strings are kept
SHORT = 64
MOST_OPCODES = 10_000_000  # of all pickles in one file
_BLOCK = 64 << 10


class DamagedPickleError(UnreadableModelError):
    """The bytes are no pickle from here on; what was read before may have named something already."""


class Readable(Protocol):
    """What is read here: an open file, or something that decompresses one."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Long:
    """A string too long to keep: its length in bytes, its beginning and its end."""

    length: int
    head: bytes
    tail: bytes


class PickleBytes:
    """Reads forwards only. What is asked for past the end is a `DamagedPickleError`, never fewer bytes."""

    def __init__(self, stream: Readable, size: int | None = None) -> None:
        """`size` is the number of bytes in `stream` where it is known beforehand: lies about lengths end there."""
        self._stream = stream
        self._size = size
        self._block = b""
        self._at = 0
        self._before = 0  # bytes that were read before this block
        self._budget = BUDGET
        self.opcodes_left = MOST_OPCODES

    @property
    def position(self) -> int:
        return self._before + self._at

    def at_end(self) -> bool:
        return self._at >= len(self._block) and not self._fill()

    def byte(self) -> int:
        at = self._at
        try:
            value = self._block[at]
        except IndexError:
            if not self._fill():
                raise self._cut(1) from None
            at, value = 0, self._block[0]
        self._at = at + 1
        return value

    def read(self, length: int) -> bytes:
        """Exactly that many bytes; for lengths that the caller has bounded."""
        end = self._at + length
        if end <= len(self._block):
            read = self._block[self._at : end]
            self._at = end
            return read
        self._must_have(length)
        parts = []
        missing = length
        while missing:
            if self.at_end():
                raise self._cut(missing)
            part = self._block[self._at : self._at + missing]
            self._at += len(part)
            missing -= len(part)
            parts.append(part)
        return b"".join(parts)

    def skip(self, length: int) -> None:
        self._must_have(length)
        missing = length
        if self._size is not None and missing > len(self._block) - self._at + _BLOCK:
            missing -= self._jump(missing - (len(self._block) - self._at))
        while missing:
            if self.at_end():
                raise self._cut(missing)
            step = min(missing, len(self._block) - self._at)
            self._at += step
            missing -= step

    def _jump(self, length: int) -> int:
        """Leave this block and that many bytes behind it unread, where the stream can; gives what was passed over."""
        if not isinstance(self._stream, BufferedIOBase | RawIOBase) or not self._stream.seekable():
            return 0
        self._stream.seek(length, SEEK_CUR)
        passed = len(self._block) - self._at + length
        self._before += len(self._block) + length
        self._block, self._at = b"", 0
        return passed

    def keep(self, length: int) -> bytes | Long:
        """A string of the pickle: whole where it is short, and only its two ends where it is not."""
        if length < 0:
            raise DamagedPickleError(f"a string of {length} bytes at byte {self.position:,}")
        if length <= SHORT or (length <= WHOLE and length <= self._budget):
            self._budget -= length
            return self.read(length)
        end = HEAD if self._budget > 2 * HEAD else SHORT // 2
        if length <= 2 * end:
            return self.read(length)
        self._budget -= 2 * end
        head = self.read(end)
        self.skip(length - 2 * end)
        return Long(length, head, self.read(end))

    def line(self) -> bytes | Long:
        """Up to the next newline, which is not part of it."""
        parts: list[bytes] = []
        kept = length = 0
        limit = WHOLE if self._budget > WHOLE else 8 * SHORT
        while True:
            if self.at_end():
                raise self._cut(1)
            end = self._block.find(b"\n", self._at)
            part = self._block[self._at : end if end >= 0 else len(self._block)]
            self._at += len(part) + (end >= 0)
            length += len(part)
            if kept < limit:
                parts.append(part[: limit - kept])
                kept += len(parts[-1])
            if end >= 0:
                break
        self._budget -= kept
        whole = b"".join(parts)
        return whole if length == kept else Long(length, whole[: limit // 2], b"")

    def rest_is(self, length: int) -> bool:
        """Whether that many bytes may follow, as far as the size is known."""
        return self._size is None or length <= self._size - self.position

    def _must_have(self, length: int) -> None:
        if length < 0 or not self.rest_is(length):
            raise self._cut(length)

    def _cut(self, length: int) -> DamagedPickleError:
        return DamagedPickleError(f"it is cut short: {length:,} more bytes are wanted after byte {self.position:,}")

    def _fill(self) -> bool:
        read = self._stream.read(_BLOCK)
        if not read:
            return False
        self._before += len(self._block)
        self._block, self._at = read, 0
        return True


def pickle_bytes(stream: BinaryIO) -> PickleBytes:
    """A file from where it stands now to its end."""
    start = stream.tell()
    size = stream.seek(0, 2) - start
    stream.seek(start)
    return PickleBytes(stream, size)


def bytes_of_pickle(content: bytes) -> PickleBytes:
    """Bytes that are in memory already."""
    return PickleBytes(BytesIO(content), len(content))
