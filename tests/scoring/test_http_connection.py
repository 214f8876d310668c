"""The edge over real sockets: order, patience, refusals, streams, slow and vanishing clients, closing."""

from __future__ import annotations

import random
import socket
import time

import pytest

from homeport.scoring.http_connection import Patience
from tests.conftest import count
from tests.scoring.conftest import until
from tests.scoring.edge import LARGE, ToyCore, read_all, running_edge, statuses
from tests.scoring.test_http_requests import ACCEPTED, REFUSED

LAST = b"Connection: close\r\n\r\n"
EXPECTING = b"POST /b HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"


def test_pipelined_requests_are_answered_in_their_order() -> None:
    with running_edge() as edge:
        paths = [b"/a", b"/stream", b"/b", b"/large", b"/c"]
        requests = b"".join(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path for path in paths)
        answers = edge.ask(requests + b"GET /last HTTP/1.1\r\nHost: a\r\n" + LAST)
    assert statuses(answers) == [200] * 6
    order = [answers.index(text) for text in (b"GET /a?", b"piece 0", b"GET /b?", b"xxxx", b"GET /c?", b"GET /last?")]
    assert order == sorted(order)


def test_no_more_is_begun_than_one_request_of_a_connection() -> None:
    with running_edge() as edge, edge.connect() as client:
        client.sendall(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
        until(lambda: edge.core.seen)
        with edge.connect() as other:
            other.sendall(b"GET /other HTTP/1.1\r\nHost: a\r\n" + LAST)
            read_all(other)
        assert [request.path for request in edge.core.seen] == ["/wait", "/other"]
        edge.core.release.set()
        client.shutdown(socket.SHUT_WR)
        assert statuses(read_all(client)) == [200] * 1001


def test_a_connection_is_kept_as_its_client_wishes() -> None:
    with running_edge(Patience()) as edge:
        kept = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        answers = edge.ask(kept + b"GET / HTTP/1.0\r\n\r\n" + b"GET /never HTTP/1.0\r\n\r\n")
        assert statuses(answers) == [200, 200]
        assert answers.count(b"connection: keep-alive") == 1
        assert answers.count(b"connection: close") == 1


def test_head_has_the_length_and_not_the_body() -> None:
    with running_edge() as edge:
        answer = edge.ask(b"HEAD /large HTTP/1.1\r\nHost: a\r\n" + LAST)
        assert b"content-length: %d\r\n" % LARGE in answer
        assert answer.endswith(b"\r\n\r\n")
        assert edge.ask(b"HEAD /stream HTTP/1.1\r\nHost: a\r\n" + LAST).endswith(b"\r\n\r\n")
        assert edge.core.closed_streams == 0 or edge.core.closed_streams == 1
        assert b"content-length" not in edge.ask(b"GET /empty HTTP/1.1\r\nHost: a\r\n" + LAST)


def test_a_client_that_asks_first_is_told_to_continue_in_its_turn() -> None:
    with running_edge(Patience()) as edge, edge.connect() as client:
        client.sendall(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n" + EXPECTING)
        found = b""
        while b"100 Continue\r\n\r\n" not in found:
            found += client.recv(4096)
        client.sendall(b"abcGET /c HTTP/1.1\r\nHost: a\r\n" + LAST)
        found += read_all(client)
    assert statuses(found) == [200, 100, 200, 200]
    assert b"POST /b? 3" in found


def test_a_body_that_comes_unasked_is_not_welcomed_twice() -> None:
    with running_edge() as edge:
        data = EXPECTING + b"abcGET /c HTTP/1.1\r\nHost: a\r\n" + LAST
        assert statuses(edge.ask(data)) == [200, 200]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_answered_after_what_came_before_and_closes(name: str) -> None:
    status, data = REFUSED[name]
    core = ToyCore(max_body=1000)
    with running_edge(core=core) as edge:
        answers = edge.ask(
            b"GET /before HTTP/1.1\r\nHost: a\r\n\r\n" + data + b"GET /after HTTP/1.1\r\nHost: a\r\n\r\n"
        )
    assert statuses(answers) == [200, status]
    assert [request.path for request in core.seen] == ["/before"]
    assert b'{"message":' in answers


def test_a_refused_body_of_any_size_leaves_time_to_read_why() -> None:
    with running_edge() as edge:
        answer = edge.ask(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 8_000_000)
    assert statuses(answer) == [413]


def test_slow_clients_are_cut_off() -> None:
    with running_edge() as edge:
        assert statuses(edge.ask(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")) == [408]
        assert statuses(edge.ask(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")) == [408]
        assert statuses(edge.ask(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")) == [
            408
        ]
        assert edge.ask(b"") == b""
        assert statuses(edge.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")) == [200]  # idle from then on, and closed


def test_a_client_that_reads_nothing_is_cut_off_and_holds_nobody_up() -> None:
    with running_edge() as edge:
        with edge.connect() as stuck:
            stuck.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
            assert statuses(edge.ask(b"GET / HTTP/1.1\r\nHost: a\r\n" + LAST)) == [200]
            until(lambda: edge.connections == 0)
        assert len([request for request in edge.core.seen if request.path == "/large"]) == 1


def test_a_slow_reader_gets_every_byte() -> None:
    with running_edge(Patience()) as edge, edge.connect() as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n" + LAST)
        got = 0
        while part := client.recv(1 << 18):
            got += len(part)
            time.sleep(0.001)
    assert got > LARGE


def test_a_stream_is_chunks_and_to_an_old_client_plain_bytes() -> None:
    with running_edge() as edge:
        assert edge.ask(b"GET /stream HTTP/1.1\r\nHost: a\r\n" + LAST).endswith(b"8\r\npiece 2\n\r\n0\r\n\r\n")
        old = edge.ask(b"GET /stream HTTP/1.0\r\n\r\n")
    assert old.endswith(b"\r\n\r\npiece 0\npiece 1\npiece 2\n")


def test_a_client_that_leaves_ends_its_stream() -> None:
    core = ToyCore()
    core.release.set()  # a long one
    with running_edge(Patience(), core) as edge:
        with edge.connect() as client:
            client.sendall(b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
            client.recv(100)
        until(lambda: core.closed_streams)
        until(lambda: edge.connections == 0)


def test_a_client_that_closes_its_side_only_still_gets_its_answer() -> None:
    with running_edge(Patience()) as edge:
        assert statuses(edge.ask(b"GET / HTTP/1.0\r\n\r\n", end=True)) == [200]
        assert statuses(
            edge.ask(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /large HTTP/1.1\r\nHost: a\r\n\r\n", end=True)
        ) == [200, 200]


def test_a_fault_of_the_core_costs_its_own_connection_and_is_written_down() -> None:
    with running_edge() as edge:
        assert edge.ask(b"GET /raises HTTP/1.1\r\nHost: a\r\n\r\n") == b""
        assert edge.ask(b"GET /injected HTTP/1.1\r\nHost: a\r\n\r\n") == b""
        assert statuses(edge.ask(b"GET / HTTP/1.1\r\nHost: a\r\n" + LAST)) == [200]
        until(lambda: b"the core is wrong" in edge.log.data and b"line break" in edge.log.data)


def test_closing_finishes_what_is_in_hand_and_says_that_it_was_the_last() -> None:
    core = ToyCore()
    with running_edge(Patience(), core) as edge:
        idle, busy = edge.connect(), edge.connect()
        busy.sendall(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: core.seen)
        edge.call(edge.listener.stop_accepting)
        until(lambda: edge.listener.closing)
        core.release.set()
        answer = read_all(busy)
        assert b"connection: close" in answer
        assert answer.endswith(b"GET /wait? 0")
        busy.close()
    assert read_all(idle) == b""
    idle.close()


@pytest.mark.soak
def test_no_bytes_from_anywhere_crash_it_hang_it_or_leak_a_connection() -> None:
    dice = random.Random(5)
    good = [text for text, _ in ACCEPTED.values()]
    bad = [text for _, text in REFUSED.values()]
    with running_edge() as edge:
        for number in range(count(60, 5000)):
            data = b"".join(dice.choice(good + bad) for _ in range(dice.randint(1, 4)))
            data = data[: dice.randint(0, len(data))] if dice.random() < 0.5 else data
            with edge.connect() as client:
                try:
                    for start in range(0, len(data), step := dice.choice((1 << 20, 1000, 97))):
                        client.sendall(data[start : start + step])
                    if dice.random() < 0.3:
                        client.shutdown(socket.SHUT_WR)
                    if dice.random() < 0.7:
                        read_all(client)
                except OSError:
                    pass  # it was refused while it still sent
            if number % 20 == 0:
                assert statuses(edge.ask(b"GET / HTTP/1.1\r\nHost: a\r\n" + LAST)) == [200]
        until(lambda: edge.connections == 0)
        assert b"Traceback" not in edge.log.data
