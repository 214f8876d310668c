"""numpy's `.npy` and `.npz`: numbers, or, in an array of objects, a pickle. https://numpy.org/neps/nep-0001-npy-format.html"""

from __future__ import annotations

import ast
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from homeport.domain.findings import Findings, Needed
from homeport.errors import UnreadableModelError
from homeport.inspection.archive import Archive
from homeport.inspection.embedded import archive_risks, inspect_member, inspect_stream, unread, with_inner
from homeport.inspection.source import Source
from homeport.inspection.windows import Window

MAGIC = b"\x93NUMPY"
HEAD = 12 + (64 << 10)  # bytes that hold any header that is read

_MEMBERS = 10_000  # arrays of one archive that are looked into


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the numbers: its own length, the type of an item and how many there are."""

    length: int
    descr: str
    shape: tuple[int, ...]
    holds_objects: bool  # then the array is a pickle


def read_npy(source: Source, allowed: Collection[str]) -> Findings:
    """One array."""
    header = header_of(source.head(HEAD))
    outer = _findings("npy", {"type": header.descr.strip("'"), "shape": list(header.shape)})
    if not header.holds_objects:
        return outer
    rest = Window(source, header.length, source.size - header.length)
    try:
        inner = inspect_stream(rest, rest.length, allowed)
    except UnreadableModelError as wrong:
        inner = unread("the array of objects", wrong.message)
    return with_inner(replace(outer, protocol=inner.protocol), [inner])


def read_npz(archive: Archive, allowed: Collection[str]) -> Findings:
    """Several arrays in a zip."""
    inner, told = [], {}
    for member in archive.named(".npy")[:_MEMBERS]:
        try:
            header = header_of(archive.peek(member, HEAD))
        except UnreadableModelError as wrong:
            inner.append(unread(member.name, wrong.message))
            continue
        told[member.name.removesuffix(".npy")[:200]] = {"type": header.descr.strip("'"), "shape": list(header.shape)}
        if header.holds_objects:
            inner.append(inspect_member(archive, member, allowed, skip=header.length))
    risks, facts = archive_risks(archive, allowed)
    outer = _findings("npz", {"arrays": dict(list(told.items())[:100]), **facts})
    return with_inner(replace(outer, risks=risks), inner)


def header_of(head: bytes) -> Header:
    """Raises UnreadableModelError where it is none, or longer than any that numpy writes."""
    if len(head) < 12 or head[:6] != MAGIC or head[6] not in (1, 2, 3):
        raise UnreadableModelError("it is cut short or damaged: an array's header is not there")
    start = 10 if head[6] == 1 else 12
    (length,) = struct.unpack("<H", head[8:10]) if head[6] == 1 else struct.unpack("<I", head[8:12])
    if start + length > len(head):
        raise UnreadableModelError(f"it is cut short or damaged: an array's header says to be {length:,} bytes long")
    try:
        said = ast.literal_eval(head[start : start + length].decode("utf-8").strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as wrong:
        raise UnreadableModelError("it is damaged: an array's header is not one") from wrong
    shape = said.get("shape") if isinstance(said, dict) else None
    if not isinstance(shape, tuple) or not all(type(size) is int for size in shape) or "descr" not in said:
        raise UnreadableModelError("it is damaged: an array's header does not tell of an array")
    descr = said["descr"]
    return Header(
        start + length, repr(descr)[:1000], shape, any("O" in each or "obj" in each for each in _types(descr))
    )


def _types(descr: object) -> Iterator[str]:
    """The codes in a type: one, `(type, shape)`, or a record's `[(name, type), ...]`."""
    if isinstance(descr, str):
        yield descr
    elif isinstance(descr, tuple):
        yield from _types(descr[0] if descr else "O")
    elif isinstance(descr, list) and all(isinstance(each, tuple) and len(each) > 1 for each in descr):
        for each in descr:
            yield from _types(each[1])
    else:
        yield "O"  # nothing that numpy writes: looked into as if it were the worst


def _findings(form: str, facts: dict[str, Any]) -> Findings:
    needed = Needed(distribution="numpy", why="the file's format", sure="certain")
    return Findings(format=form, needed=(needed,), facts=facts)
