"""Routes, methods, ids and CORS over the wire, as the contract's sections 3, 4 and 6 have them."""

from __future__ import annotations

import re
import socket

import pytest

from tests.scoring.conftest import Serve

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NOT_THERE = ["/nothing", "/score/", "/Score", "/SWAGGER.JSON", "/score/x", "/healthz/"]
NOT_ALLOWED = [("PUT", "/score"), ("DELETE", "/score"), ("PATCH", "/score"), ("POST", "/"), ("POST", "/swagger.json")]


def test_every_route_has_its_answer(serve: Serve) -> None:
    running = serve()
    for path in NOT_THERE:
        reply = running.ask("POST", path)
        assert (reply.status, list(reply.json)) == (404, ["message"]), path
        assert not {"x-request-id", "x-ms-server-version"} & reply.headers.keys()
    for method, path in NOT_ALLOWED:
        reply = running.ask(method, path)
        assert (reply.status, list(reply.json)) == (405, ["message"]), path
        assert not {"x-request-id", "x-ms-server-version", "allow"} & reply.headers.keys()
        assert reply.headers["x-ms-run-function-failed"] == "False"
    for path in ("//score", "/%73core", "/score?a=1"):
        assert running.ask("POST", path, "x").json == {"data": "x"}
    assert running.ask("HEAD", "/").status == 200
    assert running.ask("HEAD", "/score").status == 405
    assert running.ask("OPTIONS", "/score").body == b""
    assert running.ask("GET", "/score?a=1").json == {"data": '{"a": 1}'}
    assert running.ask("GET", "/swagger.json").json["swagger"] == "2.0"
    assert running.ask("GET", "/swagger.json?version=3.1").json["openapi"] == "3.1.0"
    assert running.ask("GET", "/swagger.json?version=9").status == 404


IDS: list[tuple[dict[str, str], dict[str, str | None]]] = [
    ({}, {"x-request-id": "NEW", "x-ms-request-id": "NEW", "x-ms-client-request-id": None}),
    ({"x-request-id": "A"}, {"x-request-id": "A", "x-ms-request-id": "A", "x-ms-client-request-id": None}),
    ({"x-ms-request-id": "B"}, {"x-request-id": "NEW", "x-ms-request-id": "B", "x-ms-client-request-id": "B"}),
    ({"x-ms-client-request-id": "C"}, {"x-request-id": "NEW", "x-ms-request-id": "C", "x-ms-client-request-id": "C"}),
    ({"x-request-id": ""}, {"x-request-id": None, "x-ms-request-id": None}),
    ({"TraceId": "T"}, {"traceid": "T"}),
    ({"x-request-id": "r" * 101}, {"x-request-id": None, "x-ms-request-id": None}),
    ({"x-ms-request-id": "m" * 101}, {"x-request-id": "NEW", "x-ms-request-id": None, "x-ms-client-request-id": None}),
]


def test_ids_are_echoed_as_the_reference_echoes_them(serve: Serve) -> None:
    running = serve()
    for sent, expected in IDS:
        for path in ("/score", "/"):
            reply = running.ask("POST" if path == "/score" else "GET", path, **sent)
            assert reply.status == (431 if any(len(value) > 100 for value in sent.values()) else 200)
            for name, value in expected.items():
                found = reply.headers.get(name)
                assert UUID.fullmatch(found or "") if value == "NEW" else found == value, (sent, name)


CORS = [
    ("http://a.example, http://b.example", "http://b.example", "http://b.example", "Origin"),
    ("http://a.example, http://b.example", "http://c.example", None, None),
    ("http://b.example, http://a.example", None, "http://a.example", "Origin"),
    ("http://a.example", "HTTP://A.EXAMPLE", "HTTP://A.EXAMPLE", None),
    ("*", "http://x.example", "http://x.example", "Origin"),
    ("*", None, "*", None),
    (r"http://.*\.example$", "http://deep.example", "http://deep.example", None),
]


@pytest.mark.parametrize(("origins", "origin", "allowed", "vary"), CORS)
def test_cors_is_the_references(
    serve: Serve, origins: str, origin: str | None, allowed: str | None, vary: str | None
) -> None:
    running = serve(variables={"AML_CORS_ORIGINS": origins})
    reply = running.ask(body="x", **({"Origin": origin} if origin else {}))
    assert reply.status == 200
    assert reply.headers.get("access-control-allow-origin") == allowed
    assert reply.headers.get("vary") == vary
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-one"}
    preflight = running.ask("OPTIONS", **asked, **({"Origin": origin} if origin else {}))
    assert preflight.headers.get("access-control-allow-methods") == ("GET, POST" if allowed else None)
    assert preflight.headers.get("access-control-allow-headers") == ("x-one" if allowed else None)
    assert "access-control-allow-origin" not in running.ask("PUT").headers


def test_a_query_and_a_status_are_in_the_access_line_and_health_is_not(serve: Serve) -> None:
    running = serve()
    running.ask("POST", "/score?secret=1", "x")
    running.ask("GET", "/nothing")
    running.ask("GET", "/")
    assert re.search(r" I \[\d+\] azmlinfsrv - POST /score\?secret=1 200 \d+\.\d{3}ms 13 [\w-]{36}\n", running.text)
    assert "GET /" not in running.text


def test_broken_http_is_answered_with_400_and_the_server_goes_on(serve: Serve) -> None:
    running = serve()
    for garbage in (b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"POST /score HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", running.port), timeout=30) as raw:
            raw.sendall(garbage)
            assert raw.recv(100).startswith(b"HTTP/1.1 400")
    assert running.ask(body="x").status == 200
