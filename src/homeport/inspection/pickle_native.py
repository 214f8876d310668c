"""The versions inside of what xgboost and lightgbm keep in their pickles: their own model files, as bytes or text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport.domain.findings import Needed
from homeport.errors import UnreadableModelError
from homeport.inspection.boosted_lightgbm import is_lightgbm, read_lightgbm
from homeport.inspection.pickle_arrays import bytes_of
from homeport.inspection.pickle_bytes import Long
from homeport.inspection.pickle_values import Made, Node, attributes_of, called
from homeport.inspection.source import in_memory

_JSON_VERSION = re.compile(rb'"version"\s*:\s*\[\s*(\d{1,3}),\s*(\d{1,3}),\s*(\d{1,3})')
# UBJSON: an array with its length, each number behind the letter of its width
_UBJ_VERSION = re.compile(rb"version\[#L\0{7}\x03((?:[iU].|I..|l....){3})", re.DOTALL)
_WIDTHS = {ord("i"): 1, ord("U"): 1, ord("I"): 2, ord("l"): 4}


def needed_by_booster(module: str, node: Made) -> Iterator[Needed]:
    """What the `handle` of a Booster says; `module` is the one of its class."""
    told = attributes_of(node)
    content = _bytes(told.get("handle", told.get("_handle")))
    if content is None:
        return
    if module.startswith("xgboost."):
        yield from _xgboost(content)
    elif module.startswith("lightgbm."):
        yield from _lightgbm(content)


def _xgboost(content: bytes) -> Iterator[Needed]:
    version = _last(_JSON_VERSION, content) or _last_ubj(content)
    if version:
        yield Needed(distribution="xgboost", specifier=f"=={version}", why="the version in its booster", sure="certain")
    elif not content.startswith((b"CONFIG-offset:", b"{", b"binf")):
        yield Needed(distribution="xgboost", specifier="<1.0", why="a booster without a configuration", sure="likely")


def _last(pattern: re.Pattern[bytes], content: bytes) -> str | None:
    found = pattern.findall(content)
    return ".".join(str(int(part)) for part in found[-1]) if found else None


def _last_ubj(content: bytes) -> str | None:
    found = _UBJ_VERSION.findall(content)
    if not found:
        return None
    rest, numbers = found[-1], []
    while rest:
        width = _WIDTHS[rest[0]]
        numbers.append(str(int.from_bytes(rest[1 : 1 + width], "big")))
        rest = rest[1 + width :]
    return ".".join(numbers)


def _lightgbm(content: bytes) -> Iterator[Needed]:
    if not is_lightgbm(content[:4096]):
        return
    try:
        found = read_lightgbm(in_memory(content))
    except UnreadableModelError:
        return  # it only was a source of hints
    yield from (each for each in found.needed if each.distribution == "lightgbm")


def _bytes(node: Node) -> bytes | None:
    name = called(node)
    if name is not None and name.name == "bytearray" and isinstance(node.arguments, tuple) and node.arguments:
        node = node.arguments[0]
    if isinstance(node, Long):
        return node.head + b"\n" + node.tail
    return bytes_of(node)
