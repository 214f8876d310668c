"""One request to a service, against a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from homeport.errors import WebserviceException
from homeport.sdk.scoring_client import post_json


class Echo(BaseHTTPRequestHandler):
    """Says what it was sent; a path such as /500 is the status of the answer, whose body is what was sent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = int(self.path[1:] or 200)
        said = {"type": self.headers["Content-Type"], "body": body.decode()}
        answer = json.dumps(said).encode() if self.path == "/" else body
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments: object) -> None:
        return None


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("body", "sent"),
    [('{"a": 1}', '{"a": 1}'), (b"bytes", "bytes"), ({"a": [1]}, '{"a": [1]}'), ("é", "é"), ("", "")],
)
def test_text_and_bytes_go_as_they_are_and_values_as_json(server: str, body: object, sent: str) -> None:
    assert post_json(f"{server}/", body) == {"type": "application/json", "body": sent}


def test_a_proxy_of_the_environment_is_not_asked(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert post_json(f"{server}/", "x")["body"] == "x"


@pytest.mark.parametrize(
    ("status", "said", "shown"),
    [(500, {"message": "it broke"}, "500: it broke"), (404, "plain", "404: plain"), (202, [1], "202: [1]")],
)
def test_another_status_is_an_error_with_the_servers_words(server: str, status: int, said: object, shown: str) -> None:
    with pytest.raises(WebserviceException) as caught:
        post_json(f"{server}/{status}", said)
    assert shown in caught.value.message
    assert (caught.value.status_code, bool(caught.value.hint)) == (status, True)


def test_a_good_answer_that_is_not_json_is_a_json_error(server: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        post_json(f"{server}/200", "not json")


def test_nobody_there_is_an_error_with_a_next_step() -> None:
    with pytest.raises(WebserviceException, match="nothing answers") as caught:
        post_json("http://127.0.0.1:9/score", "x")
    assert "homeport service list" in str(caught.value.hint)
