"""Rows as text: what is taken, what is left alone, and that no text of one request reaches into another's."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from homeport.scoring.batching_rows import Form, Reader, joined
from tests.conftest import count

READER = Reader(Form(), by_column=False)
TYPED = Reader(Form(("Inputs", "x"), alone=False), by_column=False)


@pytest.mark.parametrize(
    ("body", "rows", "columns"),
    [
        ('{"data": [[1, 2.5]]}', 1, 2),
        ('{"data":[[1]]}', 1, 1),
        (' {\n "data" : [ [1, 2] ,\n [3, 4],[5,6] ]\r\n}\n', 3, 2),
        ('{"data": [[]]}', 1, 0),
        ('{"data": [[null, true, NaN]]}', 1, 3),
        ('{"data": [["a]", "[é"], ["},", "\\ud83d\\ude00"]]}', 2, 2),
        ('{"data": [[[1, 2], [3]], [[4, 5], [6]]]}', 2, 2),
        ('{"data": [[123456789012345678901234567890]]}', 1, 1),
        ('{"data": [[1]], "data": [[2], [3]]}', 2, 1),
    ],
)
def test_rows_are_counted(body: str, rows: int, columns: int) -> None:
    found = READER.read(body.encode())
    assert found is not None
    assert (found.count, found.family[0]) == (rows, columns)
    assert repr(json.loads(joined([found, found]))) == repr({"data": json.loads(body)["data"] * 2})


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[[1]]",
        '{"data": []}',
        '{"data": [1, 2]}',
        '{"data": [[1], 2, [3]]}',
        '{"data": [[1], [2, 3]]}',
        '{"data": [[1, [2]], [1, 2]]}',
        '{"data": [[1], ["a"]]}',
        '{"data": [["\\ud83d"]]}',
        '{"data": [["a]]}',
        '{"data": [[1]], "x": 1}',
        '{"x": 1, "data": [[1]]}',
        '{"data": [[1]]} {"data": [[2]]}',
        '{"data": [[1]], [[2]]}',
        '{"data": [{"a": 1}]}',
        '{"data": [[1]',
        '{"data": [[1] [2]]}',
    ],
)
def test_other_bodies_are_left_alone(body: str) -> None:
    assert READER.read(body.encode()) is None


def test_whatever_is_taken_is_json_together_only_where_it_is_json_alone() -> None:
    numbers = random.Random(3)
    parts = ["[", "]", "],[", ",", "1", "2.5", " ", "-", "e", "null", "]]", "[[", '"a', '"', "]}"]
    taken = 0
    for _ in range(count(20_000, 1_000_000)):
        inside = ["".join(numbers.choices(parts, k=numbers.randint(1, 6))) for _ in range(2)]
        bodies = ['{"data": [[' + text + "]]}" for text in inside]
        found = [READER.read(body.encode()) for body in bodies]
        if found[0] is None or found[1] is None or found[0].kind != found[1].kind:
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
        found = Reader(Form(), by_column=by_column).read(b'{"data": [[%s]]}' % row.encode())
        return found and found.kind

    assert kind("1.5, 2") == kind("-7.25e-05,3") == kind("1E5, 4") == kind(" 2e+3 , 5")
    assert len({kind("1, 2"), kind("1.5, 2"), kind("1, 2.5"), kind("1.5, 2.5"), kind("1, null"), kind("1, 2, 3")}) == 6
    assert kind("1, 2", by_column=False) == kind("1.5, 2e5", by_column=False) != kind("1, null", by_column=False)
    assert Reader(Form(), by_column=True).read(b'{"data": [[1, 2], [1.5, 2]]}') is None


FORMS: list[tuple[Form, list[Any], dict[str, Any]]] = [
    (Form(("x",), "lists", False), [[1, "a"], [2, "b"]], {}),
    (Form(("x",), "objects", False), [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], {"method": "predict"}),
    (Form(("x",), "values", False), [1.5, 2.5, -3e-5], {"z": [1]}),
    (Form(("Inputs", "x"), "lists", False), [[1.5, 2.5], [3, 4]], {"é": "ü"}),
]


@pytest.mark.parametrize(("form", "rows", "others"), FORMS)
@pytest.mark.parametrize("by_column", [False, True])
def test_what_stands_beside_the_rows_stays(
    form: Form, rows: list[Any], others: dict[str, Any], by_column: bool
) -> None:
    def body(rows: list[Any]) -> dict[str, Any]:
        table: Any = {"x": rows, "flag": True} if len(form.path) > 1 else rows
        return {form.path[0]: table, **others}

    reader = Reader(form, by_column=by_column)
    found = [reader.read(json.dumps(body([row])).encode()) for row in [*rows, *rows]]
    alike = [one for one in found if one is not None and found[0] is not None and one.kind == found[0].kind]
    taken = [row for row, one in zip([*rows, *rows], found, strict=True) if one in alike]
    assert len(taken) == len([*rows, *rows]) or (by_column and form.path == ("Inputs", "x"))
    assert json.loads(joined(alike)) == body(taken)


def test_others_beside_the_rows_must_be_equal() -> None:
    bodies = [
        {"Inputs": {"x": [[1]]}, "method": "predict"},
        {"Inputs": {"x": [[1]]}, "method": "proba"},
        {"Inputs": {"x": [[1]]}},
        {"Inputs": {"x": [[1]], "y": 1}},
        {"Inputs": {"x": [["a"]]}},
        {"Inputs": {"x": [["2020-01-01"]]}},
        {"Inputs": {"x": [[None]]}},
        {"Inputs": {"x": [[1, 2]]}},
    ]
    found = [TYPED.read(json.dumps(body).encode()) for body in bodies]
    assert None not in found
    assert len({one.kind for one in found if one is not None}) == len(bodies)
    for other in ({"Inputs": {"y": [[1]]}}, {"Inputs": [[1]]}, {"Inputs": {"x": [{"a": 1}]}}, {"Inputs": {"x": []}}):
        assert TYPED.read(json.dumps(other).encode()) is None


def test_a_split_frame_is_numbered_again_and_only_where_it_was_numbered() -> None:
    reader = Reader(Form(("t",), "split", False), by_column=False)

    def read(**table: Any) -> Any:
        return reader.read(json.dumps({"t": {"columns": ["a", "b"], **table}}).encode())

    numbered = [read(index=[0], data=[[1, 2]]), read(index=[0, 1], data=[[3, 4], [5, 6]])]
    assert json.loads(joined(numbered)) == {
        "t": {"columns": ["a", "b"], "index": [0, 1, 2], "data": [[1, 2], [3, 4], [5, 6]]}
    }
    bare = read(data=[[1, 2]])
    assert json.loads(joined([bare, bare])) == {"t": {"columns": ["a", "b"], "data": [[1, 2], [1, 2]]}}
    assert bare.kind != numbered[0].kind == numbered[1].kind
    assert read(index=[7], data=[[1, 2]]) is None
    assert read(index=["a"], data=[[1, 2]]) is None
    assert read(data=[[1, 2]], name="x") is None
    assert reader.read(b'{"t": [[1, 2]]}') is None
    other = reader.read(b'{"t": {"columns": ["b", "a"], "data": [[1, 2]]}}')
    assert other is not None
    assert other.kind != bare.kind


def test_only_rows_of_the_family_that_was_proved_are_found() -> None:
    reader = Reader(Form(), by_column=False, family=(2, b""))
    assert reader.read(b'{"data": [[1, 2.5]]}') is not None
    for other in (b"[[1]]", b"[[1, null]]", b'[[1, "a"]]', b"[[1, [2]]]"):
        assert reader.read(b'{"data": %s}' % other) is None


def test_a_body_too_large_to_gain_anything_goes_alone() -> None:
    row = b"[" + b",".join([b"1.5"] * 100_000) + b"]"
    assert READER.read(b'{"data": [%s]}' % row) is not None
    assert READER.read(b'{"data": [%s]}' % b",".join([row] * 3)) is None
    text = json.dumps({"data": [["a" * 300_000]]}).encode()
    assert READER.read(text) is None
