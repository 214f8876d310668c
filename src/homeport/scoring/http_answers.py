"""HTTP/1 answers as bytes: the head in one piece, chunks, and the date once a second."""

from __future__ import annotations

import time
from email.utils import formatdate
from http import HTTPStatus

from homeport.scoring.messages import Headers

STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
OURS = frozenset((b"connection", b"content-length", b"date", b"keep-alive", b"server", b"transfer-encoding"))
NO_BODY = (204, 304)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
CLOSE = b"connection: close\r\n"
KEEP_ALIVE = b"connection: keep-alive\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"


class Date:
    """The headers that are the same in every answer of one second."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Called by the listener's clock."""
        self.header = b"date: %s\r\nserver: homeport\r\n" % formatdate(time.time(), usegmt=True).encode("ascii")


def head(status: int, own: bytes, framing: bytes, headers: Headers) -> bytes:
    """The bytes before a body; `ValueError` where a header would end another, or begin a second answer.

    `own` and `framing` are whole lines; headers that are the edge's own business are left out of `headers`.
    """
    line = STATUS_LINES.get(status) or b"HTTP/1.1 %d Unknown\r\n" % status
    lines = [line, own, framing]
    for name, value in headers:
        if name not in OURS:
            lines += (name, b": ", value, b"\r\n")
    lines.append(b"\r\n")
    made = b"".join(lines)
    whole = (len(lines) - 4) // 4 + 2 + own.count(b"\n") + framing.count(b"\n")
    if made.count(b"\n") != whole or made.count(b"\r") != whole or b"\0" in made:
        raise ValueError("a header has a line break or a NUL in it")
    return made


def content_length(status: int, length: int) -> bytes:
    return b"" if status in NO_BODY else b"content-length: %d\r\n" % length


def chunk(piece: bytes) -> list[bytes]:
    return [b"%x\r\n" % len(piece), piece, b"\r\n"]
