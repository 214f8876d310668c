"""Frames between the scoring server and a worker, over a socket pair.

A frame is the payload's length (4 bytes, little-endian), its kind (1 byte), then the payload. Payloads of the
kinds BODY and CHUNK are raw bytes; all others are JSON in UTF-8. What belongs together comes as a metadata frame
with a body frame right behind it: START alone; SCORE + BODY; READY or FAILED alone; ANSWER + BODY. RESULT says what
most answers say in one frame.

Requests have a lane of their own where the system has sockets of messages (SOCK_SEQPACKET): a message is the server's
number for it (4 bytes), then a SCORE frame's head and metadata with the body right behind it. A body too large for
that is announced there, and comes as a BODY frame on the connection.

An ANSWER whose metadata has `stream` is the beginning of a body: its BODY is the first piece, then comes any number
of CHUNKs and one END. A STOP asks the worker to end its stream early; it still says END, and ignores a STOP that
comes after it.

Python 3.6 and standard library only: the worker imports this file beside user code.
"""

import struct
from socket import socket
from typing import List, Optional, Sequence, Tuple, Union

START = 1  # server -> worker: what to load
SCORE = 2  # server -> worker: one request; its BODY follows
READY = 3  # worker -> server: init() succeeded
FAILED = 4  # worker -> server: the script did not start; the worker leaves
ANSWER = 5  # worker -> server: what run() gave; its BODY follows
BODY = 6  # both ways: bytes as they are
CHUNK = 7  # worker -> server: the next piece of a streamed answer
END = 8  # worker -> server: the stream is over; `error` says why where it broke
STOP = 9  # server -> worker: nobody listens to the stream any more
ANNOUNCE = 10  # server -> worker, on the lane: a request; its BODY comes over the connection
RESULT = 11  # worker -> server: run() gave JSON; two doubles, milliseconds of run() and of encoding it, then the JSON

METADATA_LIMIT = 64 << 20  # bytes; READY may carry the script's schemas
BODY_LIMIT = (1 << 32) - 1  # what the length field can say
LIMITS = dict.fromkeys((START, SCORE, READY, FAILED, ANSWER, END, STOP, ANNOUNCE), METADATA_LIMIT)
LIMITS.update(dict.fromkeys((BODY, CHUNK, RESULT), BODY_LIMIT))
MESSAGE_LIMIT = 1 << 16  # bytes of one message on the lane, of which the system keeps two
RESULT_LIMIT = 1 << 16  # bytes of JSON: a larger body is not copied, and comes as ANSWER + BODY

STEP = 1 << 20  # bytes read at once
AHEAD = 1 << 16  # bytes asked for where less is missing

HEAD = struct.Struct("<IB")
TIMES = struct.Struct("<dd")
NUMBER = struct.Struct("<I")

Bytes = Union[bytes, bytearray, memoryview]
Frame = Tuple[int, Bytes]


class WireError(Exception):
    """The other side does not speak this protocol: the connection is of no further use."""


def frame_head(kind: int, length: int) -> bytes:
    """The 5 bytes before a payload; `WireError` for a payload that cannot be sent."""
    if length > LIMITS[kind]:
        raise WireError("a frame of kind %d cannot carry %d bytes" % (kind, length))
    return HEAD.pack(length, kind)


def read_head(head: Bytes, offset: int = 0) -> Tuple[int, int]:
    """(kind, length) of the frame at `offset`; `WireError` for an unknown kind or a length past its limit."""
    length, kind = HEAD.unpack_from(head, offset)
    if kind not in LIMITS:
        raise WireError("unknown frame kind %d" % kind)
    if length > LIMITS[kind]:
        raise WireError("a frame of kind %d says that it carries %d bytes" % (kind, length))
    return kind, length


def pieces(frames: Sequence[Frame]) -> List[Bytes]:
    """The frames as buffers to be written one after the other; no payload is copied."""
    out = []  # type: List[Bytes]
    for kind, payload in frames:
        out.append(frame_head(kind, len(payload)))
        if payload:
            out.append(payload)
    return out


def send_frames(connection: socket, frames: Sequence[Frame]) -> None:
    """Write frames in one gathering call, or more where the kernel takes only a part."""
    rest = [memoryview(piece) for piece in pieces(frames)]
    while rest:
        sent = connection.sendmsg(rest)
        while rest and sent >= len(rest[0]):
            sent -= len(rest.pop(0))
        if sent:
            rest[0] = rest[0][sent:]


class BlockingReader:
    """Frames from a blocking socket; reads ahead, so that a small request costs one call of the system."""

    def __init__(self, connection: socket) -> None:
        self._connection = connection
        self._ahead = b""
        self._offset = 0  # of what has been read ahead and not been given yet

    @property
    def holds(self) -> bool:
        """Whether something has been read ahead: then a poll of the socket does not tell of it."""
        return self._offset < len(self._ahead)

    def read(self) -> Optional[Tuple[int, Union[bytes, bytearray]]]:
        """The next frame, or None when the other side has closed between two frames."""
        head = self._exactly(HEAD.size, may_end=True)
        if head is None:
            return None
        kind, length = read_head(head)
        payload = self._exactly(length, may_end=False)
        assert payload is not None
        return kind, payload

    def _exactly(self, length: int, may_end: bool) -> Optional[Union[bytes, bytearray]]:
        """Memory is taken as the bytes come, not as a head promises them."""
        end = self._offset + length
        if end <= len(self._ahead):
            whole = self._ahead[self._offset : end]
            self._offset = end
            return whole
        buffer = bytearray(self._ahead[self._offset :])
        self._ahead, self._offset = b"", 0
        while len(buffer) < length:
            missing = length - len(buffer)
            part = self._connection.recv(AHEAD if missing < AHEAD else min(missing, STEP))
            if not part:
                if may_end and not buffer:
                    return None
                raise WireError("the connection ended inside a frame")
            if len(part) > missing:
                self._ahead, self._offset = part, missing
                part = part[:missing]
            buffer += part
        return buffer


class FrameReader:
    """Frames out of a stream that arrives in pieces of any size; a payload is copied once, when it is whole."""

    def __init__(self) -> None:
        self._head = b""  # of a frame whose head is not whole yet
        self._kind = 0  # 0: the next bytes are a head
        self._left = 0  # bytes of the payload that have not come yet
        self._parts = []  # type: List[bytes]

    def feed(self, data: bytes) -> List[Tuple[int, bytes]]:
        """The frames that `data` completes, in order; `WireError` as soon as a head is wrong."""
        if not self._kind and not self._head and len(data) >= HEAD.size:
            kind, length = read_head(data)
            if len(data) == HEAD.size + length:  # as most come: one frame at once
                return [(kind, data[HEAD.size :])]
        frames = []  # type: List[Tuple[int, bytes]]
        offset = 0
        while True:
            if not self._kind:
                end = offset + HEAD.size - len(self._head)
                self._head += data[offset:end]
                if len(self._head) < HEAD.size:
                    return frames
                self._kind, self._left = read_head(self._head)
                self._head = b""
                offset = end
            part = data[offset : offset + self._left]
            offset += len(part)
            self._left -= len(part)
            self._parts.append(part)
            if self._left:
                return frames
            frames.append((self._kind, self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)))
            self._kind = 0
            self._parts = []

    def end(self) -> None:
        """The stream has ended; `WireError` where that was inside a frame."""
        if self._head or self._kind:
            raise WireError("the connection ended inside a frame")
