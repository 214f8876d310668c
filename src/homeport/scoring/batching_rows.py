"""Requests of rows: where their rows stand, which can stand in one list together, and that list as one body."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

Shape = Literal["lists", "objects", "values", "split"]
Kind = tuple[int, bytes]

EXPONENT = re.compile(rb"\.?[eE](?=[,\]])")
BETWEEN = re.compile(rb"\][ \t\r\n]*,[ \t\r\n]*\[")
SPACE = b" \t\r\n"
LAST = 64  # bytes: what follows the last row, with room for a formatter's spaces
DIGITS = b"0123456789+-"
NUMBERS = DIGITS + b".,eE" + SPACE
LONGEST = 1 << 20  # bytes of a body that is looked into at all: larger ones gain nothing from company
PARSED = 256 << 10  # bytes of one that has to be parsed, while the server does nothing else
AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
LONG = b"0" * 20  # a number of so many digits may be past 64 bits: orjson would make a float of it
DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Form:
    """Where requests have their rows, and how a row is written.

    `lists` and `objects` are rows with columns, `values` rows of one value each; `split` is pandas' object of
    `columns`, `data` and perhaps `index`.
    """

    path: tuple[str, ...] = ("data",)  # the members of the body that lead to the rows
    shape: Shape = "lists"
    alone: bool = True  # nothing may stand beside the rows; else what does must be equal to be merged


@dataclass(frozen=True, slots=True)
class Around:
    """What stands before and behind the rows of a body."""

    before: bytes
    after: bytes
    indexed: bool = False  # the rows are numbered from 0 behind them


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one request as text, without the brackets around them. Those of equal `kind` may be merged."""

    text: bytes
    count: int
    family: Kind  # number of columns, and what they hold: b"" for nothing but numbers
    kind: tuple[Around, Kind]


def joined(several: Sequence[Rows]) -> bytes:
    """One body with all the rows in their order."""
    around = several[0].kind[0]
    parts = [around.before, b", ".join(rows.text for rows in several), b"]"]
    if around.indexed:
        parts.append(b', "index": %s' % orjson.dumps(list(range(sum(rows.count for rows in several)))))
    parts.append(around.after)
    return b"".join(parts)


class Reader:
    """Finds rows in bodies of one form.

    With `by_column` whole numbers and floats are told apart in each column, so that no row changes how an array or a
    frame reads another. With a `family` only rows of that one are found.
    """

    def __init__(self, form: Form, *, by_column: bool, family: Kind | None = None) -> None:
        self._form, self._by_column, self._family = form, by_column, family
        keys = [json.dumps(name).encode() for name in form.path]
        space = b"[ \\t\\r\\n]*"
        opening = b"".join(space + b"\\{" + space + re.escape(key) + space + b":" for key in keys)
        self._beginning = re.compile(opening + space + b"\\[" + space + b"(?=\\[)")
        self._ending = re.compile(space + b"\\]" + (space + b"\\}") * len(keys) + space + b"\\Z")
        self._around = Around(b"".join(b"{" + key + b": " for key in keys) + b"[", b"}" * len(keys))

    def read(self, body: bytes) -> Rows | None:
        """The rows of a body; None for one that is to go alone."""
        if not body or len(body) > LONGEST:
            return None
        rows = self._plain(body) if self._form.shape == "lists" else None
        if rows is None:
            rows = self._parsed(body)
        return rows if rows is None or self._family is None or rows.family == self._family else None

    def _plain(self, body: bytes) -> Rows | None:
        """Lists of numbers, unparsed: n rows are n opening and n closing brackets of which each but the last closes
        right before the next opens.

        What is inside may still be no JSON. Then no text that it is part of is JSON either, run() fails on the whole,
        and each request is run alone.
        """
        begin = self._beginning.match(body)
        end = self._ending.search(body, max(len(body) - LAST, 0))
        if begin is None or end is None or end.start() <= begin.end():
            return None
        text = body[begin.end() : end.start()]
        brackets = text.translate(None, NUMBERS)
        count = len(brackets) // 2
        if brackets != b"[]" * count or not text.endswith(b"]"):
            return None
        parts = [text[1:-1]] if count == 1 else BETWEEN.split(text[1:-1])
        if len(parts) != count:
            return None
        first = self._kind_of_text(parts[0])
        if any(self._kind_of_text(part) != first for part in parts[1:]):
            return None
        return Rows(text, count, (first[0], b""), (self._around, first))

    def _kind_of_text(self, row: bytes) -> Kind:
        """As `kind_of` has it, for a row of numbers."""
        width = row.count(b",") + bool(row.strip(SPACE))
        if not self._by_column:
            return width, b""
        return width, EXPONENT.sub(b".", row.translate(None, DIGITS + SPACE) + b"]")

    def _parsed(self, body: bytes) -> Rows | None:
        """Every other body: other members beside the rows, texts and lists in them, rows as objects."""
        if len(body) > PARSED:
            return None
        try:
            document, exact = loaded(body)
            found = surroundings(document, self._form)
            if found is None:
                return None
            around, rows = found
            kind = common_kind(rows, self._form.shape, by_column=self._by_column)
            family = common_kind(rows[:1], self._form.shape, by_column=False)
            if kind is None or family is None:
                return None
            text = orjson.dumps(rows) if exact else json.dumps(rows).encode("ascii")
        except (ValueError, RecursionError):  # half a surrogate pair can be read and not be written
            return None
        return Rows(text[1:-1], len(rows), family, (around, kind))


def loaded(body: bytes) -> tuple[Any, bool]:
    """(what the body says, whether orjson reads it as `json` does); ValueError where it is not JSON."""
    if LONG not in body.translate(AS_ZERO):
        try:
            return orjson.loads(body), True
        except ValueError:
            if b"NaN" not in body and b"Infinity" not in body:
                raise
    return json.loads(body), False


def surroundings(document: Any, form: Form) -> tuple[Around, list[Any]] | None:
    """What stands around the rows, and they themselves; None where the form is another."""
    before = []
    for name in form.path:
        if not isinstance(document, dict) or name not in document or (form.alone and len(document) > 1):
            return None
        before.append(opened(document, name))
        document = document[name]
    indexed = False
    closing = b"}" * len(form.path)
    if form.shape == "split":
        if not isinstance(document, dict) or not isinstance(document.get("data"), list):
            return None
        index = document.pop("index", None)
        indexed = index is not None
        if document.keys() != {"columns", "data"} or (indexed and index != list(range(len(document["data"])))):
            return None
        before.append(opened(document, "data"))
        document, closing = document["data"], closing + b"}"
    if not isinstance(document, list) or not document:
        return None
    return Around(b"".join(before) + b"[", closing, indexed), document


def opened(document: dict[str, Any], name: str) -> bytes:
    """An object's text up to the value of one member, which comes last."""
    others = {key: value for key, value in document.items() if key != name}
    text = json.dumps(others).encode("ascii")[1:-1]
    return b"{" + text + (b", " if others else b"") + json.dumps(name).encode("ascii") + b": "


def common_kind(rows: list[Any], shape: Shape, *, by_column: bool) -> Kind | None:
    """The kind that all of them have; None where they differ, or are not rows of that shape."""
    found: Kind | None = None
    for row in rows:
        kind = kind_of(row, shape, by_column=by_column)
        if kind is None or (found is not None and kind != found):
            return None
        found = kind
    return found


def kind_of(row: Any, shape: Shape, *, by_column: bool) -> Kind | None:
    """Number of columns, and what each holds; names of columns too where rows are objects. None: another shape."""
    names = b""
    if shape == "values":
        cells = [row]
        if isinstance(row, dict | list):
            return None
    elif shape == "objects":
        if not isinstance(row, dict):
            return None
        cells = list(row.values())
        names = json.dumps(list(row)).encode("ascii")
    else:
        if not isinstance(row, list):
            return None
        cells = row
    if set(map(type, cells)) <= {int, float}:
        if not by_column:
            return len(cells), names
        return len(cells), names + b",".join([b"." if type(cell) is float else b"" for cell in cells]) + b"]"
    held = ",".join([held_by(cell, by_column=by_column) for cell in cells])
    return len(cells), names + held.encode("utf-8", "replace") + b"]"


def held_by(cell: Any, *, by_column: bool) -> str:
    """What one cell holds: a dot for a float where it matters, words for what is no number."""
    if isinstance(cell, bool):
        return "true"
    if isinstance(cell, int | float):
        return "." if by_column and isinstance(cell, float) else ""
    if cell is None:
        return "null"
    if isinstance(cell, str):
        return "date" if DATE.match(cell) else "text"  # pandas makes times of a column where all of it are dates
    if isinstance(cell, list):
        return "[" + ",".join([held_by(item, by_column=by_column) for item in cell]) + "]"
    return "{" + ",".join([f"{key!r}:{held_by(item, by_column=by_column)}" for key, item in cell.items()]) + "}"
