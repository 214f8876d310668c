from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import url2pathname

import pytest

from homeport.environments import build_environment, lock_environment
from homeport.environments.conda_channels import Place, places_of
from homeport.environments.conda_reach import reachable
from homeport.environments.conda_settings import CondaSettings
from homeport.errors import EnvironmentBuildError
from tests.conftest import lacking
from tests.environments.channel import CondaPackage, index, write_package
from tests.environments.conda import conda_definition
from tests.environments.conftest import Lines


@pytest.mark.timeout(60)
def test_a_channel_that_does_not_answer_is_said_at_once_with_the_ways_out() -> None:
    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(conda_definition(["http://127.0.0.1:9/lab"], "python", "a"), progress=Lines())
    assert "channel `http://127.0.0.1:9/lab` cannot be reached" in caught.value.message
    hint = caught.value.hint or ""
    assert "--engine uv" in hint and "HOMEPORT_CONDA_MIRRORS" in hint


def test_a_mirror_that_does_not_answer_is_passed_over(tmp_path: Path) -> None:
    dead, alive = "http://127.0.0.1:9/x", tmp_path.as_uri()
    place = Place(name="x", address="https://x.example", given="https://x.example", asked=(dead, alive))
    assert reachable([place], CondaSettings()) == (alive,)


def test_a_channel_behind_a_dead_proxy_names_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    settings = CondaSettings(variables={"HTTPS_PROXY": "http://127.0.0.1:9"})
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    with pytest.raises(EnvironmentBuildError, match=r"through the proxy 127\.0\.0\.1:9"):
        reachable(places_of(["https://x.example/lab"], settings), settings)


def test_a_channel_that_is_no_channel_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(conda_definition([tmp_path.as_uri()], "python", "a"), progress=Lines())
    assert "cannot resolve `science`" in caught.value.message
    assert caught.value.hint


class _Guarded(SimpleHTTPRequestHandler):
    """Serves a folder to who knows the password."""

    def do_GET(self) -> None:
        if self.headers.get("Authorization") != "Basic YWRhOmh1c2g=":  # ada:hush
            self.send_error(401)
            return
        super().do_GET()

    do_HEAD = do_GET

    def log_message(self, *words: object) -> None:
        return None


@pytest.fixture
def small(tmp_path: Path) -> Path:
    folder = tmp_path / "channel"
    write_package(folder, CondaPackage(name="python", version="3.9.7", files={"bin/python": b"#!/bin/sh\n"}))
    write_package(folder, CondaPackage(name="note", version="1.0", files={"share/note.txt": b"note\n"}))
    index(folder)
    return folder


def served(folder: Path, handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))  # type: ignore[arg-type]
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def guarded(small: Path) -> Iterator[int]:
    yield from served(small, _Guarded)


def test_credentials_in_an_address_or_a_netrc_open_a_channel(
    guarded: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOMEPORT_CONDA_CACHE", str(tmp_path / "cache"))
    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(conda_definition([f"http://127.0.0.1:{guarded}"], "python", "note"), progress=Lines())
    assert caught.value.hint and "netrc" in caught.value.hint
    told = Lines()
    lock = lock_environment(conda_definition([f"http://ada:hush@127.0.0.1:{guarded}"], "python", "note"), progress=told)
    folder = build_environment(lock, tmp_path / "home", progress=told).folder
    assert folder is not None
    assert (folder / "share" / "note.txt").read_text() == "note\n"
    texts = [path.read_text() for path in folder.rglob("*.json")]
    assert not [text for text in (*texts, str(told)) if "hush" in text]

    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password hush\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    lock_environment(conda_definition([f"http://127.0.0.1:{guarded}"], "python", "note"), progress=Lines())


class _Open(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        return None


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-made authority's certificate for 127.0.0.1, and its key beside it."""
    pem = tmp_path / "ca.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    words += ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    words += ["-keyout", str(tmp_path / "key.pem"), "-out", str(pem)]
    try:
        subprocess.run(words, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        lacking("openssl")
    return pem


def test_authorities_of_ones_own_are_trusted_where_they_are_named(
    small: Path, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOMEPORT_CONDA_CACHE", str(tmp_path / "cache"))
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "CONDA_SSL_VERIFY"):
        monkeypatch.delenv(name, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, tmp_path / "key.pem")
    for port in served(small, _Open, context):
        definition = conda_definition([f"https://127.0.0.1:{port}"], "python", "note")
        with pytest.raises(EnvironmentBuildError) as caught:
            lock_environment(definition, progress=Lines())
        assert caught.value.hint and "SSL_CERT_FILE" in caught.value.hint
        for name, value in (
            ("SSL_CERT_FILE", str(certificate)),
            ("REQUESTS_CA_BUNDLE", str(certificate)),
            ("CONDA_SSL_VERIFY", str(certificate)),
            ("CONDA_SSL_VERIFY", "false"),
        ):
            with monkeypatch.context() as patch:
                patch.setenv(name, value)
                assert lock_environment(definition, progress=Lines()).conda


def test_a_proxy_is_asked(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEPORT_CONDA_CACHE", str(tmp_path / "cache"))
    for name in ("no_proxy", "NO_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)

    class Proxy(_Open):
        """Answers for `channel.example`, whose folder it has."""

        def translate_path(self, path: str) -> str:
            return super().translate_path(url2pathname(path.partition("channel.example")[2]))

    for port in served(small, Proxy):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        lock = lock_environment(conda_definition(["http://channel.example"], "python", "note"), progress=Lines())
        assert lock.channels == ("http://channel.example",)


@pytest.mark.timeout(60)  # the engine alone would wait for minutes
def test_one_that_accepts_and_says_nothing_is_not_waited_for() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        channel = f"http://127.0.0.1:{silent.getsockname()[1]}/lab"
        with pytest.raises(EnvironmentBuildError, match="cannot be reached"):
            lock_environment(conda_definition([channel], "python", "a"), progress=Lines())


def test_a_lock_of_a_named_channel_is_built_from_a_mirror(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOMEPORT_CONDA_CACHE", str(tmp_path / "cache"))
    mirrors = f"conda-forge=http://127.0.0.1:9/dead conda-forge={small.as_uri()}"
    monkeypatch.setenv("HOMEPORT_CONDA_MIRRORS", mirrors)
    lock = lock_environment(conda_definition(["conda-forge"], "python", "note"), progress=Lines())
    small.rename(tmp_path / "moved")
    monkeypatch.setenv("HOMEPORT_CONDA_MIRRORS", f"conda-forge={(tmp_path / 'moved').as_uri()}")
    folder = build_environment(lock, tmp_path / "home", progress=Lines()).folder
    assert folder is not None
    assert (folder / "share" / "note.txt").read_text() == "note\n"
    assert str(tmp_path / "moved") not in "".join(path.read_text() for path in folder.glob("conda-meta/*.json"))
