"""Zip archives read by their directory, as PyTorch reads them: no name, size, checksum or flag in them is trusted.

The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT. `zipfile` of the standard library holds a
directory of any size in memory, and refuses archives (wrong flags, two names for one member) that loaders do open.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from homeport.errors import UnreadableModelError
from homeport.inspection.source import Source

MAGIC = b"PK\x03\x04"
EMPTY = b"PK\x05\x06"

_STORED, _DEFLATED = 0, 8
_DIRECTORY = 32 << 20  # bytes of directory that are read
_MEMBERS = 200_000
_UNPACKED = 128 << 20  # bytes that are unpacked of one archive, all members together
_BLOCK = 64 << 10
_MOST = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive; `size` is what the directory says, nothing that anyone may count on."""

    name: str
    method: int
    packed: int
    size: int
    offset: int  # of its own header


class Archive:
    """The members, in the directory's order, and their content."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left = _UNPACKED
        self.members = list(_members(source))

    def find(self, name: str) -> Member | None:
        """The first of that name."""
        return next((member for member in self.members if member.name == name), None)

    def named(self, ending: str) -> list[Member]:
        """Those whose name has that ending."""
        return [member for member in self.members if member.name.endswith(ending)]

    @property
    def unsafe_names(self) -> list[str]:
        """Names that would be written elsewhere than into the folder that somebody unpacks the archive into."""
        return [member.name for member in self.members if not _stays_inside(member.name)]

    @property
    def twice(self) -> list[str]:
        """Names that several members have: whoever reads the archive may get either."""
        seen: set[str] = set()
        names = [member.name for member in self.members]
        return sorted({name for name in names if name in seen or seen.add(name)})  # type: ignore[func-returns-value]

    def read(self, member: Member, most: int) -> bytes:
        """All of a member; UnreadableModelError where it is longer than `most`, whatever the directory says."""
        content = self.peek(member, most + 1)
        if len(content) > most:
            raise UnreadableModelError(f"`{member.name}` in it unpacks to more than {most >> 20} MiB: it is not read")
        return content

    def peek(self, member: Member, length: int) -> bytes:
        """The first `length` bytes of a member, or all where there are fewer."""
        length = min(length, self._left + 1)
        content = b"".join(self._blocks(member, length))[:length]
        self._left -= len(content)
        if self._left < 0:
            raise UnreadableModelError(f"what is in it unpacks to more than {_UNPACKED >> 20} MiB: it is not read on")
        return content

    def _blocks(self, member: Member, length: int) -> Iterator[bytes]:
        header = self._source.at(member.offset, 30)
        if header[:4] != MAGIC:
            raise UnreadableModelError(f"it is damaged: `{member.name}` is not where its directory says")
        start = member.offset + 30 + sum(struct.unpack("<HH", header[26:30]))
        if member.method == _STORED:
            yield self._source.at(start, min(member.packed, length))
            return
        if member.method != _DEFLATED:
            raise UnreadableModelError(f"`{member.name}` in it is packed by method {member.method}, which no model is")
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        end, got = start + member.packed, 0
        while got < length and not unpacker.eof:
            packed = unpacker.unconsumed_tail
            if not packed and start < end:
                packed = self._source.at(start, min(_BLOCK, end - start))
                start += len(packed)
            try:
                unpacked = unpacker.decompress(packed, min(16 * _BLOCK, length - got))
            except zlib.error as wrong:
                raise UnreadableModelError(f"it is damaged: `{member.name}` in it does not unpack") from wrong
            if not packed and not unpacked:
                raise UnreadableModelError(f"it is cut short: `{member.name}` in it does not end")
            got += len(unpacked)
            yield unpacked


def _members(source: Source) -> Iterator[Member]:
    count, length, start = _directory(source)
    if length > _DIRECTORY or count > _MEMBERS:
        raise UnreadableModelError(f"its directory tells of {count:,} files in {length >> 20} MiB: it is not read")
    directory = source.at(start, length)
    at = 0
    for _ in range(count):
        if directory[at : at + 4] != b"PK\x01\x02" or at + 46 > length:
            raise UnreadableModelError("it is damaged: its directory ends too early")
        method, packed, size = struct.unpack("<H8xII", directory[at + 10 : at + 28])
        name_length, extra_length, comment_length = struct.unpack("<HHH", directory[at + 28 : at + 34])
        (offset,) = struct.unpack("<I", directory[at + 42 : at + 46])
        name = directory[at + 46 : at + 46 + name_length].decode("utf-8", "replace")
        extra = directory[at + 46 + name_length : at + 46 + name_length + extra_length]
        size, packed, offset = _wide(extra, size, packed, offset)
        yield Member(name, method, packed, size, offset)
        at += 46 + name_length + extra_length + comment_length


def _directory(source: Source) -> tuple[int, int, int]:
    """(members, bytes, offset) of the central directory."""
    tail = source.tail(22 + 0xFFFF)
    end = tail.rfind(EMPTY)
    if end < 0 or end + 22 > len(tail):
        raise UnreadableModelError("it is cut short: a zip archive ends with its directory, and this one has none")
    count, length, start = struct.unpack("<HII", tail[end + 10 : end + 20])
    if count == 0xFFFF or _MOST in (length, start):
        locator = tail[max(0, end - 20) : end]
        if len(locator) == 20 and locator[:4] == b"PK\x06\x07":
            (where,) = struct.unpack("<Q", locator[8:16])
            record = source.at(where, 56)
            if record[:4] == b"PK\x06\x06":
                count, length, start = struct.unpack("<QQQ", record[32:56])
    return count, length, start


def _wide(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """What does not fit 32 bits stands in an extra field, in this order."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack("<HH", extra[at : at + 4])
        if kind == 1:
            words = extra[at + 4 : at + 4 + length]
            wide = list(struct.unpack(f"<{len(words) // 8}Q", words[: len(words) // 8 * 8]))
            return (
                wide.pop(0) if size == _MOST and wide else size,
                wide.pop(0) if packed == _MOST and wide else packed,
                wide.pop(0) if offset == _MOST and wide else offset,
            )
        at += 4 + length
    return size, packed, offset


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return not path.is_absolute() and ".." not in path.parts and ":" not in name.partition("/")[0] and "\0" not in name
