"""The user's own package index, asked for release days."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from homeport.environments.index import JSON, IndexUnreachableError, PackageIndex

FILES = [
    {"filename": "thing-1.0-py3-none-any.whl", "upload-time": "2020-01-02T10:00:00Z"},
    {"filename": "thing-1.1-py3-none-any.whl", "upload-time": "2020-02-02T10:00:00Z"},
]


@contextlib.contextmanager
def index(files: list[dict[str, Any]], seen: list[tuple[str, str | None, str | None]]) -> Iterator[str]:
    """An index that knows `thing`; `seen` gets path, credentials and what was accepted of each request."""

    class Index(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers.get("Authorization"), self.headers.get("Accept")))
            body = json.dumps({"files": files}).encode()
            self.send_response(200 if self.path == "/simple/thing/" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}/simple"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_releases_are_asked_for_as_json_and_kept_for_a_while(tmp_path: Path) -> None:
    seen: list[tuple[str, str | None, str | None]] = []
    with index(FILES, seen) as place:
        environ = {"UV_DEFAULT_INDEX": f"http://{place}", "PIP_CONFIG_FILE": "/dev/null"}
        first = PackageIndex(tmp_path, environ=environ).releases("thing")
        again = PackageIndex(tmp_path, environ=environ).releases("thing")
    assert [release.version for release in first] == [Version("1.0"), Version("1.1")]
    assert again == first
    assert seen == [("/simple/thing/", None, JSON)]


def test_credentials_of_the_address_are_sent_and_not_in_it(tmp_path: Path) -> None:
    seen: list[tuple[str, str | None, str | None]] = []
    with index(FILES, seen) as place:
        environ = {"PIP_INDEX_URL": f"http://me:se%40cret@{place}", "PIP_CONFIG_FILE": "/dev/null"}
        PackageIndex(tmp_path, environ=environ).releases("thing")
    assert seen[0][1] == "Basic " + base64.b64encode(b"me:se@cret").decode()


def test_a_name_that_the_index_does_not_have_is_no_failure(tmp_path: Path) -> None:
    with index(FILES, []) as place:
        environ = {"UV_DEFAULT_INDEX": f"http://{place}", "PIP_CONFIG_FILE": "/dev/null"}
        assert PackageIndex(tmp_path, environ=environ).releases("nothing") == ()


def test_an_index_without_days_says_so(tmp_path: Path) -> None:
    with index([{"filename": "thing-1.0-py3-none-any.whl"}], []) as place:
        environ = {"UV_DEFAULT_INDEX": f"http://{place}", "PIP_CONFIG_FILE": "/dev/null"}
        with pytest.raises(IndexUnreachableError, match="when its files were uploaded"):
            PackageIndex(tmp_path, environ=environ).releases("thing")


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/simple", "file:///nowhere/simple"])
def test_an_index_that_does_not_answer_says_so(address: str, tmp_path: Path) -> None:
    environ = {"UV_DEFAULT_INDEX": address, "PIP_CONFIG_FILE": "/dev/null"}
    with pytest.raises(IndexUnreachableError):
        PackageIndex(tmp_path, environ=environ).releases("thing")


def test_where_nothing_is_set_uv_says_which_index_it_is(tmp_path: Path) -> None:
    found = PackageIndex(tmp_path, environ={"PIP_CONFIG_FILE": "/dev/null"})._usual_address()
    assert found.startswith("http")
