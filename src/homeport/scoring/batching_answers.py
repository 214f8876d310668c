"""The answer to several rows, cut into one answer for each request."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

# how texts are written that a script makes itself: by `json.dumps`, or by pandas' `to_json`
WRITERS: tuple[Callable[[Any], str], ...] = (
    json.dumps,
    lambda value: json.dumps(value, separators=(",", ":")),
    lambda value: json.dumps(value, ensure_ascii=False),
)


class Misfit(Exception):  # noqa: N818 - it says what the answer is, and the requests are answered one by one
    """An answer that has not one item for each row."""


def cut(answer: bytes, counts: list[int]) -> list[bytes]:
    """The answer to all rows as one answer for each of `counts` rows; `Misfit` where it has no such parts.

    It is a list with an item for each row, an object of such lists, or the text of either as one of WRITERS writes it.
    The parts are written as the worker writes an answer.
    """
    try:
        value = json.loads(answer)
    except ValueError:
        raise Misfit("it is not JSON") from None
    if not isinstance(value, str):
        return [dumped(part) for part in parts_of(value, counts)]
    try:
        inside = json.loads(value)
    except ValueError:
        raise Misfit("it is a text") from None
    for write in WRITERS:
        if write(inside) == value:
            return [dumped(write(part)) for part in parts_of(inside, counts)]
    raise Misfit("it is a text")


def parts_of(value: Any, counts: list[int]) -> list[Any]:
    if isinstance(value, dict) and value:
        columns = [sliced(column, counts) for column in value.values()]
        return [dict(zip(value, parts, strict=True)) for parts in zip(*columns, strict=True)]
    return sliced(value, counts)


def sliced(value: Any, counts: list[int]) -> list[Any]:
    if not isinstance(value, list):
        raise Misfit("it is neither a list nor an object of lists")
    if len(value) != sum(counts):
        raise Misfit(f"it has {len(value)} items for {sum(counts)} rows")
    parts, begin = [], 0
    for count in counts:
        parts.append(value[begin : begin + count])
        begin += count
    return parts


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode("ascii")
