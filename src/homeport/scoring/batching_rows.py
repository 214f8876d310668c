"""Requests of rows as text: what can stand in one list together, and how the answer is cut back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

BEGINNING = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"data"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*(?=\[)')
ENDING = re.compile(rb"[ \t\r\n]*\][ \t\r\n]*\}[ \t\r\n]*\Z")
BETWEEN = re.compile(rb"\][ \t\r\n]*,[ \t\r\n]*\[")
EXPONENT = re.compile(rb"\.?[eE](?=[,\]])")
SPACE = b" \t\r\n"
LAST = 64  # bytes: what follows the last row, with room for a formatter's spaces
DIGITS = b"0123456789+-"
NUMBERS = DIGITS + b".,eE" + SPACE


class Misfit(Exception):  # noqa: N818 - it says what the answer is, and the requests are answered one by one
    """An answer that has not one item for each row."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one request as they were sent, without the brackets around them.

    Those of equal `kind` may stand in one list: the same number of columns, and the same kind of JSON number in each
    column where that is asked for, so that no row changes how an array or a frame reads another.
    """

    text: bytes
    count: int
    kind: tuple[int, bytes]


def rows_of(body: bytes, *, by_column: bool) -> Rows | None:
    """The rows of `{"data": [[1, 2.5], ...]}`; None for every other text.

    The text is not parsed: n rows of it are n opening and n closing brackets of which each but the last closes right
    before the next opens. What is inside may still be no JSON. Then no text that it is part of is JSON either, run()
    fails on the whole, and each request is run alone.
    """
    begin = BEGINNING.match(body)
    at = max(len(body) - LAST, 0)
    end = ENDING.search(body, at)
    if begin is None or end is None or end.start() <= begin.end():
        return None
    text = body[begin.end() : end.start()]
    if not by_column and text.translate(None, NUMBERS) == b"[]" and text.endswith(b"]"):
        return Rows(text, 1, (text.count(b",") + bool(text[1:-1].strip(SPACE)), b""))  # the usual request, fast
    count = text.count(b"[")
    if not text.endswith(b"]") or text.count(b"]") != count or b'"' in text or b"{" in text or b"}" in text:
        return None
    parts = [text[1:-1]] if count == 1 else BETWEEN.split(text[1:-1])
    if len(parts) != count:
        return None
    first = kind_of(parts[0], by_column=by_column)
    if any(kind_of(part, by_column=by_column) != first for part in parts[1:]):
        return None
    return Rows(text, count, first)


def kind_of(row: bytes, *, by_column: bool) -> tuple[int, bytes]:
    """Number of columns, and what is left of the text without digits: a dot for a float, words as they are."""
    width = row.count(b",") + bool(row.strip(SPACE))
    if not by_column:
        return width, row.translate(None, NUMBERS)  # b"" for nothing but numbers
    return width, EXPONENT.sub(b".", row.translate(None, DIGITS + SPACE) + b"]")


def joined(several: Iterable[Rows]) -> bytes:
    """One body with all the rows in their order."""
    return b'{"data": [%s]}' % b", ".join(rows.text for rows in several)


def cut(answer: bytes, counts: list[int]) -> list[bytes]:
    """The answer to all rows as one answer for each of `counts` rows; `Misfit` where it has no such parts.

    It is a list with an item for each row, an object of such lists, or the text of either as `json.dumps` writes it.
    The parts are written as the worker writes an answer.
    """
    try:
        value = json.loads(answer)
    except ValueError:
        raise Misfit("it is not JSON") from None
    if isinstance(value, str):
        try:
            inside = json.loads(value)
        except ValueError:
            raise Misfit("it is a text") from None
        if json.dumps(inside) != value:
            raise Misfit("it is a text")
        return [dumped(json.dumps(part)) for part in parts_of(inside, counts)]
    return [dumped(part) for part in parts_of(value, counts)]


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
