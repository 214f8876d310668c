"""Streamed answers: the queue between worker and client, and the whole way over HTTP."""

from __future__ import annotations

import asyncio
import http.client
import json

import pytest

from homeport.scoring.messages import StreamBroken
from homeport.scoring.streams import HIGH, Stream
from tests.scoring.conftest import Running, Serve, until

COUNT = """
import os, sys, time
log = os.path.join(os.environ["AML_APP_ROOT"], "closed")
def init(): pass
def run(data):
    if data == "pid":
        return os.getpid()
    return count(data)
def count(data):
    try:
        number = 0
        while data != str(number):
            if data == "slow":
                time.sleep(0.01)
            yield {"n": number, "pad": "x" * (20000 if data == "endless" else 0)}
            number += 1
        if data == "2":
            1 / 0
        if data == "3":
            os._exit(9)
    finally:
        open(log, "a").write("closed\\n")
"""


class Hand:
    """A source that only notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")

    def stop(self) -> None:
        self.told.append("stop")


def test_pieces_come_out_in_order_and_the_source_is_held_back_and_let_go() -> None:
    async def talk() -> None:
        hand = Hand()
        stream = Stream(hand, b"first")
        assert await anext(stream) == b"first"
        stream.put(b"a" * HIGH)
        assert hand.told == []
        stream.put(b"b")
        stream.put(b"c")
        assert hand.told == ["pause"]
        assert await anext(stream) == b"a" * HIGH + b"bc"
        assert hand.told == ["pause", "resume"]
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        stream.put(b"d")
        assert await waiting == b"d"
        stream.end()
        assert [piece async for piece in stream] == []
        await stream.aclose()
        assert hand.told == ["pause", "resume"]

    asyncio.run(talk())


def test_a_stream_that_is_closed_early_stops_its_source_once() -> None:
    async def talk() -> None:
        hand = Hand()
        stream = Stream(hand, b"")
        stream.put(b"x" * (HIGH + 1))
        await stream.aclose()
        await stream.aclose()
        stream.put(b"more")
        assert hand.told == ["pause", "stop", "resume"]
        assert [piece async for piece in stream] == []

    asyncio.run(talk())


def test_a_stream_that_broke_raises_behind_its_last_piece() -> None:
    async def talk() -> None:
        stream = Stream(Hand(), b"all")
        stream.end("it fell")
        assert await anext(stream) == b"all"
        with pytest.raises(StreamBroken, match="it fell"):
            await anext(stream)

    asyncio.run(talk())


def closings(running: Running) -> int:
    files = list(running.folder.glob("app*/closed"))
    return files[0].read_text().count("closed") if files else 0


def test_items_are_sent_as_they_are_made_as_lines_or_as_events(serve: Serve) -> None:
    running = serve(COUNT)
    reply = running.ask("POST", "/score", "5")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/x-ndjson")
    assert reply.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in reply.headers
    assert reply.headers["x-ms-run-function-failed"] == "False"
    assert [json.loads(line)["n"] for line in reply.body.splitlines()] == [0, 1, 2, 3, 4]
    reply = running.ask("POST", "/score", "1", Accept="text/event-stream, */*;q=0.1")
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.body == b'data: {"n": 0, "pad": ""}\n\n'


@pytest.mark.parametrize("data", ["2", "3"])
def test_a_failure_midway_cuts_the_body_off_and_the_next_request_is_served(serve: Serve, data: str) -> None:
    running = serve(COUNT)
    with pytest.raises(http.client.IncompleteRead):
        running.ask("POST", "/score", data)
    assert running.ask("POST", "/score", "1").status == 200
    assert "an answer was cut off: " in running.text


@pytest.mark.parametrize("data", ["slow", "endless"])
def test_a_client_that_hangs_up_ends_the_generator_and_keeps_the_worker(serve: Serve, data: str) -> None:
    running = serve(COUNT)
    pid = running.ask("POST", "/score", "pid").json
    connection = running.connect()
    connection.request("POST", "/score", data)
    response = connection.getresponse()
    assert json.loads(response.readline())["n"] == 0
    connection.close()
    response.close()
    until(lambda: closings(running) == 1)
    assert running.ask("POST", "/score", "pid").json == pid


def test_a_stream_holds_its_worker_and_is_drained_when_the_server_stops(serve: Serve) -> None:
    running = serve(COUNT)
    connection = running.connect()
    connection.request("POST", "/score", "30")
    response = connection.getresponse()
    first = response.readline()
    assert running.end() == 0
    assert len((first + response.read()).splitlines()) == 30
    connection.close()


def test_each_piece_has_the_deadline_of_a_whole_answer(serve: Serve) -> None:
    script = """
import time
def init(): pass
def run(data):
    for number in range(int(data)):
        time.sleep(0.3 if number < 8 else 60)
        yield number
"""
    running = serve(script, variables={"SCORING_TIMEOUT_MS": "2000"})
    assert running.ask("POST", "/score", "8").body == b"0\n1\n2\n3\n4\n5\n6\n7\n"  # longer than one deadline
    with pytest.raises(http.client.IncompleteRead):
        running.ask("POST", "/score", "9")
    assert running.ask("POST", "/score", "1").status == 200
