"""numpy's dtypes and arrays as pickles describe them, read without numpy."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod

from homeport.inspection.pickle_bytes import Long
from homeport.inspection.pickle_values import ArrayInStream, Global, Listing, Made, Node, called

MOST_VALUES = 1000  # of a small array such as the classes of a classifier

_CODES = "b1 ?,i1 b,i2 h,i4 i,i8 q,u1 B,u2 H,u4 I,u8 Q,f2 e,f4 f,f8 d"  # numpy's, and those of `struct`
_FORMATS = dict(pair.split() for pair in _CODES.split(","))


@dataclass(frozen=True, slots=True)
class Dtype:
    """A dtype by numpy's own short code (`f8`, `U5`, `V64`), its byte order, and the names of its fields."""

    code: str
    order: str  # "<", ">" or "|"
    itemsize: int | None  # None where the pickle does not tell
    fields: tuple[str, ...] = ()

    @property
    def holds_objects(self) -> bool:
        return self.code.startswith("O")


@dataclass(frozen=True, slots=True)
class Array:
    """An array: what is known of its shape and type, and its bytes or objects where they are few."""

    shape: tuple[int, ...]
    dtype: Dtype | None
    content: bytes | Listing | None

    def values(self) -> list[object] | None:
        """The elements, flat and as Python's own values; None where there are many, or they are not plain."""
        if isinstance(self.content, Listing):
            items = self.content.items
            return items if len(items) <= MOST_VALUES and all(isinstance(i, str | int | float) for i in items) else None
        if self.content is None or self.dtype is None or prod(self.shape) > MOST_VALUES:
            return None
        return _unpacked(self.content, self.dtype, prod(self.shape))


def _unpacked(content: bytes, dtype: Dtype, number: int) -> list[object] | None:
    order = ">" if dtype.order == ">" else "<"
    if dtype.code in _FORMATS:
        layout = f"{order}{number}{_FORMATS[dtype.code]}"
        return list(struct.unpack(layout, content)) if struct.calcsize(layout) == len(content) else None
    size = dtype.itemsize
    if dtype.code[:1] not in ("U", "S") or not size or len(content) != size * number:
        return None
    encoding = "ascii" if dtype.code[0] == "S" else "utf-32-be" if order == ">" else "utf-32-le"
    parts = (content[at : at + size] for at in range(0, len(content), size))
    return [part.decode(encoding, "replace").rstrip("\0") for part in parts]


def dtype_of(node: Node) -> Dtype | None:
    """`numpy.dtype(code, align, copy)` and the state (version, order, subdtype, names, fields, itemsize, ...)."""
    if not isinstance(node, Made) or not isinstance(node.arguments, tuple) or not node.arguments:
        return None
    code = node.arguments[0]
    name = called(node)
    if not isinstance(code, str) or len(code) > 20 or name is None or name.name != "dtype":
        return None
    order, itemsize = "|", None
    fields: tuple[str, ...] = ()
    state = node.states[0] if node.states else None
    if isinstance(state, tuple) and len(state) >= 6:
        order = state[1] if isinstance(state[1], str) else "|"
        itemsize = state[5] if isinstance(state[5], int) and state[5] >= 0 else None
        fields = tuple(field for field in state[3] or () if isinstance(field, str)) if _is_tuple(state[3]) else ()
    return Dtype(code, order, itemsize if itemsize is not None else _itemsize(code), fields)


def _is_tuple(node: Node) -> bool:
    return isinstance(node, tuple)


def _itemsize(code: str) -> int | None:
    digits = code[1:]
    if not digits.isdecimal() or not digits.isascii():
        return None
    return int(digits) * (4 if code[0] == "U" else 1)


def shape_of(node: Node) -> tuple[int, ...] | None:
    if isinstance(node, int) and not isinstance(node, bool):
        node = (node,)
    if isinstance(node, tuple) and len(node) <= 64 and all(type(side) is int and side >= 0 for side in node):
        return node
    return None


def array_of(node: Node) -> Array | None:
    """An array by `numpy.core.multiarray._reconstruct`, by `_frombuffer`, or in joblib's stream; else None."""
    if isinstance(node, ArrayInStream):
        shape = shape_of(node.shape)
        content = node.content if isinstance(node.content, bytes | Listing) else None
        if isinstance(node.content, Made):  # objects stand there as a pickle of their own
            inner = array_of(node.content)
            content = inner.content if inner else None
        return Array(shape, dtype_of(node.dtype), content) if shape is not None else None
    name = called(node)
    if name is None:
        return None
    if name.name == "_create_array" and _is_tuple(node.arguments) and len(node.arguments) >= 3:  # dill's
        return _from_state(node.arguments[2])
    if name.name == "_reconstruct" and name.module.startswith("numpy"):
        return _from_state(node.states[0] if node.states else None)
    if name.name == "_frombuffer" and name.module.startswith("numpy") and _is_tuple(node.arguments):
        content, dtype, shape = (*node.arguments, None, None, None)[:3]
        sides = shape_of(shape)
        return Array(sides, dtype_of(dtype), bytes_of(content)) if sides is not None else None
    return None


def _from_state(state: Node) -> Array | None:
    if not isinstance(state, tuple) or len(state) < 4:
        return None
    shape, dtype, content = (state[1], state[2], state[4]) if len(state) >= 5 else (state[0], state[1], state[3])
    sides = shape_of(shape)
    if sides is None:
        return None
    return Array(sides, dtype_of(dtype), content if isinstance(content, Listing) else bytes_of(content))


def bytes_of(node: Node) -> bytes | None:
    """Bytes, also those that protocols before 3 write as a text and `_codecs.encode`."""
    if isinstance(node, bytes):
        return node
    name = called(node)
    if name == ("_codecs", "encode") and _is_tuple(node.arguments) and len(node.arguments) == 2:
        node = node.arguments[0]
    elif name is not None:
        return None
    if isinstance(node, str):
        try:
            return node.encode("latin-1")
        except UnicodeEncodeError:
            return None
    return None


def scalar_of(node: Node) -> object:
    """A number of numpy's as one of Python's; anything else as it is."""
    name = called(node)
    if name is None or name.name != "scalar" or not _is_tuple(node.arguments) or len(node.arguments) != 2:
        return node
    dtype, content = dtype_of(node.arguments[0]), bytes_of(node.arguments[1])
    values = _unpacked(content, dtype, 1) if dtype and content is not None else None
    return values[0] if values else None


def length_of(content: bytes | Long | None) -> int:
    return 0 if content is None else content.length if isinstance(content, Long) else len(content)


def is_class(node: Node, *names: str) -> bool:
    return isinstance(node, Global) and str(node.name) in names
