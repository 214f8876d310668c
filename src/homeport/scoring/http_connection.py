"""One HTTP connection: requests are answered one after the other, in their order, each with one write.

Most answers come by a call and cost no task of the loop, which is a third of what the edge would cost otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from typing import Protocol, cast

from homeport.scoring import http_answers
from homeport.scoring.http_requests import Refused, RequestReader
from homeport.scoring.messages import Answer, Asker, Pieces, Request, StreamBroken
from homeport.scoring.replies import error

SMALL = 1 << 16  # bytes: a body up to this size is joined to its head, a larger one is not copied
LINGERED = 64 << 20  # bytes that a refused client may still send before it is cut off
AT_ONCE = 16  # answers of one connection, before others have their turn


class Core(Protocol):
    """What the edge needs of the core."""

    @property
    def max_body(self) -> int:
        """Bytes."""

    def answer(self, request: Request, asker: Asker) -> None:
        """Tell the asker, now or later; what it raises is told in the same way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds that a client may take; what is longer closes its connection."""

    idle: float = 75.0  # between two requests: longer than most clients keep theirs
    head: float = 20.0  # from the first byte of a request to the end of its headers
    body: float = 30.0  # for each `least` bytes of a body
    least: int = 16 << 10
    write: float = 60.0  # for any part of an answer to be taken
    linger: float = 3.0  # for a refused client to read why
    tick: float = 1.0  # how often this is looked at


@dataclass(slots=True)
class Waiting:
    """A request that has been read and not been answered."""

    request: Request
    last: bool
    old: bool


class Owner(Protocol):
    """The listener, as its connections see it."""

    core: Core
    date: http_answers.Date
    patience: Patience
    closing: bool
    now: float  # of the loop's clock, at the last tick

    def add(self, connection: Connection) -> None: ...

    def remove(self, connection: Connection) -> None: ...

    def settled(self) -> None:
        """A connection has finished what it had in hand."""

    def fault(self, wrong: BaseException) -> None:
        """The core raised."""


class Connection(asyncio.Protocol):
    """Is the `Caller` and the `Asker` of its requests, and the `Receiver` of what its reader reads."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader(self, self)
        self._waiting: deque[Waiting | Refused] = deque()
        self._in_hand: Waiting | None = None  # its answer is being made or sent
        self._beginning = False
        self._task: asyncio.Task[None] | None = None  # sends a stream
        self._gone = False  # the client has hung up, or half of the connection is closed
        self._lingering = False  # the last answer has been sent: what still comes in is dropped
        self._drain: asyncio.Future[None] | None = None  # done when the client has taken what was sent
        self._paused = False  # reading
        self._streaming = False
        self._continue = False  # the client waits for a 100 that has not been sent yet
        self._since = owner.now  # when what it waits for began
        self._seen = 0  # bytes that had moved when that was last looked at

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._client = str((transport.get_extra_info("peername") or ("",))[0])
        self._owner.add(self)

    def data_received(self, data: bytes) -> None:
        if self._lingering:
            self._seen += len(data)
            if self._seen > LINGERED:
                self._transport.abort()
            return
        reader = self._reader
        before = reader.stage
        try:
            if before == "idle":
                reader.max_body = self._owner.core.max_body
            reader.feed(data)
        except Refused as refused:
            self._waiting.append(refused)
            reader.last = True
        if reader.stage != before:
            self._since, self._seen = self._owner.now, 0
        if self._in_hand is None:
            self._next()
        if self._waiting and not self._paused:
            self._paused = True  # no more is read before what has been read is answered
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """A client that closes its side still gets the answer to what runs; what waits for a worker is not begun."""
        self._gone = True
        self._cancel_stream()
        return self._in_hand is not None or bool(self._waiting)

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone = True
        self._waiting.clear()
        self._owner.remove(self)
        self._cancel_stream()

    def pause_writing(self) -> None:
        if self._drain is None:
            self._drain = self._loop.create_future()
        self._since, self._seen = self._owner.now, self._transport.get_write_buffer_size()

    def resume_writing(self) -> None:
        drain, self._drain = self._drain, None
        if drain is not None and not drain.done():
            drain.set_result(None)
        if self._in_hand is None:
            self._next()

    # Caller

    def watch(self) -> None:
        """Nothing to do: the loop tells of a hang-up by itself."""

    def gone(self) -> bool:
        return self._gone

    # Receiver

    def take(self, request: Request, *, last: bool, old: bool) -> None:
        self._continue = False  # its body has come unasked
        request.client = self._client
        self._waiting.append(Waiting(request, last, old))

    def expects_continue(self) -> None:
        self._continue = True

    # what the listener asks and tells

    @property
    def busy(self) -> bool:
        """A request is in hand, or on its way in with its headers read, or an answer on its way out."""
        if self._lingering:
            return False
        moving = self._reader.stage == "body" or self._transport.get_write_buffer_size() > 0
        return moving or self._in_hand is not None or bool(self._waiting)

    def close_when_done(self) -> None:
        """Close now, or behind the answer to the request in hand."""
        if not self.busy:
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def look_at_clock(self, now: float) -> None:
        """Called at each tick; closes where the client took longer than it may."""
        patience, took = self._owner.patience, now - self._since
        if self._lingering:
            if took > patience.linger:
                self._transport.abort()
        elif self._drain is not None:
            self._look_at_writing(took)
        elif self._in_hand is not None:
            return
        elif self._reader.stage == "body":
            self._look_at_body(took)
        elif self._reader.stage == "head":
            if took > patience.head:
                self._refuse(Refused(408, f"the headers took longer than {patience.head:g} s"))
        elif took > patience.idle:
            self._transport.close()

    def _look_at_writing(self, took: float) -> None:
        left = self._transport.get_write_buffer_size()
        if left < self._seen:
            self._since, self._seen = self._owner.now, left
        elif took > self._owner.patience.write:
            self._transport.abort()

    def _look_at_body(self, took: float) -> None:
        patience, came = self._owner.patience, self._reader.came
        if came - self._seen >= patience.least:
            self._since, self._seen = self._owner.now, came
        elif took > patience.body:
            self._refuse(Refused(408, f"the body came slower than {patience.least} bytes in {patience.body:g} s"))

    # answers, in their order

    def _next(self) -> None:
        """Begin with what has been read, where nothing is in hand and the client takes what it is sent."""
        if self._beginning:
            return  # the loop below goes on by itself
        self._beginning = True
        try:
            self._begin_waiting()
        finally:
            self._beginning = False
        if self._in_hand is not None or self._waiting or not self._open:
            return
        if self._gone:
            self._transport.close()
            return
        if self._continue:
            self._continue = False
            self._transport.write(http_answers.CONTINUE)
        if self._paused:
            self._paused = False
            self._transport.resume_reading()

    def _begin_waiting(self) -> None:
        for _ in range(AT_ONCE):
            if self._in_hand is not None or not self._waiting or not self._open:
                return
            first = self._waiting.popleft()
            if isinstance(first, Refused):
                self._refuse(first)
                return
            self._in_hand = first
            try:
                self._owner.core.answer(first.request, self)
            except Exception as wrong:  # noqa: BLE001 - its connection must not be left open
                self.failed(wrong)
        self._loop.call_soon(self._next)

    @property
    def _open(self) -> bool:
        """Something may be sent: the client takes it, and it is not the end yet."""
        return self._drain is None and not self._lingering and not self._transport.is_closing()

    # Asker

    def answered(self, answer: Answer) -> None:
        waiting = self._in_hand
        if waiting is None:
            return
        if answer.stream is not None:
            self._task = self._loop.create_task(self._serve_stream(answer, answer.stream, waiting))
            return
        try:
            self._send(answer, waiting)
        except Exception as wrong:  # noqa: BLE001 - as above
            self.failed(wrong)
            return
        self._done()

    def failed(self, wrong: Exception) -> None:
        self._owner.fault(wrong)
        self._transport.abort()
        self._done()

    def _done(self) -> None:
        self._in_hand = None
        self._since = self._owner.now
        if self._waiting or self._paused or self._continue or self._gone:
            self._next()
        if self._owner.closing:
            self._owner.settled()

    async def _serve_stream(self, answer: Answer, stream: Pieces, waiting: Waiting) -> None:
        try:
            await self._send_stream(answer, stream, waiting)
        except StreamBroken as wrong:
            self._owner.fault(wrong)
            if waiting.old:
                self._transport.abort()  # nothing else tells such a client that there should be more
            else:
                self._transport.close()  # behind what the script had sent, and without the last chunk
        except Exception as wrong:  # noqa: BLE001 - the outermost loop of a stream
            self._owner.fault(wrong)
            self._transport.abort()
        finally:
            self._task = None
            self._done()

    def _send(self, answer: Answer, waiting: Waiting) -> None:
        closes = waiting.last or self._owner.closing
        body = answer.body
        length = http_answers.content_length(answer.status, len(body))
        head = self._head(answer, length + self._connection(closes, old=waiting.old))
        if waiting.request.method == "HEAD" or not length:
            self._transport.write(head)
        elif len(body) <= SMALL:
            self._transport.write(head + body)
        else:
            self._transport.writelines((head, body))
        if closes:
            self._transport.close()

    def _head(self, answer: Answer, framing: bytes) -> bytes:
        return http_answers.head(answer.status, self._owner.date.header, framing, answer.headers)

    def _connection(self, closes: bool, *, old: bool) -> bytes:
        if closes:
            return http_answers.CLOSE
        return http_answers.KEEP_ALIVE if old else b""

    async def _send_stream(self, answer: Answer, stream: Pieces, waiting: Waiting) -> None:
        """Chunks, or to an HTTP/1.0 client plain bytes up to the end of the connection."""
        closes = waiting.last or waiting.old or self._owner.closing
        framing = (b"" if waiting.old else http_answers.CHUNKED) + self._connection(closes, old=False)
        self._streaming = True
        try:
            async with contextlib.aclosing(stream):
                if self._gone:
                    return
                self._transport.write(self._head(answer, framing))
                if waiting.request.method != "HEAD" and answer.status not in http_answers.NO_BODY:
                    await self._send_pieces(stream, chunked=not waiting.old)
        finally:
            self._streaming = False
        if closes:
            self._transport.close()

    def _cancel_stream(self) -> None:
        if self._streaming and self._task is not None:
            self._task.cancel()
            self._transport.abort()

    async def _send_pieces(self, stream: Pieces, *, chunked: bool) -> None:
        async for piece in stream:
            if piece:
                self._transport.writelines(http_answers.chunk(piece) if chunked else (piece,))
            if self._drain is not None:
                await self._drain
        if chunked:
            self._transport.write(http_answers.LAST_CHUNK)

    def _refuse(self, refused: Refused) -> None:
        """Say why, and read on for a moment: a client that is still sending would else lose the answer to a reset."""
        answer = error(refused.status, refused.message)
        length = http_answers.content_length(answer.status, len(answer.body))
        self._waiting.clear()
        self._transport.write(self._head(answer, length + http_answers.CLOSE) + answer.body)
        self._lingering, self._since, self._seen = True, self._owner.now, 0
        if self._gone or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._transport.write_eof()
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
