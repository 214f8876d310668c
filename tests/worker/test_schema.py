"""Object mode in real workers, on the oldest and the newest Python that has the packages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MODEL_MINORS
from tests.worker.conftest import Start

NAMES = """
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType as N
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType as P
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as S
from inference_schema.schema_decorators import input_schema, output_schema
import numpy as np, pandas as pd
"""
FLOWERS = (
    NAMES
    + """
import functools

def shout(function):
    @functools.wraps(function)
    def louder(*args, **kwargs):
        return function(*args, **kwargs)
    return louder

def init(): pass

@input_schema("rows", N(np.array([[1.0, 2.0]])))
@input_schema("table", P(pd.DataFrame({"name": ["a"], "age": [1]})))
@input_schema("limit", S(1.5))
@output_schema(S([1.0]))
@shout
def run(rows, table, limit=2.5, request_headers=None):
    if limit > 100:
        raise ValueError("not a flower")
    return {"rows": rows.sum(), "dtype": str(rows.dtype), "ages": table["age"].tolist(), "limit": limit,
            "probe": request_headers.get("X-Probe")}
"""
)
GOOD: dict[str, Any] = {"rows": [[1, 2], [3, 4]], "table": [{"name": "x", "age": "7"}]}


def sent(**changed: Any) -> bytes:
    return json.dumps({**GOOD, **changed}).encode()


@pytest.mark.soak
@pytest.mark.parametrize("minor", MODEL_MINORS)
def test_values_are_converted_and_described_as_the_decorators_say(
    start: Start, model_python: Callable[[str], Path], minor: str
) -> None:
    worker = start(FLOWERS, interpreter=model_python(minor))
    assert worker.ready, worker.about
    assert (worker.about["mode"], worker.about["wants_headers"]) == ("object", True)
    assert worker.value(sent(more=1), headers={"X-Probe": "p"}) == {
        "rows": 10.0,
        "dtype": "float64",
        "ages": [7],
        "limit": 2.5,
        "probe": "p",
    }
    schemas = worker.about["schemas"]
    assert {"2.0", "3.0"} <= set(schemas["versions"])
    assert schemas["input"]["properties"]["rows"]["items"]["items"] == {"type": "number", "format": "double"}
    assert schemas["input"]["example"]["limit"] == 1.5
    assert schemas["output"]["example"] == [1.0]
    assert sorted(schemas["tables"]) == [["rows"], ["table"]]


@pytest.mark.soak
@pytest.mark.parametrize("minor", MODEL_MINORS)
def test_a_value_that_does_not_fit_is_the_callers_and_its_field_is_named(
    start: Start, model_python: Callable[[str], Path], minor: str
) -> None:
    worker = start(FLOWERS, interpreter=model_python(minor))
    wrong = {
        "rows": [[[1, 2, 3]], [["a", "b"]], [], "x", [[1, 2], [3]]],
        "table": ["abc", [{"name": "x"}], [{"name": "x", "age": 1, "z": 1}], [{"name": "x", "age": None}]],
        "limit": ["1", None, [1]],
    }
    for field, values in wrong.items():
        for value in values:
            answer, _ = worker.score(sent(**{field: value}), headers={})
            assert answer["outcome"] == "bad_input", (field, value, answer)
            assert f"`{field}`" in answer["message"]
    assert worker.score(sent(limit=101.0), headers={})[0] == {"outcome": "raised"}
    assert worker.score(b'{"rows": [[1, 2]]}', headers={})[0]["message"] == "missing: `table`"


def test_a_nested_field_is_named_by_its_path(start: Start) -> None:
    script = """
inner = S({"deep": N(np.array([1.0])), "plain": 1})
def init(): pass
@input_schema("Inputs", S({"one": inner, "two": S(1)}))
@input_schema("GlobalParameters", S(1.0))
def run(Inputs, GlobalParameters): return [type(Inputs["one"]["deep"]).__name__, Inputs["two"]]
"""
    worker = start(NAMES + script)
    good: dict[str, Any] = {"Inputs": {"one": {"deep": [1], "plain": "any"}, "two": 2}, "GlobalParameters": 1}
    assert worker.value(json.dumps(good).encode()) == ["ndarray", 2]
    good["Inputs"]["one"]["deep"] = "x"
    assert "`Inputs.one.deep`" in worker.score(json.dumps(good).encode())[0]["message"]


@pytest.mark.parametrize("decorate", ["", "@unwrapped", "@wrapped"])
def test_an_error_of_run_is_never_taken_for_the_callers(start: Start, decorate: str) -> None:
    script = """
import functools
def unwrapped(function):
    def outer(x=None, y=0):
        if y == 1: raise ValueError("outer")
        return function(x=x, y=y)
    return outer
def wrapped(function):
    return functools.wraps(function)(unwrapped(function))
def init(): pass
DECORATE
@input_schema("x", S(1))
DECORATE
def run(x, y=0):
    if y == 2: raise ValueError("inner")
    if y == 3: S(1).deserialize_input("not a number")
    return x
"""
    worker = start(NAMES + script.replace("DECORATE", decorate))
    assert worker.ready, worker.about
    assert worker.value(b'{"x": 1}') == 1
    assert worker.score(b'{"x": "a"}')[0]["outcome"] == "bad_input"
    for y in (1, 2, 3) if decorate else (2, 3):
        assert worker.score(json.dumps({"x": 1, "y": y}).encode())[0] == {"outcome": "raised"}


def test_a_default_that_does_not_fit_its_schema_is_asked_for(start: Start) -> None:
    script = """
import datetime
def init(): pass
@input_schema("x", S(1))
@input_schema("when", S(datetime.datetime(2020, 1, 2)))
def run(x, when=None): return str(when)
"""
    worker = start(NAMES + script)
    assert "missing: `when`" in worker.score(b'{"x": 1}')[0]["message"]
    assert worker.value(b'{"x": 1, "when": "2021-02-03"}') == "2021-02-03 00:00:00"


def test_optional_and_unconverted_arguments_are_let_through(start: Start) -> None:
    script = """
def init(): pass
@input_schema("x", S(1), optional=True)
@input_schema("y", S(1), convert_to_provided_type=False)
def run(x=None, y=0): return [x, y]
"""
    worker = start(NAMES + script)
    assert worker.value(b"{}") == [None, 0]
    assert worker.value(b'{"x": 0, "y": "any"}') == [0, "any"]
    assert worker.score(b'{"x": "1"}')[0]["outcome"] == "bad_input"


def test_a_decorator_that_names_no_argument_is_the_scripts_fault(start: Start) -> None:
    worker = start(NAMES + 'def init(): pass\n@input_schema("nope", S(1))\ndef run(x): return x\n')
    assert worker.ready, worker.about
    assert worker.score(b'{"x": 1}')[0] == {"outcome": "raised"}


def test_a_type_of_the_users_own_converts_and_is_described(start: Start) -> None:
    script = """
from inference_schema.parameter_types.abstract_parameter_type import AbstractParameterType
class Kelvin:
    def __init__(self, value): self.value = value
class Celsius(AbstractParameterType):
    def deserialize_input(self, data): return Kelvin(data + 273.15)
    def input_to_swagger(self): return {"type": "number", "format": "celsius", "example": float("nan")}
def init(): pass
@input_schema("t", Celsius(Kelvin(0)))
async def run(t): return round(t.value, 2)
"""
    worker = start(NAMES + script)
    assert worker.about["schemas"]["input"]["example"] == {"t": None}  # NaN is no JSON
    assert worker.value(b'{"t": 1}') == 274.15
    assert "`t`" in worker.score(b'{"t": "warm"}')[0]["message"]


def test_half_a_surrogate_pair_in_a_refusal_is_still_json(start: Start) -> None:
    worker = start(NAMES + 'def init(): pass\n@input_schema("x", N(np.array([1.0])))\ndef run(x): return 1\n')
    assert "`x`" in worker.score(b'{"x": ["\\ud800"]}')[0]["message"]
