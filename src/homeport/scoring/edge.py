"""The HTTP edge: ASGI messages in, the core's answer out. It knows nothing of scoring, and the core nothing of ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from homeport.scoring.messages import Answer, Request

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Core(Protocol):
    """What the edge needs of the core."""

    async def answer(self, request: Request) -> Answer: ...


class Client:
    """The caller, watched through `receive` from the moment on when its request has to wait."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left: asyncio.Future[Message] | None = None

    def watch(self) -> None:
        if self._left is None:
            self._left = asyncio.ensure_future(self._receive())

    def gone(self) -> bool:
        return self._left is not None and self._left.done()


class Edge:
    """One listener's ASGI application. Once `closing`, each connection is closed after its next answer."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.closing = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await read_body(receive)
        if body is None:
            return
        request = Request(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=scope["headers"],
            body=body,
            caller=Client(receive),
        )
        answer = await self._core.answer(request)
        headers = answer.headers
        if answer.status not in (204, 304):
            headers.append((b"content-length", b"%d" % len(answer.body)))
        if self.closing:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if answer.status in (204, 304) else answer.body})


async def read_body(receive: Receive) -> bytes | None:
    """The whole body, or None when the client left in the middle of it."""
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    if not message.get("more_body"):
        body: bytes = message.get("body", b"")
        return body
    parts = [message.get("body", b"")]
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
    return b"".join(parts)
