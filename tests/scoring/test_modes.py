"""The three input modes over HTTP, and what is answered without the script."""

from __future__ import annotations

import pytest

from homeport.scoring.messages import Present, Request
from homeport.scoring.modes import is_json, metadata, title_case
from tests.scoring.conftest import Serve

TYPED = """
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as S
from inference_schema.schema_decorators import input_schema, output_schema
def init(): pass
@input_schema("x", S(1.5))
@output_schema(S(1.5))
def run(x, request_headers): return [x, request_headers["X-Probe"]]
"""
RAW = """
from azureml.contrib.services.aml_request import rawhttp
from azureml.contrib.services.aml_response import AMLResponse
def init(): pass
@rawhttp
def run(request):
    seen = [request.remote_addr, request.method, request.full_path, request.get_data(as_text=True)]
    return AMLResponse(" ".join(seen), 200, {"X-M": "a, b"})
"""


@pytest.mark.parametrize(
    "kind",
    ["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json", " application/json ;q=1"],
)
def test_json_has_more_than_one_name(kind: str) -> None:
    assert is_json(kind)


@pytest.mark.parametrize(
    "kind",
    [None, "", "text/json", "application/jsonx", "application/x-www-form-urlencoded", "text/plain;application/json"],
)
def test_other_types_are_not_json(kind: str | None) -> None:
    assert not is_json(kind)


def test_headers_are_only_sent_to_a_script_that_asks_for_them() -> None:
    headers = [(b"x-probe", b"p"), (b"x-probe", b"q"), (b"accept", b"text/event-stream")]
    request = Request("POST", "/score", "a=1", headers, b"", Present(), "10.0.0.1")
    assert metadata(request, {}) == {"method": "POST", "query": "a=1", "events": True}
    assert metadata(request, {"wants_headers": True})["headers"] == title_case(headers)
    assert title_case(headers)["X-Probe"] == "p,q"
    raw = metadata(request, {"wants_request": True})
    assert (raw["path"], raw["client"]) == ("/score", "10.0.0.1")
    assert raw["fields"] == [("x-probe", "p"), ("x-probe", "q"), ("accept", "text/event-stream")]


def test_typed_arguments_come_from_json_or_a_query(serve: Serve) -> None:
    running = serve(TYPED)
    good = {"Content-Type": "application/json", "X-Probe": "p"}
    assert running.ask("POST", "/score", '{"x": 2.5, "y": 1}', **good).json == [2.5, "p"]
    assert running.ask("GET", "/score?x=2", X_Probe="q").json == [2, "q"]
    assert running.ask("OPTIONS").body == b""
    assert running.ask("HEAD").status == 405
    described = running.ask("GET", "/swagger.json?version=3.1").json["components"]["schemas"]["ServiceInput"]
    assert described["example"] == {"x": 1.5, "request_headers": ""}


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        ('{"x": 1}', "text/plain", 415, "Content-Type: application/json"),
        ("", "application/json", 400, "empty"),
        ("[1]", "application/json", 400, "it is list"),
        ("{}", "application/json", 400, "missing: `x`"),
        ('{"x": "1"}', "application/json", 400, "`x` does not fit"),
    ],
)
def test_bad_input_is_the_callers_and_says_why(serve: Serve, body: str, kind: str, status: int, words: str) -> None:
    running = serve(TYPED)
    reply = running.ask("POST", "/score", body, Content_Type=kind, X_Probe="p")
    assert (reply.status, reply.headers["x-ms-run-function-failed"]) == (status, "False")
    assert "x-ms-run-fn-exec-ms" not in reply.headers
    assert words in reply.json["message"]


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_raw_mode_sees_every_method(serve: Serve, method: str) -> None:
    reply = serve(RAW).ask(method, "/score?a=1", "body" if method == "POST" else None)
    assert reply.body.decode() == f"127.0.0.1 {method} /score?a=1 {'body' if method == 'POST' else ''}"
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert "x-ms-run-fn-exec-ms" in reply.headers


def test_raw_mode_answers_head_with_headers_alone(serve: Serve) -> None:
    reply = serve(RAW).ask("HEAD")
    assert (reply.status, reply.body) == (200, b"")
