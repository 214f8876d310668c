"""The opcodes of pickle protocols 0 to 5 and how the argument of each stands in the bytes.

Names and codes are those of the standard library's `pickletools`; the arguments are read here, because `pickletools`
keeps every string whole.
"""

from __future__ import annotations

import pickletools
import re
from collections.abc import Callable
from struct import Struct
from typing import Any

from homeport.inspection.pickle_bytes import DamagedPickleError, Long, PickleBytes

_INT4 = Struct("<i").unpack
_FLOAT8 = Struct(">d").unpack
_NUMBER = 4000  # digits of a number that is written out, and bytes of a long one; beyond that it is only a number


def _unsigned(width: int) -> Callable[[PickleBytes], int]:
    return lambda source: int.from_bytes(source.read(width), "little")


def _int4(source: PickleBytes) -> int:
    value: int = _INT4(source.read(4))[0]
    return value


def _counted(length: Callable[[PickleBytes], int]) -> Callable[[PickleBytes], bytes | Long]:
    return lambda source: source.keep(length(source))


def _counted_text(length: Callable[[PickleBytes], int], encoding: str) -> Callable[[PickleBytes], str | Long]:
    return lambda source: as_text(source.keep(length(source)), encoding)


def as_text(raw: bytes | Long, encoding: str = "utf-8") -> str | Long:
    """A text as unpickling decodes it; one that does not decode is damage."""
    if isinstance(raw, Long):
        return raw
    try:
        return raw.decode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")
    except UnicodeDecodeError as error:
        raise DamagedPickleError(f"a text that is not {encoding}: {raw[:20]!r}") from error


def _line_text(source: PickleBytes) -> str | Long:
    return as_text(source.line())


def _line_pair(source: PickleBytes) -> tuple[str | Long, str | Long]:
    return _line_text(source), _line_text(source)


def _line_unicode(source: PickleBytes) -> str | Long:
    return as_text(source.line(), "raw-unicode-escape")


# Not `codecs.escape_decode`: that warns of escapes that it does not know, and the file would choose the warnings.
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.DOTALL)
_PLAIN = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\n": ""}


def _unescaped(found: re.Match[str]) -> str:
    escape = found[1]
    if escape[0] == "x" and len(escape) == 3:
        return chr(int(escape[1:], 16))
    if escape[0] in "01234567":
        return chr(int(escape, 8) & 0xFF)
    return _PLAIN.get(escape, escape if escape in "\\'\"" else "\\" + escape)


def _line_quoted(source: PickleBytes) -> str | Long:
    raw = source.line()
    if isinstance(raw, Long):
        return raw
    if len(raw) < 2 or raw[0] != raw[-1] or raw[:1] not in b"'\"":
        raise DamagedPickleError(f"a string without quotes before byte {source.position:,}")
    return _ESCAPE.sub(_unescaped, raw[1:-1].decode("latin-1"))


def _line_number(source: PickleBytes) -> int | bool | Long:
    raw = source.line()
    if isinstance(raw, Long) or len(raw) > _NUMBER:
        return Long(len(raw) if isinstance(raw, bytes) else raw.length, b"", b"")
    if raw in (b"00", b"01"):
        return raw == b"01"
    try:
        return int(raw.rstrip(b"L"), 0)
    except ValueError:
        return _decimal(raw)


def _decimal(raw: bytes) -> int:
    try:
        return int(raw.rstrip(b"L"))
    except ValueError as error:
        raise DamagedPickleError(f"no number: {raw[:20]!r}") from error


def _line_float(source: PickleBytes) -> float:
    raw = source.line()
    try:
        return float(raw) if isinstance(raw, bytes) and len(raw) <= _NUMBER else 0.0
    except ValueError as error:
        raise DamagedPickleError(f"no number: {bytes(raw)[:20]!r}") from error  # type: ignore[arg-type]


def _float8(source: PickleBytes) -> float:
    value: float = _FLOAT8(source.read(8))[0]
    return value


def _long(length: Callable[[PickleBytes], int]) -> Callable[[PickleBytes], int | Long]:
    def read(source: PickleBytes) -> int | Long:
        raw = source.keep(length(source))
        if isinstance(raw, Long) or len(raw) > _NUMBER:
            return Long(raw.length if isinstance(raw, Long) else len(raw), b"", b"")
        return int.from_bytes(raw, "little", signed=True)

    return read


_U1, _U2, _U4, _U8 = (_unsigned(width) for width in (1, 2, 4, 8))

_READERS: dict[str, Callable[[PickleBytes], Any]] = {
    "uint1": _U1,
    "uint2": _U2,
    "uint4": _U4,
    "uint8": _U8,
    "int4": _int4,
    "float8": _float8,
    "floatnl": _line_float,
    "decimalnl_short": _line_number,
    "decimalnl_long": _line_number,
    "stringnl": _line_quoted,
    "stringnl_noescape": _line_text,
    "stringnl_noescape_pair": _line_pair,
    "unicodestringnl": _line_unicode,
    "string1": _counted_text(_U1, "latin-1"),
    "string4": _counted_text(_int4, "latin-1"),
    "bytes1": _counted(_U1),
    "bytes4": _counted(_U4),
    "bytes8": _counted(_U8),
    "bytearray8": _counted(_U8),
    "unicodestring1": _counted_text(_U1, "utf-8"),
    "unicodestring4": _counted_text(_U4, "utf-8"),
    "unicodestring8": _counted_text(_U8, "utf-8"),
    "long1": _long(_U1),
    "long4": _long(_int4),
}

Reader = Callable[[PickleBytes], Any]

NAMES: dict[int, str] = {ord(each.code): each.name for each in pickletools.opcodes}
ARGUMENT: dict[int, Reader] = {ord(each.code): _READERS[each.arg.name] for each in pickletools.opcodes if each.arg}
SINCE: dict[int, int] = {ord(each.code): each.proto for each in pickletools.opcodes}
