from __future__ import annotations

import datetime
import decimal
import json
import math
import uuid
from typing import Any

import numpy as np
import pandas as pd
import pytest

from homeport.worker.encode import encode

UTC = datetime.timezone.utc


class Named:
    """Honours the page's promise: an object with toJSON()."""

    def __init__(self, made: Any) -> None:
        self._made = made

    def toJSON(self) -> Any:
        return self._made


SAME = [1, 1.5, "x", "", True, [], {}, [1, [2, None]], {"a": {"b": [1, "é"]}}, "世界"]


@pytest.mark.parametrize("value", SAME)
def test_what_json_knows_is_written_with_its_defaults(value: Any) -> None:
    assert encode(value) == json.dumps(value).encode()


ENCODED = [
    (None, "{}"),
    ([None], "[null]"),
    ((1, 2), "[1, 2]"),
    (float("nan"), "NaN"),
    ({1: "c", None: "b"}, '{"1": "c", "null": "b"}'),
    (np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
    (np.float32(1.5), "1.5"),
    (np.int64(3), "3"),
    (np.bool_(True), "true"),
    (np.array(7), "7"),
    ({"y": np.array([1.0])}, '{"y": [1.0]}'),
    (np.array(["2020-01-02"], dtype="M8[D]"), '["2020-01-02"]'),
    (np.datetime64("2020-01-02T03:04:05"), '"2020-01-02T03:04:05"'),
    ({np.int64(3): np.int64(4)}, '{"3": 4}'),
    ([{"a": {np.str_("k"): 1}}], '[{"a": {"k": 1}}]'),
    (pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), '[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]'),
    (
        pd.DataFrame({"t": pd.to_datetime(["2020-01-02", None]), "n": pd.array([1, None], dtype="Int64")}),
        '[{"t": "2020-01-02T00:00:00", "n": 1}, {"t": null, "n": null}]',
    ),
    (pd.DataFrame({"c": pd.Categorical(["x", "y"])}, index=[5, 5]), '[{"c": "x"}, {"c": "y"}]'),
    (pd.DataFrame({"a": []}), "[]"),
    (pd.Series([1.5, 2.5]), "[1.5, 2.5]"),
    (pd.Series(pd.to_datetime(["2020-01-02T03:04:05", None])), '["2020-01-02T03:04:05", null]'),
    (pd.Index(["a"]), '["a"]'),
    ([pd.NA, pd.NaT], "[null, null]"),
    (pd.Timestamp("2020-01-02T03:04:05"), '"2020-01-02T03:04:05"'),
    (datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), '"2020-01-02T03:04:05+00:00"'),
    (datetime.date(2020, 1, 2), '"2020-01-02"'),
    (datetime.timedelta(seconds=90), "90.0"),
    (decimal.Decimal("1.5"), "1.5"),
    (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
    ({1}, "[1]"),
    (Named('{"from": "toJSON"}'), '{"from": "toJSON"}'),
    ([Named({"a": np.int64(1)})], '[{"a": 1}]'),
]


@pytest.mark.parametrize(("value", "text"), ENCODED, ids=lambda value: type(value).__name__)
def test_what_the_reference_fails_on_has_its_nearest_json(value: Any, text: str) -> None:
    assert encode(value) == text.encode()


def test_a_float_keeps_all_its_digits_through_a_frame() -> None:
    value = math.pi / 3
    assert json.loads(encode(pd.DataFrame({"v": [value]}))) == [{"v": value}]


@pytest.mark.parametrize("value", [b"abc", bytearray(b"a"), object(), {(1, 2): 3}, {"a": object()}, memoryview(b"a")])
def test_what_has_no_json_form_is_an_error(value: Any) -> None:
    with pytest.raises(TypeError):
        encode(value)
