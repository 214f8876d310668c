"""What a worker has been given, over real sockets; the worker's end is read by the test."""

from __future__ import annotations

import asyncio
import os
import queue
import socket
import threading
from collections.abc import Iterator, Sequence

import pytest

from homeport.scoring.hand import Hand
from homeport.scoring.job import Job
from homeport.scoring.lane import Lane, new_lane
from homeport.scoring.messages import Present, Reply
from homeport.worker import wire
from homeport.worker.lane import Lane as WorkerLane
from tests.conftest import count

QUICK = 60  # answers that show that a worker is quick


class Ends:
    """A hand, and what comes out at the worker's end."""

    def __init__(self) -> None:
        lane = new_lane()
        assert lane is not None
        self.lane = lane
        self.connection, theirs = socket.socketpair()
        self.worker = WorkerLane(os.dup(lane.theirs.fileno()), wire.BlockingReader(theirs))
        self.theirs = theirs
        self.hand = Hand(lane, self.send)

    def send(self, frames: Sequence[wire.Frame]) -> None:
        wire.send_frames(self.connection, frames)

    def warm(self) -> None:
        for _ in range(QUICK):
            self.hand.take(job(b"warm"))
            assert self.next() == b"warm"
            self.hand.answered()

    def next(self) -> bytes:
        found = self.worker.next()
        assert found is not None
        return bytes(found[1])

    def close(self) -> None:
        self.lane.close()
        self.connection.close()
        self.theirs.close()
        self.worker._socket.close()


@pytest.fixture
def ends() -> Iterator[Ends]:
    found = Ends()
    yield found
    found.close()


def job(body: bytes) -> Job:
    return Job(b"{}", body, Present())


def test_a_job_is_sent_ahead_only_to_a_worker_that_has_shown_to_be_quick(ends: Ends) -> None:
    ends.hand.take(job(b"first"))
    assert not ends.hand.take_ahead(job(b"second"))
    assert ends.next() == b"first"
    ends.hand.answered()
    ends.warm()
    first, second = job(b"first"), job(b"second")
    ends.hand.take(first)
    assert ends.hand.take_ahead(second)
    assert not ends.hand.take_ahead(job(b"third"))
    assert (ends.next(), ends.next()) == (b"first", b"second")
    assert ends.hand.answered() is first
    assert ends.hand.first is second
    assert ends.hand.ahead is None


def test_what_the_worker_has_not_come_to_is_taken_back_and_it_never_sees_it(ends: Ends) -> None:
    ends.warm()
    ends.hand.take(job(b"first"))
    second = job(b"second")
    assert ends.hand.take_ahead(second)
    assert ends.next() == b"first"
    assert ends.hand.take_back() is second
    assert ends.hand.ahead is None
    ends.hand.answered()
    ends.hand.take(job(b"third"))
    assert ends.next() == b"third"


def test_what_the_worker_has_come_to_stays_its_own(ends: Ends) -> None:
    ends.warm()
    ends.hand.take(job(b"first"))
    assert ends.hand.take_ahead(job(b"second"))
    assert (ends.next(), ends.next()) == (b"first", b"second")
    assert ends.hand.take_back() is None
    assert ends.hand.ahead is not None


def test_a_worker_that_has_not_even_come_to_the_first_keeps_that_one(ends: Ends) -> None:
    ends.warm()
    first, second = job(b"first"), job(b"second")
    ends.hand.take(first)
    assert ends.hand.take_ahead(second)
    assert ends.hand.take_back() is second
    assert ends.hand.first is first
    assert ends.next() == b"first"


@pytest.mark.soak
def test_each_job_is_the_workers_or_comes_back_however_close_the_race(ends: Ends) -> None:
    ends.warm()
    taken: queue.Queue[bytes] = queue.Queue()

    def work() -> None:
        while (found := ends.worker.next()) is not None:
            taken.put(bytes(found[1]))

    worker = threading.Thread(target=work)
    worker.start()
    came_back = set()
    for number in range(count(2000, 100_000)):
        jobs = {name: job(name) for name in (b"first %d" % number, b"second %d" % number)}
        first, second = jobs.values()
        ends.hand.take(first)
        if not ends.hand.take_ahead(second):  # this thread has slept for too long
            assert taken.get(timeout=20) == first.body
            ends.hand.answered()
            continue
        back = ends.hand.take_back()
        if back is not None:
            came_back.add(back is first)
            del jobs[back.body]
        for name in jobs:
            assert taken.get(timeout=20) == name
            assert ends.hand.answered() is jobs[name]
    ends.lane.close()
    worker.join(20)
    assert taken.empty()
    assert False in came_back


@pytest.mark.parametrize("came_to", [0, 1, 2])
def test_of_a_worker_that_has_ended_only_what_it_came_to_is_lost(ends: Ends, came_to: int) -> None:
    ends.warm()
    jobs = [job(b"first"), job(b"second")]
    ends.hand.take(jobs[0])
    assert ends.hand.take_ahead(jobs[1])
    for _ in range(came_to):
        ends.next()
    assert ends.hand.untaken() == jobs[came_to:]
    assert ends.hand.first is (jobs[0] if came_to else None)


def test_a_body_too_large_for_a_message_comes_over_the_connection(ends: Ends) -> None:
    large = b"x" * (wire.MESSAGE_LIMIT + 1)
    ends.hand.take(job(large))
    assert not ends.hand.take_ahead(job(b"second"))
    assert ends.next() == large
    ends.hand.answered()
    ends.warm()
    ends.hand.take(job(b"first"))
    assert not ends.hand.take_ahead(job(large))


def test_a_stop_that_came_too_late_is_not_taken_for_a_body(ends: Ends) -> None:
    large = b"x" * (wire.MESSAGE_LIMIT + 1)
    ends.send([(wire.STOP, b"{}")])
    ends.hand.take(job(large))
    assert ends.next() == large


def test_without_a_lane_a_request_takes_the_connection_and_none_is_sent_ahead() -> None:
    sent: list[wire.Frame] = []
    hand = Hand(None, sent.extend)
    for _ in range(QUICK):
        hand.take(job(b"body"))
        assert not hand.take_ahead(job(b"other"))
        hand.answered()
    assert sent == [(wire.SCORE, b"{}"), (wire.BODY, b"body")] * QUICK
    hand.take(job(b"last"))
    assert hand.untaken() == []


def test_the_end_of_a_lane_is_seen_behind_what_is_in_it(ends: Ends) -> None:
    ends.hand.take(job(b"first"))
    ends.lane.close()
    assert ends.next() == b"first"
    assert ends.worker.next() is None


def test_garbage_on_a_lane_is_a_wire_error() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    lane = Lane(ours, theirs)
    worker = WorkerLane(os.dup(theirs.fileno()), wire.BlockingReader(theirs))
    for message in (b"1234" + wire.frame_head(wire.READY, 2) + b"{}", b"\xff" * 9, b"short"):
        ours.send(message)
        with pytest.raises(wire.WireError):
            worker.next()
    lane.close()
    worker._socket.close()


def test_a_job_tells_whoever_waits_once() -> None:
    async def tell() -> list[Reply]:
        told: list[Reply] = []
        one = job(b"")
        one.done = told.append
        early = one.reply
        one.finish(Reply("ok"))
        one.finish(Reply("lost"))
        return [*told, await early, await one.reply]

    assert [reply.outcome for reply in asyncio.run(tell())] == ["ok", "ok", "ok"]
