"""Listening on a port: the socket, its connections and their clock. Ports can change while requests run."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import traceback

from homeport.scoring.faults import StartError
from homeport.scoring.http_answers import Date
from homeport.scoring.http_connection import Connection, Core, Patience
from homeport.scoring.log import Log
from homeport.scoring.messages import StreamBroken

BACKLOG = 1024


def bind(host: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet; `StartError` of the kind `port_in_use` or `no_address`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as wrong:
        raise StartError("no_address", f"`{host}` is not an address of this machine: {wrong.strerror}") from wrong
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        bound.listen(BACKLOG)  # the kernel refuses a second listener only here
    except OSError as wrong:
        bound.close()
        raise cannot_bind(host, port, wrong) from wrong
    bound.setblocking(False)
    return bound


def cannot_bind(host: str, port: int, wrong: OSError) -> StartError:
    if wrong.errno == errno.EADDRINUSE:
        return StartError(
            "port_in_use", f"port {port} is in use on `{host}`", hint="name another port, or `auto` for any free one"
        )
    if wrong.errno == errno.EACCES:
        return StartError("port_refused", f"port {port} is not allowed for this user", hint="use a port from 1024 up")
    return StartError("no_address", f"`{host}` port {port} cannot be listened on: {wrong.strerror}")


class Listener:
    """One listening socket and the connections that came through it; the `Owner` of those."""

    def __init__(self, bound: socket.socket, core: Core, log: Log, patience: Patience | None = None) -> None:
        self.port: int = bound.getsockname()[1]
        self.core, self.patience = core, patience or Patience()
        self.date = Date()
        self.closing = False
        self.now = 0.0
        self._bound, self._log = bound, log
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._clock: asyncio.TimerHandle | None = None
        self._settled = asyncio.Event()

    async def open(self) -> None:
        """Accept connections from now on."""
        loop = asyncio.get_running_loop()
        self._tick(loop)
        self._server = await loop.create_server(lambda: Connection(self), sock=self._bound, backlog=BACKLOG)

    def stop_accepting(self) -> None:
        """No new connections; those that exist get one more answer each, which says that it is the last."""
        self.closing = True
        if self._server is not None:
            self._server.close()

    async def close(self, patience: float) -> None:
        """Wait for the requests in hand, `patience` seconds at most, then close every connection."""
        for connection in list(self._connections):
            connection.close_when_done()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._until_settled(), patience)
        for connection in list(self._connections):
            connection.abort()
        if self._clock is not None:
            self._clock.cancel()

    async def _until_settled(self) -> None:
        while any(connection.busy for connection in self._connections):
            self._settled.clear()
            await self._settled.wait()

    # what its connections ask and tell

    def add(self, connection: Connection) -> None:
        self._connections.add(connection)

    def remove(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._settled.set()

    def settled(self) -> None:
        self._settled.set()

    def fault(self, wrong: BaseException) -> None:
        """A request that the core could not answer, or not to its end: its connection has been closed."""
        if isinstance(wrong, StreamBroken):
            self._log.error(f"an answer was cut off: {wrong}")
            return
        self._log.error("".join(traceback.format_exception(wrong)).rstrip())

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        """One timer for all connections; the date of every answer is right to the second."""
        self.now = loop.time()
        self.date.renew()
        for connection in list(self._connections):
            connection.look_at_clock(self.now)
        self._clock = loop.call_later(self.patience.tick, self._tick, loop)
