"""The HTTP edge in front of a toy core, in a thread of its own; clients are plain sockets."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from homeport.scoring.http_connection import Patience
from homeport.scoring.listener import Listener, bind
from homeport.scoring.log import Log
from homeport.scoring.messages import Answer, Asker, Request

QUICK = Patience(idle=1.0, head=0.4, body=0.4, least=1000, write=1.0, linger=0.3, tick=0.05)
LARGE = 8 << 20


class Lines:
    """A log's sink."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes, *, error: bool) -> None:
        self.data += data


@dataclass
class ToyCore:
    """Answers with what it was asked; some paths do more."""

    max_body: int = 1 << 20
    seen: list[Request] = field(default_factory=list)
    closed_streams: int = 0
    release: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: Request, asker: Asker) -> None:
        self.seen.append(request)
        if request.path == "/wait":
            waiting = asyncio.ensure_future(asyncio.to_thread(self.release.wait, 20))
            waiting.add_done_callback(lambda _: asker.answered(self.answer_of(request)))
        else:
            asker.answered(self.answer_of(request))

    def answer_of(self, request: Request) -> Answer:
        if request.path == "/stream":
            return Answer(200, [], stream=self.pieces())
        if request.path == "/large":
            return Answer(200, [], b"x" * LARGE)
        if request.path == "/injected":
            return Answer(200, [(b"x-evil", b"a\r\nset-cookie: b")])
        if request.path == "/raises":
            raise RuntimeError("the core is wrong")
        if request.path == "/empty":
            return Answer(204, [])
        return Answer(200, [], text(request))

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            for number in range(100_000 if self.release.is_set() else 3):
                yield b"piece %d\n" % number
                await asyncio.sleep(0)
        finally:
            self.closed_streams += 1


def text(request: Request) -> bytes:
    return f"{request.method} {request.path}?{request.query} {len(request.body)}".encode()


@dataclass
class Edge:
    port: int
    core: ToyCore
    listener: Listener
    loop: asyncio.AbstractEventLoop
    log: Lines

    def connect(self) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def ask(self, data: bytes, *, end: bool = False) -> bytes:
        """Send, then read until the server closes the connection."""
        with self.connect() as client:
            try:
                client.sendall(data)
                if end:
                    client.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # refused in the middle: the answer says why
            return read_all(client)

    def call(self, function: object, *arguments: object) -> None:
        self.loop.call_soon_threadsafe(function, *arguments)  # type: ignore[arg-type]

    @property
    def connections(self) -> int:
        return len(self.listener._connections)


def read_all(client: socket.socket) -> bytes:
    found = b""
    try:
        while part := client.recv(1 << 16):
            found += part
    except ConnectionError:
        pass
    return found


def statuses(answers: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d\d\d) [A-Z]", answers)]


@contextmanager
def running_edge(patience: Patience = QUICK, core: ToyCore | None = None) -> Iterator[Edge]:
    core = core or ToyCore()
    started: list[Edge] = []
    ready, stop = threading.Event(), asyncio.Event()
    log = Lines()

    async def serve() -> None:
        listener = Listener(bind("127.0.0.1", 0), core, Log(log), patience)
        await listener.open()
        started.append(Edge(listener.port, core, listener, asyncio.get_running_loop(), log))
        ready.set()
        await stop.wait()
        listener.stop_accepting()
        await listener.close(5)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(20)
    try:
        yield started[0]
    finally:
        core.release.set()
        started[0].call(stop.set)
        thread.join(20)
        assert not thread.is_alive()
        assert started[0].connections == 0
