"""Requests that are sent ahead to a busy worker: never lost with it, never run twice, never its hostages."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from homeport.scoring.hand import LONGEST_AHEAD
from tests.conftest import count
from tests.scoring.conftest import Running, Serve, until
from tests.scoring.load import load

# Quick, but for what is asked to wait for a file; each run writes its id down in one call of the system.
SCRIPT = """
import json, os, time

def init():
    pass

def run(data, request_headers):
    with open({log!r}, "a") as log:
        log.write(request_headers.get("X-Request-Id", "-") + " " + data + "\\n")
    if data.startswith("wait "):
        while not os.path.exists(data[5:]):
            time.sleep(0.005)
    return "done"
"""
QUICK = 80  # requests after which every worker has shown to be quick


def ask_quickly(running: Running, times: int = QUICK) -> None:
    connection = running.connect()
    for number in range(times):
        connection.request("POST", "/score", "quick", {"x-request-id": f"quick-{number}"})
        assert connection.getresponse().read() == b'"done"'
    connection.close()


def post(running: Running, body: str, name: str) -> socket.socket:
    """Send a request, and do not wait for its answer."""
    client = socket.create_connection(("127.0.0.1", running.port))
    head = f"POST /score HTTP/1.1\r\nHost: x\r\nX-Request-Id: {name}\r\nContent-Length: {len(body)}\r\n\r\n"
    client.sendall((head + body).encode())
    return client


def logged(log: Path) -> list[str]:
    return [line.partition(" ")[0] for line in log.read_text().splitlines()] if log.exists() else []


def test_nobody_waits_behind_a_long_run_while_another_worker_is_free(serve: Serve, tmp_path: Path) -> None:
    log, release = tmp_path / "log", tmp_path / "release"
    running = serve(SCRIPT.format(log=str(log)), workers=2)
    with load(running.port, connections=2):
        until(lambda: len(logged(log)) > 2 * QUICK)
    for number in range(count(5, 100)):
        release.unlink(missing_ok=True)
        long = post(running, f"wait {release}", "long")
        behind = [post(running, "quick", f"behind-{number}-{each}") for each in range(6)]
        assert [client.recv(12) for client in behind] == [b"HTTP/1.1 200"] * 6
        release.touch()
        assert long.recv(12) == b"HTTP/1.1 200"
        for client in (long, *behind):
            client.close()


def test_a_request_sent_ahead_whose_client_hangs_up_is_not_run(serve: Serve, tmp_path: Path) -> None:
    log, release = tmp_path / "log", tmp_path / "release"
    running = serve(SCRIPT.format(log=str(log)))
    for number in range(count(5, 50)):
        ask_quickly(running)
        release.unlink(missing_ok=True)
        long = post(running, f"wait {release}", f"long-{number}")
        gone = post(running, "quick", f"gone-{number}")
        until(lambda name=f"long-{number}": name in logged(log))
        until(lambda: waiting(running) == 1)
        gone.close()
        closed = time.monotonic()
        until(lambda since=closed: time.monotonic() > since + 20 * LONGEST_AHEAD)  # by then it has been taken back
        release.touch()
        assert long.recv(12) == b"HTTP/1.1 200"
        long.close()
        assert f"gone-{number}" not in logged(log)


@pytest.mark.soak
def test_every_request_runs_once_whatever_becomes_of_its_worker(serve: Serve, tmp_path: Path) -> None:
    log = tmp_path / "log"
    running = serve(SCRIPT.format(log=str(log)), workers=2)
    kills = count(10, 300)
    told: list[tuple[str, int]] = []
    stop = threading.Event()

    def client(name: int) -> None:
        connection, number = running.connect(), 0
        while not stop.is_set():
            number += 1
            connection.request("POST", "/score", "quick", {"x-request-id": f"{name}-{number}"})
            response = connection.getresponse()
            response.read()
            told.append((f"{name}-{number}", response.status))
        connection.close()

    clients = [threading.Thread(target=client, args=(name,)) for name in range(8)]
    for each in clients:
        each.start()
    for _ in range(kills):
        mark = len(told)
        until(lambda mark=mark: len(told) > mark + 2 * QUICK)
        until(lambda: len(running.worker_pids()) == 2)
        victim = running.worker_pids()[0]
        os.kill(victim, signal.SIGKILL)
        until(lambda gone=victim: gone not in running.worker_pids())
    stop.set()
    for each in clients:
        each.join()
    ran = logged(log)
    assert len(ran) == len(set(ran))
    assert {name for name, status in told if status == 200} <= set(ran)
    assert {status for _, status in told} <= {200, 502}
    assert sum(status == 502 for _, status in told) <= kills


def waiting(running: Running) -> int:
    text = running.ask("GET", "/metrics").body.decode()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("homeport_queue_length ")))
