"""A request to a model file: every shape of `data`, and what is wrong with the others."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from homeport.worker.model_request import BadInput, Named, Nested, Table, Texts, read_request


def read(data: Any, **more: Any) -> Any:
    return read_request(json.dumps({"data": data, **more}))


@pytest.mark.parametrize(
    ("data", "columns", "rows"),
    [
        ([[1, 2], [3, 4]], None, [[1, 2], [3, 4]]),
        ([{"a": 1, "b": 2}, {"b": 4, "a": 3}], ["a", "b"], [[1, 2], [3, 4]]),
        ([{"a": 1}, {"b": 4}], ["a", "b"], [[1, None], [None, 4]]),
        ({"columns": ["a", "b"], "index": [7, 8], "data": [[1, 2], [3, 4]]}, ["a", "b"], [[1, 2], [3, 4]]),
    ],
)
def test_rows_records_and_split_are_tables(data: Any, columns: Any, rows: Any) -> None:
    table = read(data).data
    assert isinstance(table, Table)
    assert (table.columns, table.rows) == (columns, rows)


@pytest.mark.parametrize("data", [{"a": [1, 3], "b": [2, 4]}, {"a": {"0": 1, "1": 3}, "b": {"0": 2, "1": 4}}])
def test_columns_by_name_and_what_pandas_writes_are_a_table_too(data: Any) -> None:
    named = read(data).data
    assert isinstance(named, Named)
    assert (named.table().columns, named.table().rows) == (["a", "b"], [[1, 2], [3, 4]])


def test_texts_and_deeper_lists_keep_their_form() -> None:
    texts, deep = read(["one", "two"]).data, read([[[1, 2]], [[3, 4]]]).data
    assert isinstance(texts, Texts)
    assert texts.items == ["one", "two"]
    assert isinstance(deep, Nested)
    assert deep.values == [[[1, 2]], [[3, 4]]]


def test_the_method_is_predict_unless_one_or_several_are_named() -> None:
    assert read([[1]]).methods == ["predict"]
    assert read([[1]], method="transform").methods == ["transform"]
    assert read([[1]], method=["predict", "predict_proba"]).methods == ["predict", "predict_proba"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[[1, 2]]", "must be a JSON object with `data`"),
        ('{"rows": [[1]]}', "must be a JSON object with `data`"),
        ('{"data": [[1]], "metod": "x"}', "`metod`, which means nothing"),
        ('{"data": []}', "`data` is empty"),
        ('{"data": {}}', "`data` is empty"),
        ('{"data": [[]]}', "rows of `data` are empty"),
        ('{"data": 3}', "`data` must be rows"),
        ('{"data": [[1, 2], [3]]}', "row 2 of `data` has 1 values, the first has 2"),
        ('{"data": [[1], 2]}', "mixes rows with values"),
        ('{"data": {"columns": ["a"], "data": [[1, 2]]}}', "row 1 of `data` does not have a value for each"),
        ('{"data": [[1]], "method": 3}', "`method` must be a name"),
        ('{"data": [[1]], "method": []}', "`method` must be a name"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_send(body: str, words: str) -> None:
    with pytest.raises(BadInput, match=re.escape(words)):
        read_request(body)


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(BadInput, match="2 and 3 values"):
        read({"a": [1, 2], "b": [1, 2, 3]}).data.table()


def test_a_method_that_is_named_often_is_asked_once() -> None:
    assert read_request(json.dumps({"data": [[1]], "method": ["predict"] * 1000 + ["apply"]})).methods == [
        "predict",
        "apply",
    ]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"data": [[1]], "model": ["a"]}, "`model` must be the name"),
        ({"data": [[1]], "model": {}}, "`model` must be the name"),
        ({"data": {"columns": ["a", "a"], "data": [[1, 2]]}}, "a name twice"),
    ],
)
def test_names_are_texts_and_there_once(body: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_request(json.dumps(body))
