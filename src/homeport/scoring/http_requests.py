"""HTTP/1 requests out of bytes: llhttp (`httptools`) takes them apart, here are the limits and what it lets through.

Refused by llhttp itself: two lengths, a length beside chunks, chunk sizes that are no hexadecimal number, folded
headers, lone CR or LF, NUL and other controls, a space before a colon. tests/scoring/test_http_requests.py holds it
to that. More spaces than one in the request line pass, as RFC 9112 3 allows: nothing can be read two ways there.
"""

from __future__ import annotations

import re
from typing import Literal, Protocol
from urllib.parse import unquote

import httptools

from homeport.scoring.messages import Caller, Headers, Request

REQUEST_LINE, HEADER, HEADERS = 4094, 8190, 100  # bytes, bytes, how many: the reference's limits
WHOLE_HEAD = REQUEST_LINE + HEADERS * (HEADER + 2)
TRAILERS = 64 << 10  # bytes that may follow the last chunk, or stand in chunk extensions, beside the body itself
METHODS = {name: name.decode() for name in (b"GET", b"POST", b"HEAD", b"OPTIONS")}
HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?")
FRAMING = frozenset((b"content-length", b"transfer-encoding", b"connection", b"expect", b"upgrade", b"host"))


class Refused(Exception):  # noqa: N818 - it is an answer
    """The request cannot be answered by the core, and nothing after it on this connection can be trusted."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Receiver(Protocol):
    """What becomes of requests."""

    def take(self, request: Request, *, last: bool, old: bool) -> None:
        """A whole request; no other follows where it is the `last`, and `old` is HTTP/1.0."""

    def expects_continue(self) -> None:
        """The client wants to hear that its body is welcome."""


class RequestReader:
    """Fed with what comes in; `stage` says what it waits for. After `Refused` it must not be fed again."""

    def __init__(self, receiver: Receiver, caller: Caller) -> None:
        self._receiver, self._caller = receiver, caller
        self.max_body = 0  # bytes; over it 413
        self.stage: Literal["idle", "head", "body"] = "idle"
        self.last = False  # the connection ends after the request that was read last
        self._parser = httptools.HttpRequestParser(self)
        self._old = False
        self._host = b""  # the last one that was looked at: a connection's requests have the same
        self._fed = 0  # bytes of the head, or beside the body, that have been fed
        self._start()

    def _start(self) -> None:
        self._url = b""
        self._headers: Headers = []
        self._framing: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []
        self._body = 0  # bytes of it that have come
        self._length = -1  # of a body that is announced by its length
        self._method = b""

    @property
    def came(self) -> int:
        """Bytes of the body that is being read."""
        return self._body

    def feed(self, data: bytes) -> None:
        """Hand every request that `data` completes to the receiver; `Refused` for what is none."""
        if self.last:
            return  # what comes after `Connection: close` is nobody's
        if self.stage == "body" and self._length >= 0:
            data = self._rest_of_body(data)
            if not data or self.last:
                return
        upgrade_at = None
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as found:
            upgrade_at = found.args[0]
        except httptools.HttpParserCallbackError as wrong:
            raise wrong.__context__ if isinstance(wrong.__context__, Refused) else wrong from None
        except httptools.HttpParserError as wrong:
            if not self.last:
                raise Refused(400, f"this is not HTTP: {wrong}") from None
        if upgrade_at is not None:
            self._ignore_upgrade(data[upgrade_at:])
        elif self.stage != "idle":
            self._count(len(data))

    def _count(self, fed: int) -> None:
        """A head, or what stands beside a chunked body, cannot go on for ever."""
        self._fed += fed
        if self.stage == "head" and self._fed > WHOLE_HEAD:
            raise Refused(431, f"the headers must not be longer than {WHOLE_HEAD} bytes")
        if self.stage == "body" and self._fed - self._body > WHOLE_HEAD + TRAILERS + 8 * self._body:
            raise Refused(400, "there is more around the chunks of the body than in them")

    def _rest_of_body(self, data: bytes) -> bytes:
        """A body of a known length whose beginning has come is only collected; gives what comes after it."""
        missing = self._length - self._body
        part = data if len(data) <= missing else data[:missing]
        self._parts.append(part)
        self._body += len(part)
        if self._body == self._length:
            self._parser = httptools.HttpRequestParser(self)  # the one before still waits for that body
            self.on_message_complete()
        return data[len(part) :]

    def _ignore_upgrade(self, rest: bytes) -> None:
        """There is no other protocol here: the same request once more without its wish, as RFC 9110 7.8 has it."""
        head = [b"%s %s HTTP/1.1\r\n" % (self._method, self._url)]
        head += [b"%s: %s\r\n" % header for header in self._headers if header[0] not in (b"upgrade", b"connection")]
        self._parser = httptools.HttpRequestParser(self)
        self.feed(b"".join([*head, b"\r\n", rest]))

    # called by the parser

    def on_message_begin(self) -> None:
        if self.last:
            raise Refused(400, "there is a request after the last one")
        self.stage = "head"
        self._fed = 0
        self._start()

    def on_url(self, url: bytes) -> None:
        self._url = self._url + url if self._url else url
        if len(self._url) > REQUEST_LINE:
            raise Refused(414, f"the request line must not be longer than {REQUEST_LINE} bytes")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.stage == "body":
            return  # a trailer: nothing in it may change a request whose body has been read
        if len(name) + len(value) + 2 > HEADER:
            raise Refused(431, f"a header must not be longer than {HEADER} bytes")
        name = name.lower()
        value = value.rstrip(b" \t")
        headers = self._headers
        if len(headers) == HEADERS:
            raise Refused(431, f"there must not be more than {HEADERS} headers")
        headers.append((name, value))
        if name in FRAMING:
            if name == b"host" and name in self._framing:
                raise Refused(400, "there must not be two Host headers")
            self._framing[name] = value

    def on_headers_complete(self) -> None:
        parser, framing = self._parser, self._framing
        version = parser.get_http_version()
        if version not in ("1.1", "1.0"):
            raise Refused(505, f"HTTP/{version} is not spoken here, HTTP/1.1 is")
        self._method = parser.get_method()
        if len(self._url) + len(self._method) + 10 > REQUEST_LINE:
            raise Refused(414, f"the request line must not be longer than {REQUEST_LINE} bytes")
        self._old = version == "1.0"
        if self._method == b"CONNECT":
            raise Refused(405, "CONNECT is not allowed here")
        host = framing.get(b"host")
        if host is None or host != self._host:
            self._check_host(host)
        if b"upgrade" in framing and parser.should_upgrade():
            return  # llhttp stops behind this head: see `_ignore_upgrade`
        self._length = int(framing.get(b"content-length", -1))
        if self._length > self.max_body:
            raise self._too_large()
        if b"transfer-encoding" in framing and (framing[b"transfer-encoding"].lower() != b"chunked" or self._old):
            raise Refused(400, "a body is sent with its length, or in HTTP/1.1 with `Transfer-Encoding: chunked`")
        self.stage = "body"
        if b"expect" in framing:
            self._expect(framing[b"expect"])

    def _check_host(self, host: bytes | None) -> None:
        """RFC 9112 3.2."""
        if host is None:
            if not self._old:
                raise Refused(400, "there must be a Host header")
            return
        if HOST.fullmatch(host) is None:
            raise Refused(400, "the Host header is not a host")
        self._host = host

    def _expect(self, what: bytes) -> None:
        if what.lower() != b"100-continue":
            raise Refused(417, "nothing but 100-continue can be expected here")
        if not self._old:
            self._receiver.expects_continue()

    def on_body(self, part: bytes) -> None:
        self._parts.append(part)
        self._body += len(part)
        if self._body > self.max_body:
            raise self._too_large()

    def on_message_complete(self) -> None:
        if self.stage != "body":
            return  # a request to upgrade: it is read once more without that wish
        self.stage = "idle"
        parts = self._parts
        path, query = split(self._url)
        request = Request(
            method=METHODS.get(self._method) or self._method.decode("ascii"),
            path=path,
            query=query,
            headers=self._headers,
            body=parts[0] if len(parts) == 1 else b"".join(parts),
            caller=self._caller,
        )
        self.last = not self._keeps_alive()
        self._parts = []
        self._receiver.take(request, last=self.last, old=self._old)

    def _keeps_alive(self) -> bool:
        wish = self._framing.get(b"connection")
        if wish is None:
            return not self._old
        words = {word.strip() for word in wish.lower().split(b",")}
        return b"close" not in words and (not self._old or b"keep-alive" in words)

    def _too_large(self) -> Refused:
        return Refused(413, f"the body must not be longer than {self.max_body >> 20} MB")


def split(url: bytes) -> tuple[str, str]:
    """(path with its %-escapes read, query as it is) of a request's target; `Refused` where it is not one."""
    if not url.startswith(b"/") and url != b"*":
        try:
            parsed = httptools.parse_url(url)
        except httptools.HttpParserInvalidURLError:
            raise Refused(400, "the request's target is not a path") from None
        url = (parsed.path or b"/") + (b"?" + parsed.query if parsed.query else b"")
    target, _, query = url.partition(b"#")[0].partition(b"?")
    path = target.decode("latin-1")
    return unquote(path) if "%" in path else path, query.decode("latin-1")
