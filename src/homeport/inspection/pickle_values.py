"""What a pickle describes, as values that are looked at and never brought to life.

None, booleans, numbers, short strings and tuples stand for themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from homeport.inspection.pickle_bytes import Long

Node = Any  # one of the classes here, Long, a tuple of nodes, None, bool, int, float, complex, str, bytes


def printable(text: str) -> str:
    """A text of a file as it may go to a screen: whatever would move the cursor is written out."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


class GlobalName(NamedTuple):
    """What a pickle imports: `module`, then `name` in it, which may be dotted since protocol 4."""

    module: str
    name: str

    def __str__(self) -> str:
        return printable(f"{self.module}.{self.name}")


class Global:
    """A reference to something importable."""

    __slots__ = ("name",)

    def __init__(self, name: GlobalName) -> None:
        self.name = name


class Listing:
    """A list, set or frozenset; `dropped` counts the items that there was no room for."""

    __slots__ = ("dropped", "items", "kind")

    def __init__(self, kind: str, items: list[Node] | None = None) -> None:
        self.kind = kind
        self.items: list[Node] = items or []
        self.dropped = 0


class Pairs:
    """A dictionary, in the order of the pickle."""

    __slots__ = ("dropped", "pairs")

    def __init__(self) -> None:
        self.pairs: list[tuple[Node, Node]] = []
        self.dropped = 0

    def get(self, key: str) -> Node:
        """The last value of that key, or None."""
        return next((value for at, value in reversed(self.pairs) if isinstance(at, str) and at == key), None)


class Made:
    """The outcome of a call that unpickling would make."""

    __slots__ = ("arguments", "function", "items", "keywords", "pairs", "states")

    def __init__(self, function: Node, arguments: Node, keywords: Node = None) -> None:
        self.function = function
        self.arguments = arguments
        self.keywords = keywords
        self.states: list[Node] = []  # one for each BUILD: nearly always one
        self.items: Listing | None = None
        self.pairs: Pairs | None = None


class Persistent:
    """Something that lies outside the pickle, by its id: a storage of torch, for example."""

    __slots__ = ("id",)

    def __init__(self, id: Node) -> None:  # noqa: A002 (the protocol's word)
        self.id = id


class ArrayInStream:
    """An array whose bytes stand in the stream behind the pickle of it, as joblib writes them."""

    __slots__ = ("content", "dtype", "shape", "subclass")

    def __init__(self, shape: Node, dtype: Node, subclass: Node, content: bytes | Long | Node) -> None:
        self.shape = shape
        self.dtype = dtype
        self.subclass = subclass
        self.content = content


class Forgotten:
    """A value that was too much to keep, or that the bytes do not tell."""

    __slots__ = ()


FORGOTTEN = Forgotten()


def called(node: Node) -> GlobalName | None:
    """The global that made this, or None."""
    if isinstance(node, Made) and isinstance(node.function, Global):
        return node.function.name
    return None


_MAKERS = {"_reconstructor", "__newobj__", "__newobj_ex__", "_new_Index"}


def class_of(node: Node) -> GlobalName | None:
    """The class of an object, seen through the functions that merely make one of a class that they are given."""
    made_by = called(node)
    if made_by is None:
        return None
    maker = made_by.name in _MAKERS or made_by.name.startswith("__pyx_unpickle_")
    if maker and isinstance(node.arguments, tuple) and node.arguments:
        first = node.arguments[0]
        return first.name if isinstance(first, Global) else None
    return made_by


def attributes_of(node: Node) -> dict[str, Node]:
    """The attributes of an object by name, as far as its state is a dictionary of them."""
    if not isinstance(node, Made):
        return {}
    found: dict[str, Node] = {}
    for state in node.states:
        for part in state if isinstance(state, tuple) else (state,):  # attributes, or attributes and slots
            if isinstance(part, Pairs):
                found.update((key, value) for key, value in part.pairs if isinstance(key, str))
    return found


def children(node: Node) -> Iterator[Node]:
    """What a value holds directly."""
    if isinstance(node, tuple):
        yield from node
    elif isinstance(node, Listing):
        yield from node.items
    elif isinstance(node, Pairs):
        for key, value in node.pairs:
            yield key
            yield value
    elif isinstance(node, Made):
        yield from (node.function, node.arguments, node.keywords, *node.states, node.items, node.pairs)
    elif isinstance(node, ArrayInStream):
        yield from (node.dtype, node.content)
    elif isinstance(node, Persistent):
        yield node.id


_LEAVES = (str, bytes, int, float, complex, type(None), Long, Forgotten)


def unfolds_beyond(root: Node, most: int) -> bool:
    """Whether it has more than `most` values where what is shared counts at each place, as hashing counts it."""
    weights: dict[int, int] = {}
    waiting: list[tuple[Node, bool]] = [(root, False)]
    while waiting:
        node, ready = waiting.pop()
        if isinstance(node, _LEAVES):
            continue
        if ready:
            weights[id(node)] = 1 + sum(weights.get(id(child), 1) for child in children(node))
            if weights[id(node)] > most:
                return True
        elif id(node) not in weights:
            weights[id(node)] = 1  # what holds itself counts once
            waiting.append((node, True))
            waiting.extend((child, False) for child in children(node) if not isinstance(child, _LEAVES))
    return False


def walk(root: Node) -> Iterator[Node]:
    """Every value once, the outer before the inner, in the order of the pickle; shared and cyclic ones too."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _LEAVES) or id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        waiting.extend(reversed(list(children(node))))
