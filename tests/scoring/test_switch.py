"""Generations under load: what the clients of a service see while it is updated, and when a worker is killed."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from homeport.domain.launch import Launch
from tests.conftest import count
from tests.scoring.conftest import Running, Serve, until
from tests.scoring.load import CONNECTIONS, Load, load

Made = Callable[..., Launch]


def says(word: str) -> str:
    return f"def init(): print('init of {word}')\ndef run(data): return {word!r}\n"


RAISES = "def init():\n    print('so far')\n    raise ValueError('broken on purpose')\ndef run(data): return 'never'\n"


def switch(
    running: Running, number: int, launch: Launch, port: int | None = None, logs: list[str] | None = None
) -> dict[str, Any]:
    return running.tell(
        {"do": "switch", "generation": number, "launch": dict(launch.to_json()), "port": port}, logs=logs
    )


@pytest.mark.soak
def test_updates_under_load_fail_no_request(serve: Serve, launch: Made) -> None:
    launches = {word: launch(says(word), workers=2) for word in ("odd", "even")}
    running = serve(launches["odd"])
    updates = count(3, 50)
    with load(running.port) as seen:
        for number in range(2, updates + 2):
            word = "odd" if number % 2 else "even"
            before = seen.words[word]
            assert switch(running, number, launches[word]) == {"ok": True, "generation": number, "port": running.port}
            until(lambda word=word, before=before: seen.words[word] > before + CONNECTIONS)
    assert seen.errors == []
    assert set(seen.statuses) == {200}
    assert set(seen.words) == {"odd", "even"}
    assert seen.connects == CONNECTIONS
    assert (running.folder / "state" / "current").read_text() == f"{updates + 1}\n"
    until(lambda: len(running.worker_pids()) == 2)
    assert running.end() == 0


@pytest.mark.soak
def test_updates_whose_init_raises_change_nothing(serve: Serve, launch: Made) -> None:
    running = serve(launch(says("first"), workers=2))
    broken = launch(RAISES, workers=2)
    pids = running.worker_pids()
    with load(running.port) as seen:
        for number in range(2, count(2, 20) + 2):
            logs: list[str] = []
            reply = switch(running, number, broken, logs=logs)
            assert (reply["ok"], reply["error"]["kind"]) == (False, "init_failed")
            assert "broken on purpose" in reply["error"]["detail"]
            assert any("so far" in line for line in logs)
    assert seen.errors == []
    assert set(seen.statuses) == {200}
    assert set(seen.words) == {"first"}
    assert running.worker_pids() == pids
    assert running.tell({"do": "status"})["generation"] == 1


@pytest.mark.soak
def test_a_killed_worker_under_load_costs_its_request_alone_and_is_soon_replaced(serve: Serve) -> None:
    running = serve(
        "import os, time\ndef init(): pass\ndef run(data):\n    time.sleep(0.005)\n    return os.getpid()\n", workers=2
    )
    kills = count(2, 20)
    waited = []
    with load(running.port) as seen:
        for _ in range(kills):
            pids = until(
                lambda: len(found := running.worker_pids()) == 2 and set(map(str, found)) <= set(seen.words) and found
            )
            victim, known = pids[0], set(seen.words)
            os.kill(victim, signal.SIGKILL)
            began = time.monotonic()
            until(lambda known=known: set(seen.words) - known)
            waited.append(time.monotonic() - began)
    assert seen.errors == []
    assert set(seen.statuses) <= {200, 502}
    assert seen.statuses[502] <= kills
    assert all("SIGKILL" in message for message in seen.messages)
    assert seen.connects == CONNECTIONS
    print(f"a new worker answered after {sorted(waited)[len(waited) // 2]:.3f} s (median), {max(waited):.3f} s (worst)")


def both_have_answered(running: Running, seen: Load) -> list[int]:
    pids = running.worker_pids()
    return pids if len(pids) == 2 and set(map(str, pids)) <= set(seen.words) else []


def test_a_changed_port_is_bound_first_and_old_connections_are_answered(serve: Serve, launch: Made) -> None:
    running = serve(launch(says("old")))
    old_port = running.port
    kept = running.connect()
    kept.request("POST", "/score", "x")
    assert kept.getresponse().read() == b'"old"'
    new_port = free_port()
    assert switch(running, 2, launch(says("new")), port=new_port)["port"] == new_port
    kept.request("POST", "/score", "x")
    response = kept.getresponse()
    assert (response.read(), response.headers["connection"]) == (b'"new"', "close")
    kept.close()
    running.port = new_port
    assert running.ask(body="x").json == "new"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", old_port), timeout=5)


def test_a_port_that_is_taken_changes_nothing(serve: Serve, launch: Made) -> None:
    running = serve(launch(says("old")))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        reply = switch(running, 2, launch(says("new")), port=taken.getsockname()[1])
    assert (reply["ok"], reply["error"]["kind"]) == (False, "port_in_use")
    assert running.ask(body="x").json == "old"


def test_a_request_in_hand_finishes_in_the_old_generation(serve: Serve, launch: Made) -> None:
    running = serve(
        launch("import time\ndef init(): pass\ndef run(data):\n    time.sleep(float(data or 0))\n    return 'old'\n")
    )
    connection = running.connect()
    connection.request("POST", "/score", "1.5")
    until(lambda: running.tell({"do": "status"})["workers"][0]["state"] == "busy")
    assert switch(running, 2, launch(says("new")))["ok"]
    assert running.ask(body="x").json == "new"
    assert connection.getresponse().read() == b'"old"'
    connection.close()


def test_what_waited_for_the_old_generation_is_answered_by_the_new(serve: Serve, launch: Made) -> None:
    running = serve(
        launch("import time\ndef init(): pass\ndef run(data):\n    time.sleep(float(data))\n    return 'old'\n")
    )
    busy, waiting = running.connect(), running.connect()
    busy.request("POST", "/score", "2")
    until(lambda: running.tell({"do": "status"})["workers"][0]["state"] == "busy")
    waiting.request("POST", "/score", "0")
    assert switch(running, 2, launch(says("new")))["ok"]
    assert waiting.getresponse().read() == b'"new"'
    assert busy.getresponse().read() == b'"old"'
    busy.close()
    waiting.close()


def test_a_stop_by_the_control_socket_answers_and_exits_0(serve: Serve) -> None:
    running = serve()
    assert running.tell({"do": "stop"}) == {"ok": True}
    assert running.process.wait(30) == 0
    assert running.control is not None
    assert not running.control.exists()


WRONG = [
    ({"format": 2, "do": "status"}, "unknown_format"),
    ({"format": None, "do": "status"}, "unknown_format"),
    ({"do": "dance"}, "unknown_verb"),
    ({"do": "switch"}, "bad_request"),
    ({"do": "switch", "generation": 2, "launch": {"nothing": 1}}, "bad_request"),
    ({"do": "switch", "generation": "x", "launch": {}}, "bad_request"),
]


def test_a_request_that_is_none_is_refused_with_its_reason(serve: Serve) -> None:
    running = serve()
    for request, kind in WRONG:
        reply = running.tell(request)
        assert (reply["ok"], reply["error"]["kind"]) == (False, kind)
        assert reply["error"]["message"]
    assert running.tell({"do": "status"})["state"] == "running"


def test_the_control_socket_is_for_its_user_alone(serve: Serve) -> None:
    control = serve().control
    assert control is not None
    assert control.stat().st_mode & 0o777 == 0o600


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port
