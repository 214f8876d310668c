"""Compressed pickles: what joblib's `compress=` and people's own `gzip.open` write, decompressed piece by piece."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, BinaryIO, Protocol

from homeport.domain.sizes import byte_size
from homeport.errors import UnreadableModelError
from homeport.inspection.pickle_bytes import DamagedPickleError, PickleBytes

MOST_OUT = 1 << 30  # bytes that any file may decompress to, however small it is
MOST_RATIO = 100  # and beyond that, so many times its own size: zlib itself cannot do much more than 1000
_MEMORY = 128 << 20  # for the dictionary of an lzma stream; `xz -9` needs 65 MiB
_STEP = 64 << 10


class Decompressor(Protocol):
    """What bz2's and lzma's objects have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Zlib:
    """zlib and gzip in the manner of bz2 and lzma."""

    def __init__(self, wbits: int) -> None:
        self._inner = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


class Decompressed:
    """A compressed file as a readable one; several streams one after the other count as one, as gzip has it."""

    def __init__(self, stream: BinaryIO, size: int, make: Callable[[], Decompressor]) -> None:
        self._stream = stream
        self._make = make
        self._inner = make()
        self._left = max(MOST_OUT, MOST_RATIO * size)
        self._size = size
        self._pending = b""

    def read(self, size: int = -1, /) -> bytes:
        """Some bytes, at most `size`; none at the end."""
        try:
            while True:
                if self._inner.eof and not self._next_stream():
                    return b""
                fresh = self._pending or (self._stream.read(_STEP) if self._inner.needs_input else b"")
                self._pending = b""
                wanted = self._inner.needs_input and not fresh
                out = self._inner.decompress(fresh, size if 0 < size < _STEP else _STEP)
                self._count(len(out))
                if out:
                    return out
                if wanted and not self._inner.eof:
                    raise DamagedPickleError("it is cut short: the compressed data ends before its end mark")
        except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError, RuntimeError, MemoryError) as error:
            raise DamagedPickleError(f"the compressed data is damaged: {error}") from error

    def _next_stream(self) -> bool:
        self._pending = self._inner.unused_data.lstrip(b"\0") or self._stream.read(_STEP).lstrip(b"\0")
        if self._pending:
            self._inner = self._make()
        return bool(self._pending)

    def _count(self, more: int) -> None:
        self._left -= more
        if self._left < 0:
            most = byte_size(max(MOST_OUT, MOST_RATIO * self._size))
            raise UnreadableModelError(f"it decompresses to more than {most}: no model of its size does")


def _lzma(form: int) -> Callable[[], Decompressor]:
    return lambda: lzma.LZMADecompressor(form, memlimit=_MEMORY)


_MAGIC: tuple[tuple[bytes, str, Callable[[], Decompressor]], ...] = (
    (b"\x1f\x8b", "gzip", lambda: _Zlib(31)),
    (b"BZh", "bz2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", "xz", _lzma(lzma.FORMAT_XZ)),
    (b"\x5d\x00", "lzma", _lzma(lzma.FORMAT_ALONE)),
    (b"x\x01", "zlib", lambda: _Zlib(15)),
    (b"x\x5e", "zlib", lambda: _Zlib(15)),
    (b"x\x9c", "zlib", lambda: _Zlib(15)),
    (b"x\xda", "zlib", lambda: _Zlib(15)),
)
_LZ4 = b"\x04\x22\x4d\x18"
_OLD_ZLIB = b"ZF"  # joblib before 0.10: "ZF", the length in hexadecimal filled up to 19 bytes, zlib data


def compression_of(head: bytes) -> str | None:
    """The name of the compression that a file with these first bytes has."""
    if head.startswith(_LZ4):
        return "lz4"
    if head.startswith(_OLD_ZLIB + b"0x"):
        return "zlib (old joblib)"
    return next((name for magic, name, _ in _MAGIC if head.startswith(magic)), None)


def unwrapped(stream: BinaryIO, size: int) -> tuple[PickleBytes, str | None]:
    """The pickle in a file, and the compression around it, if any."""
    head = stream.read(32)
    stream.seek(0)
    name = compression_of(head)
    if name is None:
        return PickleBytes(stream, size), None
    if name == "lz4":
        return PickleBytes(Decompressed(stream, size, _lz4_decompressor())), name
    if name == "zlib (old joblib)":
        stream.seek(len(_OLD_ZLIB) + 19)
        return PickleBytes(Decompressed(stream, size, lambda: _Zlib(15))), name
    make = next(make for magic, _, make in _MAGIC if head.startswith(magic))
    return PickleBytes(Decompressed(stream, size, make)), name


def _lz4_decompressor() -> Callable[[], Any]:
    if find_spec("lz4") is None:
        raise UnreadableModelError(
            "it is compressed with lz4, and the package `lz4` is not installed beside Homeport",
            hint="install `lz4` into Homeport's own environment and try again",
        )
    frame = import_module("lz4.frame")  # not a dependency: only where it happens to be installed
    return lambda: frame.LZ4FrameDecompressor()
