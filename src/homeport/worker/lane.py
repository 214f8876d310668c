"""Where a worker's requests come from: messages on a lane of their own, or frames on its connection."""

import os
import socket

from . import wire

BEGIN = wire.NUMBER.size + wire.HEAD.size  # of what a message says


class Lane:
    """A socket of messages, each a request. A body too large for one comes as a frame on the connection."""

    def __init__(self, fd: int, reader: wire.BlockingReader) -> None:
        os.set_inheritable(fd, False)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=fd)
        self._reader = reader

    def next(self):
        """(metadata, body) of the next request; None when the server has closed."""
        message = self._socket.recv(wire.MESSAGE_LIMIT)
        if not message:
            return None
        if len(message) < BEGIN:
            raise wire.WireError("a message of %d bytes is no request" % len(message))
        kind, length = wire.read_head(message, wire.NUMBER.size)
        end = BEGIN + length
        metadata = message[BEGIN:end]
        if kind == wire.SCORE:
            return metadata, message[end:]
        if kind != wire.ANNOUNCE:
            raise wire.WireError("a message of kind %d has no place here" % kind)
        frame = read(self._reader)
        if frame is None:
            return None
        if frame[0] != wire.BODY:
            raise wire.WireError("a body has to follow, and a frame of kind %d came" % frame[0])
        return metadata, frame[1]


class Frames:
    """SCORE and BODY frames on the connection: where the system has no sockets of messages."""

    def __init__(self, reader: wire.BlockingReader) -> None:
        self._reader = reader

    def next(self):
        """As `Lane.next`."""
        frame = read(self._reader)
        if frame is None:
            return None
        body = self._reader.read()
        if frame[0] != wire.SCORE or body is None or body[0] != wire.BODY:
            raise wire.WireError("a request is a SCORE frame and a BODY frame")
        return frame[1], body[1]


def read(reader: wire.BlockingReader):
    """The next frame that is no STOP, which would have crossed the END of the stream that it was meant for."""
    frame = reader.read()
    while frame is not None and frame[0] == wire.STOP:
        frame = reader.read()
    return frame


def requests(descriptor, reader: wire.BlockingReader):
    """By the lane where there is one."""
    return Frames(reader) if descriptor is None else Lane(descriptor, reader)
