"""What passes between the edge, the core and the pool: one request, one answer, and what came of a call of run()."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Headers = list[tuple[bytes, bytes]]


class Caller(Protocol):
    """The client on the other side of a request; watched only while its request waits for a worker."""

    def watch(self) -> None: ...

    def gone(self) -> bool: ...


class Present:
    """A caller that never leaves."""

    def watch(self) -> None:
        return None

    def gone(self) -> bool:
        return False


@dataclass(slots=True)
class Request:
    """One HTTP request, its body whole; header names in lower case."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    caller: Caller
    client: str = ""  # the address that it came from
    id: str = ""  # what its answer and the log call it

    def header(self, name: bytes) -> str | None:
        """The first header of that (lower-case) name."""
        for found, value in self.headers:
            if found == name:
                return value.decode("latin-1")
        return None


class StreamBroken(Exception):  # noqa: N818 - it says what has happened to the stream, not who was wrong
    """The script failed, or its worker died, in the middle of a streamed answer; the log has said why."""


class Pieces(Protocol):
    """The body of an answer that is made while it is sent; an async generator of bytes is one."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def __anext__(self) -> bytes: ...

    async def aclose(self) -> None: ...


@dataclass(slots=True)
class Answer:
    """One HTTP answer; its framing (`content-length`, `transfer-encoding`) is the edge's business.

    With a `stream`, `body` is not looked at: the edge sends each piece as one chunk as it comes, and asks for the next
    only when the client has taken what was sent. A stream that raises is cut off: the connection closes without the
    last chunk (`StreamBroken` is no fault of the server's). However it ends, and where it never began too, the edge
    awaits `stream.aclose()`.
    """

    status: int
    headers: Headers
    body: bytes = b""
    stream: Pieces | None = None


class Asker(Protocol):
    """Whoever handed a request to the core; exactly one of these is called, at once or later."""

    def answered(self, answer: Answer) -> None: ...

    def failed(self, wrong: Exception) -> None:
        """The core could not answer."""


Outcome = Literal[
    "ok",  # body is JSON; a stream is of the kind that `type` says
    "response",  # the script made its own answer: status, headers, failed
    "raised",
    "unserializable",
    "bad_input",  # message
    "timeout",  # message
    "lost",  # the worker died; message says how
    "unavailable",  # no worker can serve; message says why
    "busy",  # the queue is full; message
    "abandoned",  # the client hung up before its turn came; run() was not called
]


@dataclass(slots=True)
class Reply:
    """What came of one call of run(); `about` has what the outcome brings with it (`ms`, `status`, `message` ...)."""

    outcome: Outcome
    about: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b""
    stream: Pieces | None = None  # in place of a body
