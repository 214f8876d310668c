"""A whole server under nonsense: requests made from its own descriptions, and bytes that are no requests at all."""

from __future__ import annotations

import json
import os
import random
import socket
from typing import Any

import pytest

from tests.conftest import count
from tests.scoring.conftest import Running, Serve, until
from tests.scoring.edge import read_all, statuses
from tests.scoring.test_http_requests import ACCEPTED, REFUSED

PARSING = """
import json
def init():
    pass
def run(data):
    return json.loads(data)
"""
EXPECTED = {200, 400, 404, 405, 413, 414, 415, 417, 431, 500, 505}  # 500 where run() cannot parse what it was sent


def test_every_described_operation_answers_any_body_with_a_described_shape(serve: Serve) -> None:
    running = serve(PARSING)
    dice = random.Random(6)
    for version in ("2", "3", "3.1"):
        paths: dict[str, Any] = running.ask("GET", f"/swagger.json?version={version}").json["paths"]
        for _ in range(count(15, 1000)):
            path = dice.choice(list(paths))
            method = dice.choice([*(name.upper() for name in paths[path]), "GET", "POST", "OPTIONS", "HEAD", "PUT"])
            query = dice.choice(["", "?a=1", "?version=9", "?%zz&=", "?" + "x" * dice.randint(0, 3000)])
            kind = dice.choice(["application/json", "text/plain", "application/x-www-form-urlencoded", "", "\xff/\xfe"])
            reply = running.ask(
                method, path + query, some_body(dice), Content_Type=kind, X_Request_Id=dice.choice("ab")
            )
            assert reply.status in EXPECTED
            if reply.status >= 400 and method != "HEAD":
                assert set(reply.json) == {"message"} or "incident" in reply.json
    assert_whole(running, running.worker_pids())


def some_body(dice: random.Random) -> bytes:
    good = json.dumps(some_json(dice)).encode()
    return dice.choice([good, good[: len(good) // 2], b"", b"\xff\xfe\x00", dice.randbytes(dice.randint(0, 3000))])


def some_json(dice: random.Random, depth: int = 0) -> Any:
    leaves = [None, True, -1, 1e308, float("nan"), 2**70, "", "\u2028\ud800", "x" * 50]
    kind = dice.choice(["leaf", "list", "object"]) if depth < 4 else "leaf"
    if kind == "leaf":
        return dice.choice(leaves)
    if kind == "list":
        return [some_json(dice, depth + 1) for _ in range(dice.randint(0, 4))]
    return {dice.choice(["data", "a", ""]): some_json(dice, depth + 1) for _ in range(dice.randint(0, 4))}


@pytest.mark.soak
def test_no_bytes_cost_a_worker_a_descriptor_or_the_server(serve: Serve) -> None:
    running = serve(PARSING, workers=2)
    dice = random.Random(7)
    pids, descriptors = running.worker_pids(), open_descriptors(running)
    texts = [text.replace(b"/s", b"/score") for text, _ in ACCEPTED.values()] + [text for _, text in REFUSED.values()]
    for _ in range(count(60, 5000)):
        data = b"".join(dice.choice(texts) for _ in range(dice.randint(1, 4)))
        data = data[: dice.randint(0, len(data))] if dice.random() < 0.5 else data
        with socket.create_connection(("127.0.0.1", running.port), timeout=30) as client:
            try:
                client.sendall(data)
                if dice.random() < 0.5:
                    client.shutdown(socket.SHUT_WR)
                    read_all(client)
            except OSError:
                pass  # it was refused while it still sent
    assert_whole(running, pids)
    until(lambda: open_descriptors(running) <= descriptors)


def open_descriptors(running: Running) -> int:
    return len(os.listdir(f"/proc/{running.process.pid}/fd"))


def assert_whole(running: Running, pids: list[int]) -> None:
    assert running.worker_pids() == pids
    assert running.ask("POST", "/score", b"[1]").json == [1]
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert statuses(read_all(client)) == [200]
    assert "Traceback" not in "".join(line for line in running.text.splitlines() if "homeport/scoring" in line)
