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


class Lane:
    """Made before the worker, whose end is `theirs`."""

    def __init__(self, ours: socket.socket, theirs: socket.socket) -> None:
        self._ours, self.theirs = ours, theirs

    def send(self, metadata: bytes, body: bytes) -> bool:
        """A whole request; False where it is too large for a message, or the lane is full."""
        if len(metadata) + len(body) + wire.HEAD.size > wire.MESSAGE_LIMIT:
            return False
        return self._send(b"".join((wire.frame_head(wire.SCORE, len(metadata)), metadata, body)))

    def announce(self, metadata: bytes) -> bool:
        """A request whose body comes over the worker's connection."""
        return self._send(wire.frame_head(wire.ANNOUNCE, len(metadata)) + metadata)

    def take_back(self) -> int:
        """How many requests the worker had not taken; they are gone from the lane."""
        count = 0
        with contextlib.suppress(OSError):
            while self.theirs.recv(1, AT_ONCE):
                count += 1
        return count

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
