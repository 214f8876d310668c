"""The attributes of an HDF5 file's top, and the names below it; nothing else of the format.

The layout: https://docs.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html (sections named in the code). Text is
all that is read: of one length in the header itself, of any length in the file's global heap. Attributes that are
kept in a tree of their own, as only files made for the latest library have, are not found.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from homeport.errors import UnreadableModelError
from homeport.inspection.source import Source

MAGIC = b"\x89HDF\r\n\x1a\n"

_STARTS = (0, 512, 1024, 2048)
_LONGEST = 16 << 20  # bytes of one text
_BLOCKS = 64  # continuations of one header
_STRING, _VARIABLE = 3, 9  # classes of datatypes
_LINKS, _ATTRIBUTE, _CONTINUES, _GROUP = 0x06, 0x0C, 0x10, 0x11


@dataclass
class Top:
    """What is said at the top of the file."""

    texts: dict[str, str] = field(default_factory=dict)  # its attributes that are texts
    attributes: list[str] = field(default_factory=list)  # the names of all
    names: list[str] = field(default_factory=list)  # groups and data sets below it


def start_of(source: Source) -> int | None:
    """Where the HDF5 part begins: a file may have something else before it."""
    return next((at for at in _STARTS if at + 8 <= source.size and source.at(at, 8) == MAGIC), None)


def read_top(source: Source, start: int) -> Top:
    """Raises UnreadableModelError for what is damaged."""
    return _Reader(source, start).read()


class _Reader:
    def __init__(self, source: Source, start: int) -> None:
        self._source = source
        self._start = start
        version = self._at(8, 1)[0]
        self._address, self._length = self._at(13, 2) if version < 2 else self._at(9, 2)
        if self._address not in (2, 4, 8) or self._length not in (2, 4, 8) or version > 3:
            raise UnreadableModelError("it is damaged, or of a form of HDF5 that is not known: its first block is odd")
        if version < 2:
            self._root = self._word(24 + 4 * (version == 1) + 5 * self._address, self._address)
        else:
            self._root = self._word(12 + 3 * self._address, self._address)

    def read(self) -> Top:
        top = Top()
        kind = None
        for kind, at, end in self._messages():
            if kind == _ATTRIBUTE:
                name, text = self._attribute(at, end)
                top.attributes.append(name)
                if text is not None:
                    top.texts[name] = text
            elif kind == _GROUP:
                top.names += self._heap_names(self._word(at + self._address, self._address))
            elif kind == _LINKS:
                top.names.append(self._link_name(at))
        if kind is None:
            raise UnreadableModelError("it is damaged: there is nothing at its top")
        return top

    def _at(self, offset: int, length: int) -> bytes:
        return self._source.at(self._start + offset, length)

    def _word(self, offset: int, length: int) -> int:
        return int.from_bytes(self._at(offset, length), "little")

    def _messages(self) -> Iterator[tuple[int, int, int]]:
        """(kind, start, end) of the messages of the top's header (IV.A.1)."""
        second = self._at(self._root, 4) == b"OHDR"
        if second:
            flags = self._at(self._root + 5, 1)[0]
            at = self._root + 6 + 16 * bool(flags & 0x20) + 4 * bool(flags & 0x10)
            size, head = 1 << (flags & 3), 4 + 2 * bool(flags & 4)
            blocks = [(at + size, at + size + self._word(at, size))]
        else:
            head = 8
            blocks = [(self._root + 16, self._root + 16 + self._word(self._root + 8, 4))]
        read = 0
        while blocks:
            at, end = blocks.pop(0)
            read += 1
            if read > _BLOCKS:
                raise UnreadableModelError("it is damaged: its header goes on without end")
            while at + head <= end:
                kind = self._word(at, 1 if second else 2)
                length = self._word(at + (1 if second else 2), 2)
                at += head
                if at + length > end:
                    break
                if kind == _CONTINUES:
                    where, size = self._word(at, self._address), self._word(at + self._address, self._length)
                    blocks.append((where + 4, where + size - 4) if second else (where, where + size))
                else:
                    yield kind, at, at + length
                at += length

    def _attribute(self, at: int, end: int) -> tuple[str, str | None]:
        """Its name, and its value where that is one text (IV.A.2.m)."""
        version = self._word(at, 1)
        name_size, type_size, space_size = struct.unpack("<HHH", self._at(at + 2, 6))
        at += 9 if version == 3 else 8
        pad = 8 if version == 1 else 1
        kind = at + -(-name_size // pad) * pad
        space = kind + -(-type_size // pad) * pad
        data = space + -(-space_size // pad) * pad
        name = self._at(at, name_size).rstrip(b"\0").decode("utf-8", "replace")
        if data > end or self._word(space + 1, 1) != 0:
            return name, None
        return name, self._text(self._word(kind, 1) & 0x0F, self._word(kind + 4, 4), data)

    def _text(self, kind: int, size: int, at: int) -> str | None:
        if kind == _STRING:
            content = self._at(at, min(size, 0xFFFF))
        elif kind == _VARIABLE:
            where = self._word(at + 4, self._address)
            found = self._heap_object(where, self._word(at + 4 + self._address, 4))
            if found is None:
                return None
            content = found[: self._word(at, 4)]
        else:
            return None
        return content.partition(b"\0")[0].decode("utf-8", "replace")

    def _heap_object(self, heap: int, wanted: int) -> bytes | None:
        """A text in a global heap (III.E)."""
        if self._at(heap, 4) != b"GCOL":
            raise UnreadableModelError("it is damaged: a text is not where its header says")
        end = heap + self._word(heap + 8, self._length)
        at = heap + 8 + self._length
        while at + 8 + self._length <= end:
            number, size = self._word(at, 2), self._word(at + 8, self._length)
            at += 8 + self._length
            if number == wanted:
                if size > _LONGEST:
                    raise UnreadableModelError(f"a text in it says to be {size:,} bytes long: it is not read")
                return self._at(at, size)
            if number == 0:
                return None
            at += -(-size // 8) * 8
        return None

    def _heap_names(self, heap: int) -> list[str]:
        """The names in a group's local heap (III.D)."""
        if self._at(heap, 4) != b"HEAP":
            raise UnreadableModelError("it is damaged: the names are not where its header says")
        size = self._word(heap + 8, self._length)
        where = self._word(heap + 8 + 2 * self._length, self._address)
        parts = self._at(where, min(size, 0xFFFF)).split(b"\0")
        return [part.decode() for part in parts if part and part.isascii() and part.decode().isprintable()]

    def _link_name(self, at: int) -> str:
        """The name in a link message (IV.A.2.g)."""
        flags = self._word(at + 1, 1)
        at += 2 + bool(flags & 8) + 8 * bool(flags & 4) + bool(flags & 16)
        width = 1 << (flags & 3)
        return self._at(at + width, min(self._word(at, width), 1000)).decode("utf-8", "replace")
