"""What batching is proved with: the sample input's rows, others made of them, and the bodies that carry them."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from homeport.domain.json import Json
from homeport.scoring.batching_rows import DATE, Form, Reader, Rows, Shape
from homeport.scoring.faults import StartError

MOST = 8  # rows of a sample that others are made of
FACTORS = (0.5, 1.25, 0.75, 2.0, 0.9, 1.1)
HINT = 'set batch_max_size to 1, or give a sample_input such as {"data": [[1.5, 2.5]]}'

Row = list[Any]  # the cells, whatever a request's rows look like


@dataclass(frozen=True, slots=True)
class Sample:
    """A request body that is known to be good, taken apart; its rows are all of one family."""

    form: Form
    document: Any
    rows: list[Row]
    names: list[str] | None = None  # of columns, where rows are objects

    def body(self, rows: Sequence[Row]) -> bytes:
        """The same request with other rows."""
        return json.dumps(self._with(self.document, self.form.path, rows)).encode("ascii")

    def read(self, row: Row) -> Rows | None:
        return Reader(self.form, by_column=False).read(self.body([row]))

    def _with(self, document: Any, path: tuple[str, ...], rows: Sequence[Row]) -> Any:
        if path:
            return {**document, path[0]: self._with(document[path[0]], path[1:], rows)}
        if self.form.shape == "values":
            return [row[0] for row in rows]
        if self.names is not None:
            return [dict(zip(self.names, row, strict=True)) for row in rows]
        if self.form.shape != "split":
            return list(rows)
        index = {"index": list(range(len(rows)))} if "index" in document else {}
        return {"columns": document["columns"], **index, "data": list(rows)}


def string_sample(sample: Json) -> Sample:
    """Of `{"data": [[...], ...]}`, which may be given as text. `StartError` where it is something else.

    Only a script whose sample has more beside `data` has requests merged that have (and have the same).
    """
    if sample is None:
        raise StartError("no_sample_input", "batch_max_size needs a sample_input to prove batching with", hint=HINT)
    document = parsed(sample)
    shape = shape_of(document.get("data")) if isinstance(document, dict) else None
    made = sample_of(document, ("data",), shape, alone=len(document) == 1) if shape in ("lists", "objects") else None
    if made is None:
        raise StartError("bad_sample_input", "the sample_input is not `data` with rows of equal columns", hint=HINT)
    return made


def typed_sample(sample: Json, schemas: Mapping[str, Any]) -> tuple[Sample | None, str]:
    """(the sample of a script whose decorators say which argument has rows, or None; what there is to say of it).

    The decorators' own sample input serves where `sample` is none, or has no such rows.
    """
    tables = schemas.get("tables", [])
    if len(tables) != 1:
        return None, f"{len(tables) or 'no'} arguments of run() are typed as a numpy array or a pandas frame, not one"
    path = tuple(tables[0])
    made = None if sample is None else sample_at(parsed(sample), path)
    if made is not None:
        return made, ""
    made = sample_at(schemas["input"].get("example"), path)
    name = ".".join(path)
    if made is None:
        return None, f"`{name}` is not written as rows: of pandas' orients these are `records`, `values` and `split`"
    return made, "" if sample is None else f"the sample_input has no rows at `{name}`: the decorator's sample is taken"


def sample_at(document: Any, path: tuple[str, ...]) -> Sample | None:
    value = document
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, dict):
        return sample_of(document, path, "split") if {"columns", "data"} <= value.keys() else None
    return sample_of(document, path, shape_of(value))


def sample_of(document: Any, path: tuple[str, ...], shape: Shape | None, *, alone: bool = False) -> Sample | None:
    """None where there are no rows, or they have different columns."""
    if shape is None:
        return None
    table = document
    for name in path:
        table = table[name]
    rows = table["data"] if shape == "split" else table
    names = None
    if not isinstance(rows, list) or not rows:
        return None
    if shape == "objects":
        names = list(rows[0])
        if any(not isinstance(row, dict) or list(row) != names for row in rows):
            return None
        cells = [list(row.values()) for row in rows]
    elif shape == "values":
        cells = [[row] for row in rows]
    else:
        if any(not isinstance(row, list) for row in rows) or len(set(map(len, rows))) != 1:
            return None
        cells = rows
    made = Sample(Form(path, shape, alone), document, cells, names)
    first = made.read(cells[0])
    if first is None:
        return None
    same = [row for row in cells if (found := made.read(row)) is not None and found.family == first.family]
    return Sample(made.form, document, same, names)


def shape_of(rows: Any) -> Shape | None:
    if not isinstance(rows, list) or not rows:
        return None
    if isinstance(rows[0], list):
        return "lists"
    return "objects" if isinstance(rows[0], dict) else "values"


def parsed(sample: Json) -> Any:
    if not isinstance(sample, str):
        return sample
    try:
        return json.loads(sample)
    except ValueError:
        return None


def candidates(sample: Sequence[Row]) -> Iterator[Row]:
    """The sample's rows, then what is made of them: values of other rows, of other columns, scaled ones. None twice."""
    seen = set()
    for row in (*sample[:MOST], *crossed(sample), *scaled(sample), *rolled(sample), *worded(sample)):
        key = json.dumps(row)
        if key not in seen:
            seen.add(key)
            yield row


def crossed(sample: Sequence[Row]) -> Iterator[Row]:
    """Each column from another row: values that the column is known to have."""
    for shift in range(1, min(len(sample), MOST)):
        yield [sample[(column * shift + shift) % len(sample)][column] for column in range(len(sample[0]))]


def scaled(sample: Sequence[Row]) -> Iterator[Row]:
    """Floats by factors; whole numbers stay whole, as codes and counts must."""
    for factor in FACTORS:
        for row in sample[:2]:
            yield [changed(value, partial(scaled_by, factor=factor)) for value in row]


def scaled_by(number: float, factor: float) -> float:
    return number * factor if isinstance(number, float) else number


def rolled(sample: Sequence[Row]) -> Iterator[Row]:
    """Values of other columns of the same row, then whole numbers one by one larger."""
    first = sample[0]
    for shift in range(1, min(len(first), MOST)):
        yield first[shift:] + first[:shift]
    for more in range(1, MOST):
        yield [changed(value, partial(operator.add, more)) for value in first]


def worded(sample: Sequence[Row]) -> Iterator[Row]:
    """Other texts in all columns of texts but dates; a script that knows its words refuses them."""
    writings: tuple[Callable[[str], str], ...] = (
        str.upper,
        lambda text: text[::-1],
        lambda text: f"{text} {text}",
        lambda text: " ".join(reversed(text.split())),
        lambda text: text[: (len(text) + 1) // 2],
    )
    for write in writings:
        for row in sample[:2]:
            yield [write(cell) if isinstance(cell, str) and not DATE.match(cell) else cell for cell in row]


def changed(value: Any, change: Callable[[float], float]) -> Any:
    """The value with `change` done to its numbers, in lists too."""
    if isinstance(value, list):
        return [changed(item, change) for item in value]
    return change(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
