"""The way of requests to one worker: messages, each of which is taken whole or can be taken back.

Both ends are kept here, the worker has a copy of its own: whoever receives a message first has it, and the other one
knows. So a request that a busy worker has not come to is never lost with it, and never run twice.
"""

from __future__ import annotations

import contextlib
import socket

from homeport.worker import wire

# Not taken up by what the worker does at the moment; MSG_DONTWAIT and not a setting, which the worker would share
AT_ONCE = socket.MSG_DONTWAIT
ROOM = wire.NUMBER.size + wire.HEAD.size  # bytes of a message beside metadata and body


class Lane:
    """Made before the worker, whose end is `theirs`."""

    def __init__(self, ours: socket.socket, theirs: socket.socket) -> None:
        self._ours, self.theirs = ours, theirs

    def send(self, number: int, metadata: bytes, body: bytes) -> bool:
        """A whole request under a number of its own; False where it is too large for a message, or the lane is full."""
        if len(metadata) + len(body) + ROOM > wire.MESSAGE_LIMIT:
            return False
        head = wire.frame_head(wire.SCORE, len(metadata))
        return self._send(b"".join((wire.NUMBER.pack(number), head, metadata, body)))

    def announce(self, number: int, metadata: bytes) -> bool:
        """A request whose body comes over the worker's connection."""
        return self._send(wire.NUMBER.pack(number) + wire.frame_head(wire.ANNOUNCE, len(metadata)) + metadata)

    def take_back(self) -> list[int]:
        """The numbers of the requests that the worker had not taken; they are gone from the lane."""
        numbers: list[int] = []
        with contextlib.suppress(OSError):
            while message := self.theirs.recv(wire.NUMBER.size, AT_ONCE):
                numbers.append(wire.NUMBER.unpack(message)[0])
        return numbers

    def close(self) -> None:
        """The worker sees the end, behind what it has not taken yet."""
        self._ours.close()
        self.theirs.close()

    def _send(self, message: bytes) -> bool:
        try:
            self._ours.send(message, AT_ONCE)
        except OSError:
            return False
        return True


def new_lane() -> Lane | None:
    """None where the system has no sockets of that kind: requests then take the connection, one at a time."""
    try:
        return Lane(*socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    except OSError:
        return None
