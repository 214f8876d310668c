from __future__ import annotations

import inspect
from typing import Any

import pytest

from homeport.worker import inputs


def parameters(function: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def arguments(body: bytes, method: str = "POST", query: str = "") -> dict[str, Any]:
    about = {"method": method, "query": query}
    found: dict[str, Any] = inputs.arguments_of(about, body, parameters(lambda x, y=5, *, z=None: 0))
    return found


def test_what_run_does_not_take_is_left_out_and_defaults_fill_the_rest() -> None:
    assert arguments(b'{"x": 1, "other": 2, "X": 3}') == {"x": 1, "y": 5, "z": None}
    assert arguments(b'{"x": 1, "x": 2, "z": 4}') == {"x": 2, "y": 5, "z": 4}


def test_a_query_is_an_object_too() -> None:
    assert arguments(b"ignored", "GET", "x=%5B1,2%5D&y=a+b&z=NaN&z=%C3%A9")["x"] == [1, 2]
    assert arguments(b"", "GET", "x&y=1&y=two") == {"x": "", "y": [1, "two"], "z": None}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_may_come_in_any_utf(encoding: str) -> None:
    assert arguments('{"x": "é世"}'.encode(encoding))["x"] == "é世"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"x", "not JSON"),
        (b'{"x": "\xff"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"1.0", "it is float"),
        (b"null", "it is null"),
        (b"[1]", "it is list"),
        (b"{}", "missing: `x`"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_the_reason(body: bytes, words: str) -> None:
    with pytest.raises(inputs.BadInput, match=words):
        arguments(body)


def test_text_is_handed_on_as_it_is() -> None:
    assert inputs.text_of({"method": "POST", "query": "a=1"}, "é".encode()) == "é"
    assert inputs.text_of({"method": "GET", "query": "a=1&t=h%C3%A9"}, b"ignored") == '{"a": 1, "t": "h\\u00e9"}'
    with pytest.raises(inputs.BadInput, match="not UTF-8"):
        inputs.text_of({"method": "POST", "query": ""}, b"\xff")
