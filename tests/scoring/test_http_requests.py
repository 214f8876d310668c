"""What is a request, and what is refused: whole, byte by byte, and cut at random places, with the same result."""

from __future__ import annotations

import random

import pytest

from homeport.scoring.http_requests import Refused, RequestReader
from homeport.scoring.messages import Present, Request
from tests.conftest import count

HEAD = b"POST /s HTTP/1.1\r\nHost: a\r\n"
CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


class Taken:
    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.continues = 0

    def take(self, request: Request, *, last: bool, old: bool) -> None:
        self.requests.append(request)

    def expects_continue(self) -> None:
        self.continues += 1


def read(pieces: list[bytes], max_body: int = 1000) -> tuple[list[Request], int | None]:
    """(what was taken, the status of the refusal or None)."""
    taken = Taken()
    reader = RequestReader(taken, Present())
    reader.max_body = max_body
    try:
        for piece in pieces:
            reader.feed(piece)
    except Refused as refused:
        return taken.requests, refused.status
    return taken.requests, None


REFUSED = {
    "a length and chunks": (400, HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "chunks and a length": (400, HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
    "two lengths": (400, HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    "one length twice": (400, HEAD + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
    "a list of lengths": (400, HEAD + b"Content-Length: 3, 3\r\n\r\nabc"),
    "a signed length": (400, HEAD + b"Content-Length: +3\r\n\r\nabc"),
    "an empty length": (400, HEAD + b"Content-Length:\r\n\r\nabc"),
    "a length past 64 bits": (400, HEAD + b"Content-Length: 99999999999999999999\r\n\r\nabc"),
    "an unknown coding": (400, HEAD + b"Transfer-Encoding: gzip\r\n\r\n"),
    "two codings": (400, HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    "chunked twice": (400, HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "a disguised coding": (400, HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"),
    "chunks in HTTP/1.0": (400, b"POST /s HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "a chunk size that is none": (400, CHUNKS + b"zz\r\n\r\n"),
    "a chunk size with 0x": (400, CHUNKS + b"0x3\r\nabc\r\n0\r\n\r\n"),
    "a negative chunk size": (400, CHUNKS + b"-3\r\nabc\r\n0\r\n\r\n"),
    "a chunk size with a space": (400, CHUNKS + b"3 \r\nabc\r\n0\r\n\r\n"),
    "a chunk size past 64 bits": (400, CHUNKS + b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
    "a chunk longer than its size": (400, CHUNKS + b"3\r\nabcd\r\n0\r\n\r\n"),
    "a chunk ended by LF": (400, CHUNKS + b"3\nabc\r\n0\r\n\r\n"),
    "LF in a chunk extension": (400, CHUNKS + b"3;a\nb\r\nabc\r\n0\r\n\r\n"),
    "a length among the trailers": (400, CHUNKS + b"0\r\nContent-Length: 3\r\n\r\n"),
    "a folded header": (400, HEAD + b"X: a\r\n b\r\nContent-Length: 3\r\n\r\nabc"),
    "a folded first header": (400, b"POST /s HTTP/1.1\r\n Host: a\r\n\r\n"),
    "LF behind a header": (400, b"POST /s HTTP/1.1\r\nHost: a\nContent-Length: 3\r\n\r\nabc"),
    "LF behind the request line": (400, b"POST /s HTTP/1.1\nHost: a\r\n\r\n"),
    "LF alone everywhere": (400, b"POST /s HTTP/1.1\nHost: a\n\n"),
    "CR alone in a header": (400, HEAD + b"X: a\rY: b\r\n\r\n"),
    "NUL in a value": (400, HEAD + b"X: a\x00b\r\n\r\n"),
    "NUL in a name": (400, HEAD + b"X\x00: a\r\n\r\n"),
    "a control in a value": (400, HEAD + b"X: a\x01b\r\n\r\n"),
    "a space before the colon": (400, HEAD + b"Content-Length : 3\r\n\r\nabc"),
    "a tab before the colon": (400, HEAD + b"Content-Length\t: 3\r\n\r\nabc"),
    "a header without a colon": (400, HEAD + b"X\r\n\r\n"),
    "a header without a name": (400, HEAD + b": x\r\n\r\n"),
    "two hosts": (400, HEAD + b"Host: b\r\n\r\n"),
    "no host": (400, b"GET / HTTP/1.1\r\n\r\n"),
    "no host beside an absolute target": (400, b"GET http://a/s HTTP/1.1\r\nX: y\r\n\r\n"),
    "a host with a path": (400, b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    "a host with a user": (400, b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"),
    "two hosts in one": (400, b"GET / HTTP/1.0\r\nHost: a b\r\n\r\n"),
    "a port that is none": (400, b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
    "no host beside an upgrade": (400, b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
    "a control in the path": (400, b"GET /\x01 HTTP/1.1\r\n\r\n"),
    "no such method": (400, b"FETCH / HTTP/1.1\r\n\r\n"),
    "no version": (505, b"GET /\r\n\r\n"),
    "HTTP/2.0": (505, b"GET / HTTP/2.0\r\n\r\n"),
    "the preface of HTTP/2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "a tunnel": (405, b"CONNECT a:1 HTTP/1.1\r\n\r\n"),
    "another expectation": (417, HEAD + b"Expect: a miracle\r\nContent-Length: 3\r\n\r\n"),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "too long a body": (413, HEAD + b"Content-Length: 1001\r\n\r\n"),
    "too long a body in chunks": (413, CHUNKS + b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n"),
    "too long a request line": (414, b"GET /" + b"x" * 4090 + b" HTTP/1.1\r\n\r\n"),
    "too long a header": (431, HEAD + b"X: " + b"x" * 8190 + b"\r\n\r\n"),
    "too many headers": (431, HEAD + b"X: y\r\n" * 100 + b"\r\n"),
    "headers without an end": (431, HEAD + b"X: " + b"x" * 900_000),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_trusted_is_refused_however_it_is_cut(name: str) -> None:
    status, data = REFUSED[name]
    assert read([data]) == ([], status)
    if len(data) < 10_000:
        assert read([data[at : at + 1] for at in range(len(data))]) == ([], status)


ACCEPTED = {
    "a length": (HEAD + b"Content-Length: 3\r\n\r\nabc", b"abc"),
    "no body": (b"GET /s HTTP/1.1\r\nHost: a\r\n\r\n", b""),
    "chunks": (CHUNKS + b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", b"abc"),
    "chunks with extensions and trailers": (CHUNKS + b'3;a="b"\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n', b"abc"),
    "HTTP/1.0": (b"POST /s HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", b"abc"),
    "an upgrade, which is ignored": (
        HEAD + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc",
        b"abc",
    ),
    "an empty host": (b"GET /s HTTP/1.1\r\nHost:\r\n\r\n", b""),
    "a host of IPv6": (b"GET /s HTTP/1.1\r\nHost: [::1]:5001\r\n\r\n", b""),
    "a host of many kinds of characters": (b"GET /s HTTP/1.1\r\nHost: a_b-c.d%20:5001\r\n\r\n", b""),
    "no host in HTTP/1.0": (b"GET /s HTTP/1.0\r\n\r\n", b""),
    "spaces in the request line": (b"GET   /s  HTTP/1.1\r\nHost: a\r\n\r\n", b""),
    "empty lines before it": (b"\r\n\r\nGET /s HTTP/1.1\r\nHost: a\r\n\r\n", b""),
    "an absolute target": (b"GET http://a/s HTTP/1.1\r\nHost: a\r\n\r\n", b""),
    "100 headers": (b"GET /s HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 99 + b"\r\n", b""),
    "the longest header": (b"GET /s HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 8187 + b"\r\n\r\n", b""),
    "the longest request line": (b"GET /s?" + b"y" * (4094 - 16) + b" HTTP/1.1\r\nHost: a\r\n\r\n", b""),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_good_request_is_read_however_it_is_cut(name: str) -> None:
    data, body = ACCEPTED[name]
    for pieces in ([data], [data[at : at + 1] for at in range(len(data))]):
        requests, status = read(pieces)
        assert status is None
        assert [(request.path, request.body) for request in requests] == [("/s", body)]


def test_the_path_is_read_and_the_query_left() -> None:
    requests, _ = read([b"GET /sc%6Fre?a=%20b&c HTTP/1.1\r\nHost: a\r\nX-Probe:  p \r\n\r\n"])
    assert (requests[0].path, requests[0].query) == ("/score", "a=%20b&c")
    assert requests[0].headers == [(b"host", b"a"), (b"x-probe", b"p")]


def test_trailers_do_not_become_headers() -> None:
    requests, _ = read([CHUNKS + b"3\r\nabc\r\n0\r\nAuthorization: Bearer x\r\n\r\n"])
    assert requests[0].header(b"authorization") is None


def test_nothing_is_read_behind_the_last_request() -> None:
    requests, status = read(
        [b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /c"]
    )
    assert ([request.path for request in requests], status) == (["/a"], None)


@pytest.mark.soak
def test_a_row_of_requests_is_the_same_row_however_it_is_cut() -> None:
    dice = random.Random(3)
    for _ in range(count(300, 20_000)):
        chosen = [dice.choice(list(ACCEPTED.values())) for _ in range(dice.randint(1, 5))]
        data = b"".join(text for text, _ in chosen if b" HTTP/1.0" not in text)
        cuts = sorted(dice.randrange(len(data) + 1) for _ in range(dice.randint(0, 8)))
        pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        requests, status = read(pieces)
        assert status is None
        assert [request.body for request in requests] == [body for text, body in chosen if b" HTTP/1.0" not in text]


@pytest.mark.soak
def test_damaged_bytes_are_read_or_refused_and_nothing_else() -> None:
    dice = random.Random(4)
    good = [text for text, _ in ACCEPTED.values()] + [text for _, text in REFUSED.values() if len(text) < 10_000]
    spice = [b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"0", b"chunked", b"Content-Length: 1\r\n", b"\xff"]
    for _ in range(count(2000, 300_000)):
        data = bytearray(b"".join(dice.choice(good) for _ in range(dice.randint(1, 3))))
        for _ in range(dice.randint(1, 6)):
            at = dice.randrange(len(data) + 1)
            data[at : at + dice.randint(0, 3)] = dice.choice(spice)
        whole = bytes(data)
        cut = dice.randrange(len(whole) + 1)
        together, apart = read([whole]), read([whole[:cut], whole[cut:]])
        assert together[1] == apart[1]
        assert [(r.path, r.body) for r in together[0]] == [(r.path, r.body) for r in apart[0]]
