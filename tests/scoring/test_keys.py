from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeport.domain.launch import Launch, ServerSpec
from homeport.scoring.keys import key_in
from tests.scoring.conftest import Running, start_process, until


@pytest.fixture
def guarded(launch: Callable[..., Launch], tmp_path: Path) -> Iterator[Running]:
    """A server in the foreground that asks for `one` or `two`."""
    (tmp_path / "keys").write_text("one\ntwo\n")
    made = launch(variables={"AML_CORS_ORIGINS": "http://page.example"})
    running = start_process(ServerSpec(launch=made, port=0, key_file=str(tmp_path / "keys")), tmp_path)
    until(lambda: running.ask("GET", "/").status == 200)
    yield running
    running.end()


def test_either_key_opens_and_nothing_else_does(guarded: Running) -> None:
    basic = base64.b64encode(b"anyone:two").decode()
    for words in ("Bearer one", "bearer two", f"Basic {basic}"):
        assert guarded.ask(body="x", authorization=words).status == 200
    for words in ("Bearer three", "Bearer ", "one", "Bearer one two", "Basic !", "Bearer on\xe9"):
        reply = guarded.ask(body="x", authorization=words)
        assert (reply.status, list(reply.json)) == (401, ["message"])
        assert reply.headers["www-authenticate"].startswith("Bearer")
        assert reply.headers["x-ms-run-function-failed"] == "False"
    assert guarded.ask(body="x").status == 401


def test_probes_need_no_key_and_everything_else_does(guarded: Running) -> None:
    for path in ("/", "/healthz", "/readyz"):
        assert guarded.ask("GET", path).status == 200
    for path in ("/score", "//score", "/swagger.json", "/docs", "/metrics"):
        assert guarded.ask("GET", path).status == 401
        assert guarded.ask("GET", path, authorization="Bearer one").status == 200


def test_a_rotated_key_is_taken_up_at_once_and_a_broken_file_lets_nobody_in(guarded: Running, tmp_path: Path) -> None:
    staged = tmp_path / "staged"
    staged.write_text('{"primary": "three", "secondary": "two"}')
    staged.replace(tmp_path / "keys")
    assert guarded.ask(body="x", authorization="Bearer one").status == 401
    assert guarded.ask(body="x", authorization="Bearer three").status == 200
    assert guarded.ask(body="x", authorization="Bearer two").status == 200
    (tmp_path / "keys").write_text("only-this")
    assert guarded.ask(body="x", authorization="Bearer three").status == 401
    until(lambda: "cannot be read" in guarded.text)
    assert "only-this" not in guarded.text
    (tmp_path / "keys").unlink()
    assert guarded.ask(body="x", authorization="Bearer three").status == 401
    (tmp_path / "keys").write_text("four five")
    assert guarded.ask(body="x", authorization="Bearer five").status == 200


def test_a_browsers_preflight_needs_no_key_and_is_not_scored(guarded: Running) -> None:
    asked = {"origin": "http://page.example", "access_control_request_method": "POST"}
    reply = guarded.ask("OPTIONS", "/score", **asked)
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, "http://page.example")
    assert "GET, POST" in reply.headers["access-control-allow-methods"]
    assert guarded.ask("OPTIONS", "/score").status == 401
    refused = guarded.ask(body="x", origin="http://page.example")
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (401, "http://page.example")


@pytest.mark.parametrize(
    ("header", "key"),
    [(None, None), ("", None), ("Bearer", None), ("Bearer  k ", b"k"), ("Digest k", None), ("Basic azpw", b"p")],
)
def test_the_key_of_a_header(header: str | None, key: bytes | None) -> None:
    assert key_in(header) == key
