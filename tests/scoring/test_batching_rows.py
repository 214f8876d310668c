"""Rows as text: what is taken, what is left alone, and that no text of one request reaches into another's."""

from __future__ import annotations

import json
import random

import pytest

from homeport.scoring.batching_rows import Misfit, cut, joined, rows_of
from tests.conftest import count


@pytest.mark.parametrize(
    ("body", "rows", "columns"),
    [
        ('{"data": [[1, 2.5]]}', 1, 2),
        ('{"data":[[1]]}', 1, 1),
        (' {\n "data" : [ [1, 2] ,\n [3, 4],[5,6] ]\r\n}\n', 3, 2),
        ('{"data": [[]]}', 1, 0),
        ('{"data": [[null, true, NaN]]}', 1, 3),
    ],
)
def test_rows_are_counted(body: str, rows: int, columns: int) -> None:
    found = rows_of(body.encode(), by_column=False)
    assert found is not None
    assert (found.count, found.kind[0]) == (rows, columns)
    assert json.loads(joined([found, found])) == {"data": json.loads(body)["data"] * 2} or "NaN" in body


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[[1]]",
        '{"data": []}',
        '{"data": [1, 2]}',
        '{"data": [[1], 2, [3]]}',
        '{"data": [[1], [2, 3]]}',
        '{"data": [[1, [2]]]}',
        '{"data": [[[1]], [[2]]]}',
        '{"data": [["a"]]}',
        '{"data": [[1]], "x": 1}',
        '{"x": 1, "data": [[1]]}',
        '{"data": [[1]], "data": [[2]]}',
        '{"data": [[1]]} {"data": [[2]]}',
        '{"data": [[1]], [[2]]}',
        '{"data": [{"a": 1}]}',
        '{"data": [[1]',
        '{"data": [[1] [2]]}',
    ],
)
def test_other_bodies_are_left_alone(body: str) -> None:
    assert rows_of(body.encode(), by_column=False) is None


def test_whatever_is_taken_is_json_together_only_where_it_is_json_alone() -> None:
    numbers = random.Random(3)
    parts = ["[", "]", "],[", ",", "1", "2.5", " ", "-", "e", "null", "]]", "[["]
    taken = 0
    for _ in range(count(20_000, 1_000_000)):
        inside = ["".join(numbers.choices(parts, k=numbers.randint(1, 6))) for _ in range(2)]
        bodies = ['{"data": [[' + text + "]]}" for text in inside]
        found = [rows_of(body.encode(), by_column=False) for body in bodies]
        if found[0] is None or found[1] is None:
            continue
        taken += 1
        alone = [parsed(body) for body in bodies]
        together = parsed(joined([found[0], found[1]]).decode())
        if None in alone:
            assert together is None
        else:
            assert together == alone[0] + alone[1]
            assert [len(rows) for rows in alone] == [found[0].count, found[1].count]
    assert taken > 100


def parsed(body: str) -> list[list[object]] | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    assert list(document) == ["data"]
    return list(document["data"])


def test_by_column_whole_numbers_and_floats_are_kept_apart() -> None:
    def kind(row: str, *, by_column: bool = True) -> object:
        found = rows_of(b'{"data": [[%s]]}' % row.encode(), by_column=by_column)
        return found and found.kind

    assert kind("1.5, 2") == kind("-7.25e-05,3") == kind("1E5, 4") == kind(" 2e+3 , 5")
    assert len({kind("1, 2"), kind("1.5, 2"), kind("1, 2.5"), kind("1.5, 2.5"), kind("1, null"), kind("1, 2, 3")}) == 6
    assert kind("1, 2", by_column=False) == kind("1.5, 2e5", by_column=False) != kind("1, null", by_column=False)
    assert rows_of(b'{"data": [[1, 2], [1.5, 2]]}', by_column=True) is None


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        ([1, 2.0, "é"], ["[1, 2.0]", '["\\u00e9"]']),
        ({"a": [1, 2, 3], "b": [[4], [5], [6]]}, ['{"a": [1, 2], "b": [[4], [5]]}', '{"a": [3], "b": [[6]]}']),
        (json.dumps([1, 2, 3]), ['"[1, 2]"', '"[3]"']),
    ],
)
def test_an_answer_is_cut_as_the_worker_would_have_written_it(answer: object, parts: list[str]) -> None:
    assert cut(json.dumps(answer).encode(), [2, 1]) == [part.encode() for part in parts]


@pytest.mark.parametrize(
    "answer", ["[1, 2]", "[1, 2, 3, 4]", "{}", "3", "null", '"text"', '"[1,2,3]"', '{"a": [1, 2, 3], "b": 1}', ""]
)
def test_an_answer_with_other_parts_does_not_fit(answer: str) -> None:
    with pytest.raises(Misfit):
        cut(answer.encode(), [2, 1])
