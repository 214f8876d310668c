"""Requests whose argument is a numpy array or a pandas frame, answered together: what is merged, and what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.scoring.conftest import Serve, until
from tests.scoring.test_batching import Made, batch_sizes, together_behind
from tests.scoring.test_switch import switch

BEGINNING = """
import os, time
import numpy as np, pandas as pd
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType as N
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType as P
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as S
from inference_schema.schema_decorators import input_schema, output_schema

def init(): pass

def held(first):
    while first == 100 and not os.path.exists("go"):
        time.sleep(0.001)

"""
ARRAY = (
    BEGINNING
    + """
@input_schema("data", N(np.array([[1.5, 2.25], [3.5, 4.75]])))
@output_schema(N(np.array([1.5])))
def run(data):
    held(data[0][0])
    return data.sum(axis=1)
"""
)
SERIES = (
    BEGINNING
    + """
@input_schema("data", N(np.array([1.5, 2.25])))
def run(data):
    held(data[0])
    return {"double": data * 2, "dtype": [data.dtype.kind for _ in data]}
"""
)
RECORDS = (
    BEGINNING
    + """
@input_schema("data", P(pd.DataFrame({"age": [1, 2], "name": ["a", "b"], "at": [0.5, 1.5]})))
def run(data):
    held(data["age"][0])
    if (data["age"] == 13).any():
        raise ValueError("not thirteen")
    return pd.DataFrame({"shout": data["name"].str.upper(), "sum": data["age"] + data["at"]})
"""
)
SPLIT = (
    BEGINNING
    + """
@input_schema("data", P(pd.DataFrame({"age": [1, 2], "name": ["a", "b"]}), orient="split"))
def run(data):
    held(data["age"][0])
    return [[int(number), name] for number, name in zip(data["age"], data["name"])]
"""
)
NESTED = (
    BEGINNING
    + """
@input_schema("Inputs", S({"input1": P(pd.DataFrame({"x": [1.5, 2.5]}))}))
@input_schema("GlobalParameters", S({"factor": 2.0}))
def run(Inputs, GlobalParameters={"factor": 1.0}):
    held(Inputs["input1"]["x"][0])
    return {"Results": (Inputs["input1"]["x"] * GlobalParameters["factor"]).tolist()}
"""
)
OPTIONS = {"batch_max_size": 8}
JSON = {"content_type": "application/json"}


def frame(rows: list[list[Any]]) -> list[dict[str, Any]]:
    return [{"age": age, "name": name, "at": at} for age, name, at in rows]


CASES: list[tuple[str, list[Any], list[Any]]] = [
    (ARRAY, [[[100, 1]], [[1.5, 2.5]], [[3, 4], [5, 6.5]], [["7", None]]], [[101.0], [4.0], [7.0, 11.5], [None]]),
    (SERIES, [[100], [1.5], [2, 3]], [{"double": [200.0], "dtype": ["f"]}, {"double": [3.0], "dtype": ["f"]}]),
    (
        RECORDS,
        [frame([[100, "x", 0.5]]), frame([[3, "é", 1.5]]), frame([[4, "b c", 1], [5, "", 2.5]])],
        [
            [{"shout": "X", "sum": 100.5}],
            [{"shout": "É", "sum": 4.5}],
            [{"shout": "B C", "sum": 5.0}, {"shout": "", "sum": 7.5}],
        ],
    ),
    (
        SPLIT,
        [{"columns": ["age", "name"], "index": [0], "data": [[number, "n"]]} for number in (100, 3, 4)],
        [[[100, "n"]], [[3, "n"]], [[4, "n"]]],
    ),
]


@pytest.mark.parametrize(("script", "sent", "answers"), CASES, ids=["array", "series", "records", "split"])
def test_the_decorators_own_sample_proves_it_and_each_caller_gets_its_rows(
    serve: Serve, launch: Made, script: str, sent: list[Any], answers: list[Any]
) -> None:
    running = serve(launch(script, options=OPTIONS))
    assert "batching is on" in running.text
    bodies = [json.dumps({"data": value}) for value in sent]
    replies = together_behind(running, bodies[0], bodies[1:], **JSON)
    assert [reply.status for reply in replies] == [200] * len(replies)
    for reply, answer in zip(replies, answers, strict=False):
        assert reply.body == json.dumps(answer).replace("null", "NaN").encode()
    assert batch_sizes(running)[0] == 2  # and what is of another kind, such as text for a number, alone
    for body, reply in zip(bodies, replies, strict=True):
        assert running.ask(body=body, **JSON).body == reply.body


def nested(number: float, **more: Any) -> str:
    return json.dumps({"Inputs": {"input1": [{"x": number}]}, **more})


def test_only_requests_with_equal_other_arguments_are_merged(serve: Serve, launch: Made) -> None:
    running = serve(launch(NESTED, options=OPTIONS))
    factors = [2.0, 3.0, 2.0, None, 3.0]
    bodies = [
        nested(number + 1.5, **({"GlobalParameters": {"factor": factor}} if factor else {}))
        for number, factor in enumerate(factors)
    ]
    replies = together_behind(running, nested(100), bodies, **JSON)
    assert [reply.json for reply in replies[1:]] == [
        {"Results": [(number + 1.5) * (factor or 1.0)]} for number, factor in enumerate(factors)
    ]
    assert batch_sizes(running) == (1 + 3, 6)


def test_a_value_that_does_not_fit_is_refused_alone(serve: Serve, launch: Made) -> None:
    running = serve(launch(RECORDS, options=OPTIONS))
    rows = [[2, "a", 0.5], ["x", "a", 0.5], [13, "a", 0.5], [3, "b", 1.5]]
    bodies = [json.dumps({"data": frame([row])}) for row in rows]
    replies = together_behind(running, json.dumps({"data": frame([[100, "x", 1.5]])}), bodies, **JSON)
    assert [reply.status for reply in replies[1:]] == [200, 400, 500, 200]
    assert "`data` does not fit its schema" in replies[2].json["message"]
    assert replies[4].json == [{"shout": "B", "sum": 4.5}]


def test_a_request_without_the_content_type_is_refused_as_ever(serve: Serve, launch: Made) -> None:
    running = serve(launch(ARRAY, options=OPTIONS))
    assert running.ask(body='{"data": [[1, 2]]}').status == 415
    assert running.ask("GET", "/score?data=[[1,2]]").json == [3.0]
    assert running.ask(body='{"data": [[1]]}', **JSON).status == 400


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ("return data - data.mean(axis=0)", "row 1 of 8 was answered differently beside others"),
        ("return data.sum()", "it is neither a list nor an object of lists"),
        ("return [data.sum()]", "it has 1 items for 8 rows"),
        ("raise ValueError('no')", "the sample input's first row was not answered as a row: run() failed"),
    ],
)
def test_a_script_whose_answers_do_not_agree_is_refused_and_what_serves_stays(
    serve: Serve, launch: Made, changed: str, words: str
) -> None:
    running = serve(launch(ARRAY, options=OPTIONS))
    refused = switch(running, 2, launch(ARRAY.replace("return data.sum(axis=1)", changed), options=OPTIONS))
    assert (refused["ok"], refused["error"]["kind"]) == (False, "not_row_wise")
    assert words in refused["error"]["message"]
    assert running.ask(body='{"data": [[1, 2]]}', **JSON).json == [3.0]


@pytest.mark.parametrize(
    ("decorators", "words"),
    [
        ('@input_schema("data", S([[1.5]]))', "no arguments of run() are typed as a numpy array or a pandas frame"),
        ('@input_schema("data", N(np.array([[1.5]])))\n@input_schema("more", N(np.array([[1.5]])))', "2 arguments"),
        ('@input_schema("data", P(pd.DataFrame({"a": [1]}), orient="columns"))', "`data` is not written as rows"),
    ],
)
def test_without_one_argument_of_rows_nothing_is_merged_and_the_log_says_so(
    serve: Serve, launch: Made, decorators: str, words: str
) -> None:
    running = serve(launch(f"{BEGINNING}\n{decorators}\ndef run(data, more=None): return 1\n", options=OPTIONS))
    until(lambda: "batch_max_size has no effect" in running.text)
    assert words in running.text


def test_a_sample_input_goes_before_the_decorators(serve: Serve, launch: Made) -> None:
    only_known = ARRAY.replace("    held", "    assert (data > 9).all()\n    held")
    sample = {"data": [[10.5, 11.5], [12.5, 13.5], [14.5, 15.5], [16.5, 17.5]]}
    running = serve(launch(only_known, options={**OPTIONS, "sample_input": sample}))
    assert "batching is on" in running.text


def test_a_sample_input_without_such_rows_gives_way_to_the_decorators(serve: Serve, launch: Made) -> None:
    running = serve(launch(ARRAY, options={**OPTIONS, "sample_input": [[1.5, 2.5]]}))
    assert "the sample_input has no rows at `data`: the decorator's sample is taken" in running.text
    assert "batching is on" in running.text


def test_text_requests_have_more_beside_the_rows_where_the_sample_has(serve: Serve, launch: Made) -> None:
    script = """
import json, os, time
def init(): pass
def run(data):
    data = json.loads(data)
    while data["data"][0][0] == 100 and not os.path.exists("go"):
        time.sleep(0.001)
    return [data["method"] + str(sum(row)) for row in data["data"]]
"""
    sample = {"data": [[1.5, 2.5]], "method": "a"}
    running = serve(launch(script, options={**OPTIONS, "sample_input": sample}))
    methods = ["a", "b", "a", "b"]
    bodies = [json.dumps({"data": [[1.5, 2.0]], "method": method}) for method in methods]
    replies = together_behind(running, '{"data": [[100, 1]], "method": "c"}', bodies)
    assert [reply.json for reply in replies[1:]] == [[f"{method}3.5"] for method in methods]
    assert batch_sizes(running) == (3, 5)


def test_texts_and_nested_lists_are_merged_in_string_mode_too(serve: Serve, launch: Made) -> None:
    script = """
import json, os, time
def init(): pass
def run(data):
    rows = json.loads(data)["data"]
    while rows[0]["text"] == "hold" and not os.path.exists("go"):
        time.sleep(0.001)
    return [row["text"].upper() + str(sum(row["image"][0])) for row in rows]
"""
    sample = {"data": [{"text": "a word", "image": [[1, 2], [3, 4]]}]}
    running = serve(launch(script, options={**OPTIONS, "sample_input": sample}))
    bodies = [json.dumps({"data": [{"text": text, "image": [[1, 2], [3, 4]]}]}) for text in ("hold", "é", '"}', "c")]
    replies = together_behind(running, bodies[0], bodies[1:])
    assert [reply.json for reply in replies] == [["HOLD3"], ["É3"], ['"}3'], ["C3"]]
    assert batch_sizes(running) == (2, 4)
