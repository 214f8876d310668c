"""Which minor version of CPython compiled the functions that cloudpickle and dill carry by value.

`code(...)` has 15 arguments up to 3.7, 16 from 3.8 (positional-only parameters) and 18 from 3.11 (qualified name,
exception table). Within those, the opcode numbers that a minor version does not have rule it out, and 3.10's line table
covers every byte of the code where the older one does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from homeport.inspection.pickle_arrays import bytes_of
from homeport.inspection.pickle_values import Made, Node, called

Minor = tuple[int, int]

# The opcode numbers of each minor version: `opcode.opmap` of that interpreter, without those that only tracing sets.
_OPCODES: dict[Minor, str] = {
    (3, 6): ("1-5 9-12 15-17 19-20 22-29 50-52 55-57 59-73 75-98 100-116 119-122 124-127 130-133 135-138 141-158"),
    (3, 7): (
        "1-5 9-12 15-17 19-20 22-29 50-52 55-57 59-73 75-98 100-116 119-122 124-126 130-133 135-138 141-158 160-161"
    ),
    (3, 8): ("1-6 9-12 15-17 19-20 22-29 50-57 59-73 75-79 81-98 100-116 122 124-126 130-133 135-138 141-158 160-163"),
    (3, 9): (
        "1-6 9-12 15-17 19-20 22-29 48-52 54-57 59-79 82-87 89-98 100-118 121-122 124-126 130-133 135-138 "
        "141-148 154-157 160-165"
    ),
    (3, 10): (
        "1-6 9-12 15-17 19-20 22-34 49-52 54-57 59-79 82-87 89-119 121-122 124-126 129-133 135-138 141-148 "
        "152 154-157 160-165"
    ),
    (3, 11): (
        "0-2 9-12 15 25 30-33 35-37 49-54 60-61 68-71 74-75 82-112 114-120 122-126 128-140 142 144-149 "
        "151-152 155-157 160 162-166 171-176"
    ),
    (3, 12): (
        "0-5 9 11-12 15 17 25-27 30-33 35-37 49-55 60-61 68-69 71 74-75 83 85 87 89-110 114-147 149-152 "
        "155-157 162-165 171-176"
    ),
    (3, 13): ("0-2 4-118 149"),
}


def _numbers(text: str) -> frozenset[int]:
    spans = (part.partition("-") for part in text.split())
    return frozenset(number for low, _, high in spans for number in range(int(low), int(high or low) + 1))


_KNOWN = {minor: _numbers(text) for minor, text in _OPCODES.items()}
_RESUME = {(3, 11): 151, (3, 12): 151, (3, 13): 149, (3, 14): 128}
_PRECALL, _RETURN_CONST = 166, 121  # numbers of 3.11 and of 3.12 alone
_LOAD_ATTR, _CALL_FUNCTION = 106, 131  # of 3.6 and 3.7
_PLAIN_LOADS = {100, 101, 116, 124, 136}  # LOAD_CONST, LOAD_NAME, LOAD_GLOBAL, LOAD_FAST, LOAD_DEREF
_BY_COUNT: dict[int, tuple[Minor, ...]] = {
    15: ((3, 6), (3, 7)),
    16: ((3, 8), (3, 9), (3, 10)),
    18: ((3, 11), (3, 12), (3, 13), (3, 14)),
}
_MAKERS = {"CodeType", "_create_code", "_builtin_type", "_load_type"}


@dataclass(frozen=True, slots=True)
class Code:
    """The arguments of a code object that tell versions apart."""

    count: int
    flags: int
    instructions: bytes | None
    lines: bytes | None
    name: str


def codes_in(nodes: Iterable[Node]) -> Iterator[Code]:
    """The code objects among them."""
    for node in nodes:
        if isinstance(node, Made) and isinstance(node.arguments, tuple) and node.arguments and _makes_code(node):
            code = _code(node.arguments)
            if code is not None:
                yield code


def _makes_code(node: Made) -> bool:
    """`types.CodeType(...)`, `_create_code(...)`, or a call of what `_builtin_type("CodeType")` returned."""
    name = called(node)
    if name is not None:
        return name.name in ("CodeType", "_create_code") and len(node.arguments) > 1
    made_by = called(node.function)
    return made_by is not None and made_by.name in _MAKERS and node.function.arguments == ("CodeType",)


def _code(arguments: tuple[Node, ...]) -> Code | None:
    """Positions by the number of arguments; dill puts the older line table before them."""
    if isinstance(arguments[0], bytes):
        arguments = arguments[1:]
    count = len(arguments)
    if count not in _BY_COUNT:
        return None
    flags, at = (4, 5) if count == 15 else (5, 6)
    name_at, lines_at = (at + 5, {15: 12, 16: 13, 18: 14}[count])
    instructions, lines = bytes_of(arguments[at]), bytes_of(arguments[lines_at])
    name = arguments[name_at] if isinstance(arguments[name_at], str) else ""
    return Code(count, arguments[flags] if isinstance(arguments[flags], int) else 0, instructions, lines, name)


def minors_of(codes: Iterable[Code]) -> tuple[Minor, ...]:
    """The minor versions that can have compiled all of them; empty where there is no code, or no version fits."""
    possible: set[Minor] | None = None
    for code in codes:
        fits = set(_fitting(code))
        possible = fits if possible is None else possible & fits
    return tuple(sorted(possible or ()))


def _fitting(code: Code) -> Iterator[Minor]:
    for minor in _BY_COUNT[code.count]:
        if code.instructions is None or _can_be(minor, code, code.instructions):
            yield minor


def _can_be(minor: Minor, code: Code, instructions: bytes) -> bool:
    known = _KNOWN.get(minor)
    used = set(instructions[::2])
    if known is not None and not used <= known:
        return False
    if minor >= (3, 11):
        of_another = {(3, 11): _RETURN_CONST, (3, 12): _PRECALL}.get(minor)
        return _RESUME[minor] in used and of_another not in used
    if code.count == 15:
        return minor == (3, 6) or not _calls_attributes(instructions)
    if code.count == 16 and code.lines is not None and len(instructions) > 2:
        covers_all = sum(code.lines[::2]) == len(instructions)
        return covers_all == (minor == (3, 10))
    return True


def _calls_attributes(instructions: bytes) -> bool:
    """`x.f(1)` as LOAD_ATTR, plain arguments, CALL_FUNCTION: since 3.7 it is LOAD_METHOD and CALL_METHOD."""
    codes, numbers = instructions[::2], instructions[1::2]
    for at, code in enumerate(codes):
        if code != _LOAD_ATTR:
            continue
        end = at + 1
        while end < len(codes) and codes[end] in _PLAIN_LOADS:
            end += 1
        if end < len(codes) and codes[end] == _CALL_FUNCTION and numbers[end] == end - at - 1:
            return True
    return False
