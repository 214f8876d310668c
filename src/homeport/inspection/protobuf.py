"""Protocol buffers read by hand, field by field: https://protobuf.dev/programming-guides/encoding/."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from homeport.errors import UnreadableModelError
from homeport.inspection.source import Source

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

_LONGEST_TEXT = 1 << 20


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message; of `BYTES` the range it fills, of `VARINT` its value. Nothing of it has been read."""

    number: int
    kind: int
    start: int
    end: int
    value: int = 0


def fields(source: Source, start: int, end: int) -> Iterator[Field]:
    """The fields between two offsets, in their order. Raises UnreadableModelError for what is no message."""
    at = start
    while at < end:
        key, at = varint(source, at, end)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise UnreadableModelError("it is damaged: a field has no number")
        if kind == VARINT:
            value, at = varint(source, at, end)
            yield Field(number, kind, at, at, value)
            continue
        if kind == BYTES:
            length, at = varint(source, at, end)
        elif kind in (FIXED64, FIXED32):
            length = 8 if kind == FIXED64 else 4
        else:
            raise UnreadableModelError(f"it is damaged: a field is of the unknown kind {kind}")
        if at + length > end:
            raise UnreadableModelError("it is cut short or damaged: a field is longer than what it lies in")
        yield Field(number, kind, at, at + length)
        at += length


def varint(source: Source, at: int, end: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = 0
    for count, byte in enumerate(source.at(at, min(10, end - at))):
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at + count + 1
    raise UnreadableModelError("it is cut short or damaged: a number has no end")


def signed(value: int) -> int:
    """An int32 or int64 as it was meant."""
    return value - (1 << 64) if value >> 63 else value


def text(source: Source, field: Field) -> str:
    """The field as text; what is no UTF-8 is marked."""
    if field.kind != BYTES or field.end - field.start > _LONGEST_TEXT:
        raise UnreadableModelError("it is damaged: a text is none, or has no end")
    return source.at(field.start, field.end - field.start).decode("utf-8", "replace")


def inside(source: Source, field: Field) -> Iterator[Field]:
    """The fields of a message that is a field itself."""
    if field.kind != BYTES:
        raise UnreadableModelError("it is damaged: a message is a number")
    return fields(source, field.start, field.end)
