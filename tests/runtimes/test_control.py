from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from homeport.errors import UnavailableError
from homeport.runtimes.control import ask, control_path, make_socket_folder


@contextmanager
def host(path: Path, answer: bytes) -> Iterator[list[bytes]]:
    """A host that gives one answer, and the requests that it got."""
    got: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as lines:
                got.append(lines.readline())
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield got
        thread.join()


def test_a_request_is_one_line_and_the_reply_is_the_line_with_ok(tmp_path: Path) -> None:
    logged: list[str] = []
    answer = b'{"log": "starting\\n"}\n{"log": "more"}\n{"ok": true, "generation": 2}\n'
    with host(tmp_path / "s", answer) as got:
        reply = ask(tmp_path / "s", {"do": "switch"}, on_line=logged.append)
    assert json.loads(got[0]) == {"format": 1, "do": "switch"}
    assert reply == {"ok": True, "generation": 2}
    assert logged == ["starting", "more"]


@pytest.mark.parametrize("answer", [b"", b'{"log": "x"}\n', b'{"ok": tr', b"[1]\n"])
def test_a_host_that_goes_away_in_the_middle_is_an_error(tmp_path: Path, answer: bytes) -> None:
    with host(tmp_path / "s", answer), pytest.raises(OSError, match="host"):
        ask(tmp_path / "s", {"do": "status"})


def test_nobody_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        ask(tmp_path / "s", {"do": "status"})


def test_a_silent_host_is_an_error_in_time(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        with pytest.raises(TimeoutError):
            ask(tmp_path / "s", {"do": "status"}, timeout=0.05)


def test_a_socket_path_is_short_wherever_the_service_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = Path("/home") / ("x" * 300) / "services" / "iris"
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert control_path(deep).parent == Path(f"/tmp/homeport-{os.getuid()}")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/tmp")
    assert control_path(deep).parent == Path("/tmp/homeport")
    long = tmp_path / ("y" * 100)
    long.mkdir()
    for unusable in (long, tmp_path / "nowhere"):
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(unusable))
        assert control_path(deep).parent == Path(f"/tmp/homeport-{os.getuid()}")
    assert len(str(control_path(deep))) < 104


def test_services_of_two_homes_have_sockets_of_their_own() -> None:
    assert control_path(Path("/a/services/iris")) != control_path(Path("/b/services/iris"))
    assert control_path(Path("/a/services/iris")) == control_path(Path("/a/services/iris"))


def test_the_sockets_folder_is_private_and_nobody_elses(tmp_path: Path) -> None:
    make_socket_folder(tmp_path / "mine")
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o700
    (tmp_path / "mine").chmod(0o777)
    make_socket_folder(tmp_path / "mine")
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o700
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    with pytest.raises(UnavailableError, match="belongs to somebody else"):
        make_socket_folder(tmp_path / "link")
