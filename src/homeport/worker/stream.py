"""Answers that are made while they are sent: generators, sync or async, one piece at a time."""

import collections.abc
import itertools
import select

from . import encode, logs, traces, wire

EVENTS = "text/event-stream; charset=utf-8"
LINES = "application/x-ndjson"
BINARY = "application/octet-stream"
END = object()


def is_stream(value) -> bool:
    """Iterators of either kind; one with a `toJSON()` is a value."""
    kinds = (collections.abc.Iterator, collections.abc.AsyncIterator)
    return isinstance(value, kinds) and not callable(getattr(value, "toJSON", None))


def items_of(value, loop):
    """The items of an iterator of either kind, as a generator whose end closes it."""
    if isinstance(value, collections.abc.AsyncIterator):
        return async_items(value, loop)
    return sync_items(value)


def sync_items(iterator):
    try:
        yield from iterator
    finally:
        getattr(iterator, "close", nothing)()


def async_items(iterator, loop):
    async def step():
        try:
            return await iterator.__anext__()
        except StopAsyncIteration:
            return END

    try:
        item = loop().run_until_complete(step())
        while item is not END:
            yield item
            item = loop().run_until_complete(step())
    finally:
        if hasattr(iterator, "aclose"):
            loop().run_until_complete(iterator.aclose())


def nothing() -> None:
    return None


def framed(items, events: bool):
    """(content type, pieces) of the items of run(): its first item has been made by now, so that it may raise.

    Bytes go as they are. Anything else is one line of JSON each, or one server-sent event each where `events`.
    """
    first = next(items, END)
    binary = isinstance(first, (bytes, bytearray, memoryview))
    content_type = EVENTS if events else BINARY if binary else LINES
    if first is END:
        return content_type, iter(())
    return content_type, pieces_of(itertools.chain([first], items), items, events)


def pieces_of(all_items, items, events: bool):
    try:
        for item in all_items:
            if isinstance(item, (bytes, bytearray, memoryview)):
                yield bytes(item)
            elif events:
                yield b"data: " + encode.line(item) + b"\n\n"
            else:
                yield encode.line(item) + b"\n"
    finally:
        items.close()


class Sender:
    """Sends pieces as CHUNK frames until they end, break, or nobody listens any more."""

    def __init__(self, connection, reader: wire.BlockingReader) -> None:
        self._connection, self._reader = connection, reader
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    def send(self, pieces) -> None:
        """One END frame in every case; SystemExit and KeyboardInterrupt end the worker."""
        error = None
        try:
            while not self._stopped():
                try:
                    piece = next(pieces, END)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as wrong:
                    logs.error("run() raised while its answer was sent:\n%s" % traces.user_traceback(wrong).rstrip())
                    error = traces.summary(wrong)
                    break
                if piece is END:
                    break
                self._send(piece)
        finally:
            close(pieces)
        wire.send_frames(self._connection, [(wire.END, encode.metadata({"error": error}))])

    def _stopped(self) -> bool:
        """Whether the server has said STOP; its end of the connection is closed only where it is gone."""
        if not self._reader.holds and not self._poll.poll(0):
            return False
        frame = self._reader.read()
        if frame is None:
            raise ConnectionError("the server is gone")
        if frame[0] != wire.STOP:
            raise wire.WireError("a frame of kind %d has no place inside a stream" % frame[0])
        return True

    def _send(self, piece) -> None:
        rest = memoryview(piece)
        while rest:  # an empty piece would be the end of a chunked body
            wire.send_frames(self._connection, [(wire.CHUNK, rest[: wire.STEP])])
            rest = rest[wire.STEP :]


def close(pieces) -> None:
    """Run the `finally` blocks of whoever makes them; what they raise is only logged."""
    try:
        getattr(pieces, "close", nothing)()
    except Exception as wrong:
        logs.error("the end of a stream raised:\n%s" % traces.user_traceback(wrong).rstrip())
