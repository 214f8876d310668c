"""Listening on a port: uvicorn's HTTP protocol on sockets of our own, so that ports can change while requests run."""

from __future__ import annotations

import asyncio
import errno
import socket
from email.utils import formatdate

from homeport.scoring.edge import Core, Edge
from homeport.scoring.faults import StartError

BACKLOG = 1024
KEEP_ALIVE = 75  # seconds that an idle connection is kept; longer than most clients keep theirs
# A tenth of a second to import: the server has them imported while the workers load.
HTTP_MODULES = ("uvicorn", "uvicorn.protocols.http.httptools_impl")


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
    """One listening socket and the connections that came through it."""

    def __init__(self, bound: socket.socket, core: Core) -> None:
        import uvicorn  # see HTTP_MODULES
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
        from uvicorn.server import ServerState

        self.port: int = bound.getsockname()[1]
        self._bound = bound
        self._edge = Edge(core)
        self._state = ServerState()
        self._config = uvicorn.Config(
            self._edge,
            http=HttpToolsProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=KEEP_ALIVE,
        )
        self._config.load()
        self._protocol = HttpToolsProtocol
        self._server: asyncio.Server | None = None
        self._clock: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Accept connections from now on."""
        loop = asyncio.get_running_loop()
        self._tell_time(loop)
        self._server = await loop.create_server(
            lambda: self._protocol(config=self._config, server_state=self._state, app_state={}, _loop=loop),
            sock=self._bound,
            backlog=BACKLOG,
        )

    def stop_accepting(self) -> None:
        """No new connections; those that exist get one more answer each, which says that it is the last."""
        self._edge.closing = True
        if self._server is not None:
            self._server.close()

    async def close(self, patience: float) -> None:
        """Wait for the requests in hand, `patience` seconds at most, then close every connection."""
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=patience)
        for connection in list(self._state.connections):
            if connection.transport is not None:
                connection.transport.close()
        if self._clock is not None:
            self._clock.cancel()

    def _tell_time(self, loop: asyncio.AbstractEventLoop) -> None:
        """The headers of every answer; the date is right to the second."""
        date = formatdate(usegmt=True).encode("ascii")
        self._state.default_headers[:] = [(b"date", date), (b"server", b"homeport")]
        self._clock = loop.call_later(1.0, self._tell_time, loop)
