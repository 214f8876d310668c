"""Pickles written opcode by opcode: what no pickler writes, and what hostile files are made of."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Callable

STOP = b"."
PROTO_2, PROTO_4 = b"\x80\x02", b"\x80\x04"


def text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def short(value: str) -> bytes:
    raw = value.encode()
    return b"\x8c" + bytes([len(raw)]) + raw


def blob(value: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(value)) + value


def integer(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def value(thing: object) -> bytes:
    """The opcodes of one plain value, without PROTO and STOP."""
    if isinstance(thing, Raw):
        return thing.opcodes
    if isinstance(thing, tuple):
        return b"(" + b"".join(value(each) for each in thing) + b"t"
    if isinstance(thing, list):
        return b"](" + b"".join(value(each) for each in thing) + b"e"
    if isinstance(thing, dict):
        return b"}(" + b"".join(value(key) + value(item) for key, item in thing.items()) + b"u"
    if isinstance(thing, bytes):
        return blob(thing)
    if isinstance(thing, str):
        return text(thing)
    return integer(thing) if type(thing) is int else {None: b"N", True: b"\x88", False: b"\x89"}[thing]  # type: ignore[index]


class Raw:
    """Opcodes where a value is wanted."""

    def __init__(self, opcodes: bytes) -> None:
        self.opcodes = opcodes


def name(dotted: str, module: str | None = None) -> bytes:
    """GLOBAL, the oldest way to name something; `module:name` where the split is not at the last dot."""
    module, _, plain = dotted.partition(":") if ":" in dotted else dotted.rpartition(".")
    return f"c{module}\n{plain}\n".encode()


def stacked(dotted: str) -> bytes:
    """STACK_GLOBAL with both names written out."""
    module, _, plain = dotted.partition(":") if ":" in dotted else dotted.rpartition(".")
    return short(module) + short(plain) + b"\x93"


def call(dotted: str, *arguments: object, by: Callable[[str], bytes] = name) -> bytes:
    """A call by REDUCE."""
    return by(dotted) + value(arguments) + b"R"


def whole(opcodes: bytes, proto: bytes = PROTO_4) -> bytes:
    return proto + opcodes + STOP


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("inside.pkl", content)
    return file.getvalue()


def harmless() -> bytes:
    return pickle.dumps({"a": [1, 2, 3]}, protocol=4)
