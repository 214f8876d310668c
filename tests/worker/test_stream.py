"""Streams out of real workers: how items are framed, what ends them, what is left running."""

from __future__ import annotations

import json

import pytest

from homeport.worker import wire
from tests.conftest import need_interpreter
from tests.worker.conftest import MINORS, Start

COUNTING = """
import sys
def init(): pass
def run(data):
    try:
        for number in range(int(data)):
            yield {"n": number}
    finally:
        print("closed")
"""
ASYNC = """
import asyncio
def init(): pass
async def run(data):
    for number in range(int(data)):
        await asyncio.sleep(0)
        yield [number, None]
"""


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize(("script", "item"), [(COUNTING, '{"n": %d}'), (ASYNC, "[%d, null]")])
def test_a_generator_is_streamed_as_lines_of_json_or_as_events(
    start: Start, minor: str, script: str, item: str
) -> None:
    worker = start(script, interpreter=need_interpreter(minor))
    answer, first = worker.score(b"3")
    assert (answer["outcome"], answer["stream"], answer["type"], first) == ("ok", True, "application/x-ndjson", b"")
    assert worker.chunks() == ([(item % n).encode() + b"\n" for n in range(3)], None)
    answer, _ = worker.score(b"2", events=True)
    assert answer["type"].startswith("text/event-stream")
    assert worker.chunks() == ([b"data: " + (item % n).encode() + b"\n\n" for n in range(2)], None)
    assert worker.score(b"0")[0]["stream"]
    assert worker.chunks() == ([], None)


def test_an_async_run_is_awaited_on_one_loop(start: Start) -> None:
    script = """
import asyncio
lock = None
def init(): pass
async def run(data):
    global lock
    lock = lock or asyncio.Lock()
    async with lock:
        await asyncio.sleep(0.001)
        return {"data": data}
"""
    worker = start(script)
    assert [worker.value(b"a"), worker.value(b"b")] == [{"data": "a"}, {"data": "b"}]


def test_bytes_are_streamed_as_they_are(start: Start) -> None:
    worker = start("def init(): pass\ndef run(data): return iter([b'a', b'', bytearray(b'b')])\n")
    assert worker.score(b"")[0]["type"] == "application/octet-stream"
    assert worker.chunks() == ([b"a", b"b"], None)


def test_an_error_before_the_first_item_is_an_error_of_run(start: Start) -> None:
    worker = start("def init(): pass\ndef run(data):\n    raise ValueError('early')\n    yield 1\n")
    assert worker.score(b"")[0] == {"outcome": "raised"}


def test_an_error_midway_says_so_at_the_end_and_the_next_request_is_served(start: Start) -> None:
    worker = start("def init(): pass\ndef run(data):\n    yield 1\n    yield object() if data else 1 / 0\n")
    for data, words in ((b"", "ZeroDivisionError"), (b"x", "object")):
        worker.score(data)
        chunks, error = worker.chunks()
        assert chunks == [b"1\n"]
        assert words in str(error)
    assert "ZeroDivisionError" in worker.leave()[1]


def test_a_stop_closes_the_generator_and_one_that_comes_too_late_is_ignored(start: Start) -> None:
    worker = start(COUNTING)
    worker.score(b"1000000000")
    assert worker.frame() == (wire.CHUNK, b'{"n": 0}\n')
    wire.send_frames(worker.connection, [(wire.STOP, b"{}")])
    assert worker.chunks()[1] is None
    wire.send_frames(worker.connection, [(wire.STOP, b"{}")])
    worker.score(b"1")
    assert worker.chunks() == ([b'{"n": 0}\n'], None)
    assert worker.leave()[1].count("closed") == 2


def test_a_worker_is_held_back_by_whoever_does_not_read(start: Start) -> None:
    script = """
made = 0
def init(): pass
def run(data):
    if data == "how many":
        return made
    return pieces()
def pieces():
    global made
    while True:
        made += 1
        yield b"x" * 65536
"""
    worker = start(script)
    worker.score(b"")
    worker.connection.settimeout(60)
    for _ in range(10):
        assert worker.frame()[0] == wire.CHUNK
    wire.send_frames(worker.connection, [(wire.STOP, b"{}")])
    rest, _ = worker.chunks()
    assert worker.value(b"how many") <= 10 + len(rest) + 1
    assert len(rest) < 1000  # what a socket holds, not what time allows


def test_a_large_piece_is_cut(start: Start) -> None:
    worker = start("def init(): pass\ndef run(data): return iter([bytes(3 << 20)])\n")
    worker.score(b"")
    chunks, _ = worker.chunks()
    assert [len(chunk) for chunk in chunks] == [wire.STEP] * 3


def test_leaving_inside_a_stream_ends_the_worker(start: Start) -> None:
    worker = start("import sys\ndef init(): pass\ndef run(data):\n    yield 1\n    sys.exit(5)\n")
    worker.score(b"")
    assert worker.frame() == (wire.CHUNK, b"1\n")
    assert worker.reader.read() is None
    assert worker.leave()[0] == 5


def test_what_is_iterable_and_has_a_json_form_is_a_value(start: Start) -> None:
    script = """
class Rows:
    def __iter__(self): return self
    def __next__(self): raise StopIteration
    def toJSON(self): return '[1]'
def init(): pass
def run(data): return Rows()
"""
    assert start(script).value() == json.loads("[1]")
