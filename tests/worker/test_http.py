"""Raw mode and flask's responses in real workers, on the oldest and the newest Python that has flask."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MODEL_MINORS
from tests.worker.conftest import Start

RAW = """
from flask import request as global_request, jsonify
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse

def init(): pass

@rawhttp
def run(request):
    what = request.args.get("do")
    if what == "echo":
        return AMLResponse(request.get_data(), 201, {"Content-Type": request.content_type})
    if what == "stream":
        def pieces():
            yield global_request.method
            yield request.args["do"]
        return AMLResponse(pieces(), 200)
    if what == "raise":
        request.get_json()
    return jsonify(
        method=request.method, path=request.path, query=request.query_string.decode(), remote=request.remote_addr,
        args=request.args.to_dict(flat=False), form=request.form.to_dict(), json=request.get_json(silent=True),
        files={k: f.read().decode() for k, f in request.files.items()}, headers=dict(request.headers),
        cookies=dict(request.cookies), is_request=isinstance(request, AMLRequest),
        same=global_request.url == request.url, length=len(request.get_data()))
"""


def about(method: str = "POST", query: str = "", fields: dict[str, str] | None = None) -> dict[str, Any]:
    given = [(name.lower(), value) for name, value in (fields or {}).items()]
    return {"method": method, "query": query, "path": "/score", "client": "10.0.0.9", "fields": given}


@pytest.mark.soak
@pytest.mark.parametrize("minor", MODEL_MINORS)
def test_run_is_given_the_request_as_it_came(start: Start, model_python: Callable[[str], Path], minor: str) -> None:
    worker = start(RAW, interpreter=model_python(minor))
    assert worker.ready, worker.about
    assert (worker.about["mode"], worker.about["wants_request"]) == ("raw", True)

    def seen(body: bytes = b"", **told: Any) -> Any:
        answer, payload = worker.score(body, **about(**told))
        assert (answer["outcome"], answer["status"]) == ("response", 200), answer
        return json.loads(payload)

    got = seen(
        method="GET", query="a=1&a=2&b=%C3%A9", fields={"Host": "x.example:81", "X-Custom": "c", "Cookie": "k=v"}
    )
    assert (got["method"], got["path"], got["query"]) == ("GET", "/score", "a=1&a=2&b=%C3%A9")
    assert got["args"] == {"a": ["1", "2"], "b": ["é"]}
    assert (got["headers"]["X-Custom"], got["cookies"], got["remote"]) == ("c", {"k": "v"}, "10.0.0.9")
    assert got["is_request"]
    assert got["same"]
    assert seen(b'{"a": 1}', fields={"Content-Type": "application/json", "Content-Length": "8"})["json"] == {"a": 1}
    form = {"Content-Type": "application/x-www-form-urlencoded", "Transfer-Encoding": "chunked"}
    assert seen(b"a=1&b=22", fields=form)["form"] == {"a": "1", "b": "22"}
    parts = b'--B\r\nContent-Disposition: form-data; name="f"; filename="t"\r\n\r\nabc\r\n--B--\r\n'
    many = {"Content-Type": "multipart/form-data; boundary=B", "Content-Length": str(len(parts))}
    assert seen(parts, fields=many)["files"] == {"f": "abc"}
    assert "X-Two" not in seen(fields={"X_Two": "smuggled"})["headers"]
    assert seen(method="OPTIONS")["method"] == "OPTIONS"


@pytest.mark.soak
@pytest.mark.parametrize("minor", MODEL_MINORS)
def test_bodies_go_back_as_bytes_or_as_streams(start: Start, model_python: Callable[[str], Path], minor: str) -> None:
    worker = start(RAW, interpreter=model_python(minor))
    blob = bytes(range(256))
    answer, body = worker.score(blob, **about(query="do=echo", fields={"Content-Type": "image/png"}))
    assert (answer["status"], answer["headers"], body) == (201, [["Content-Type", "image/png"]], blob)
    assert worker.score(b"", **about(query="do=stream"))[0]["stream"]
    assert worker.chunks() == ([b"POST", b"stream"], None)
    assert worker.score(b"", **about("HEAD", "do=stream"))[1] == b""
    assert worker.score(b"{", **about(query="do=raise", fields={"Content-Type": "application/json"}))[0] == {
        "outcome": "raised"
    }


@pytest.mark.parametrize("package", ["azureml/contrib/services", "azureml_inference_server_http/api"])
def test_a_rawhttp_of_another_server_that_is_installed_is_not_the_one_imported(
    start: Start, tmp_path: Path, package: str
) -> None:
    real = tmp_path / "site" / package
    real.mkdir(parents=True)
    (real / "aml_request.py").write_text("def rawhttp(function): return function\n")
    script = f"from {package.replace('/', '.')}.aml_request import rawhttp\n"
    worker = start(
        script + "def init(): pass\n@rawhttp\ndef run(request): return request.method\n",
        PYTHONPATH=str(tmp_path / "site"),
    )
    assert worker.about["mode"] == "raw"
    assert worker.value(**about()) == "POST"


ANSWERS = """
from flask import Response, jsonify, send_file, request
from azureml.contrib.services.aml_response import AMLResponse as A

def init(): pass

def closing(name):
    response = Response(iter(["a", "b"]))
    response.call_on_close(lambda: print(name, "closed"))
    return response

def run(data):
    return eval(data)
"""


@pytest.fixture
def answers(start: Start) -> Callable[[str], tuple[dict[str, Any], bytes]]:
    worker = start(ANSWERS)
    return lambda words: worker.score(words.encode(), **about())


@pytest.mark.parametrize(
    ("words", "status", "headers", "body"),
    [
        ("A('t', 200)", 200, [["Content-Type", "text/html; charset=utf-8"]], b"t"),
        ("A(None, 200)", 200, [["Content-Type", "application/json"]], b"{}"),
        ("A({'a': 1}, 400, json_str=True)", 400, [["Content-Type", "application/json"]], b'{"a": 1}'),
        ("A('t', 200, {'content-type': 'a/b'}, True)", 200, [["Content-Type", "a/b"]], b'"t"'),
        ("A('', 204, {'X-A': 'a, b,c'})", 204, [["X-A", "a"], ["X-A", "b"], ["X-A", "c"]], b""),
        ("A({'a': 1, 'b': 2}, 200)", 200, [["Content-Type", "text/html; charset=utf-8"]], b"ab"),
        (
            "A('', 200, {'Set-Cookie': 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT'})",
            200,
            [
                ["Content-Type", "text/html; charset=utf-8"],
                ["Set-Cookie", "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT"],
            ],
            b"",
        ),
    ],
)
def test_an_answer_keeps_its_own_status_headers_and_body(
    answers: Callable[[str], tuple[dict[str, Any], bytes]], words: str, status: int, headers: list[Any], body: bytes
) -> None:
    answer, payload = answers(words)
    assert (answer["status"], payload) == (status, body)
    assert [header for header in answer["headers"] if status != 204 or header[0] != "Content-Type"] == headers


def test_flags_say_whether_run_failed(answers: Callable[[str], tuple[dict[str, Any], bytes]]) -> None:
    assert answers("A('x', 200)")[0]["failed"] is False
    assert answers("A('x', 200, run_function_failed=True)")[0]["failed"] is True
    assert answers("A('x', 500)")[0]["failed"] is True
    assert answers("Response('x', 200)")[0]["failed"] is None
    assert answers("Response('x', 500)")[0]["failed"] is True


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("A('x', 200, {'X-Int': 5})", "raised"),
        ("A('x', 200, {'X-Bad': 'a\\r\\nX-Injected: 1'})", "raised"),
        ("A('x')", "raised"),
        ("A('x', 200, {'X-Far': '世'})", "unserializable"),
        ("A('x', 101)", "unserializable"),
        ("A('x', 99)", "unserializable"),
    ],
)
def test_what_is_no_http_answer_is_never_sent(
    answers: Callable[[str], tuple[dict[str, Any], bytes]], words: str, outcome: str
) -> None:
    assert answers(words)[0]["outcome"] == outcome


def test_flasks_request_works_in_string_mode_too(answers: Callable[[str], tuple[dict[str, Any], bytes]]) -> None:
    assert json.loads(answers("request.path")[1]) == "/score"


def test_a_response_is_closed_when_it_has_been_sent(start: Start) -> None:
    worker = start(ANSWERS)
    worker.score(b"closing('one')", **about())
    assert worker.chunks() == ([b"a", b"b"], None)
    worker.score(f"send_file({__file__!r})".encode(), **about())
    assert b"".join(worker.chunks()[0]) == Path(__file__).read_bytes()
    assert "one closed" in worker.leave()[1]
