"""The control socket of a service's host: JSON lines, one request a connection; the reply's last line has `ok`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from homeport.domain.json import JsonObject
from homeport.domain.launch import Launch
from homeport.domain.service import CONTROL_FORMAT
from homeport.scoring.faults import StartError

LONGEST = 64 << 20  # bytes of one request: a launch lists every file of its models
LAST_REPLY = 2.0  # seconds to write what is left when the server ends

Line = Callable[[str], None]


class Controlled(Protocol):
    """What the socket's verbs do."""

    def status(self) -> JsonObject: ...

    async def switch(self, number: int, launch: Launch, port: int | None, on_line: Line) -> int: ...

    async def stop(self) -> None: ...


class ControlSocket:
    """Listens at `path`, for its user alone."""

    def __init__(self, path: Path, server: Controlled) -> None:
        self._path, self._controlled = path, server
        self._talks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._path.unlink(missing_ok=True)  # the host's lock says that nobody else listens there
        self._server = await asyncio.start_unix_server(self._accept, self._path, limit=LONGEST)
        self._path.chmod(0o600)

    async def close(self) -> None:
        self._server.close()
        if self._talks:
            await asyncio.wait(self._talks, timeout=LAST_REPLY)
        self._path.unlink(missing_ok=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        if talk is not None:
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)
        try:
            line = await reader.readline()
            if line:
                reply = await self._reply(line, lambda text: writer.write(as_line({"log": text})))
                writer.write(as_line(reply))
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # the other side left, or sent a line past the limit: there is nobody to tell
        finally:
            writer.close()

    async def _reply(self, line: bytes, on_line: Line) -> JsonObject:
        try:
            request = parse(line)
            if request["do"] == "status":
                return {"ok": True, **self._controlled.status()}
            if request["do"] == "stop":
                await self._controlled.stop()
                return {"ok": True}
            return await self._switch(request, on_line)
        except StartError as wrong:
            return {"ok": False, "error": wrong.to_json()}

    async def _switch(self, request: Mapping[str, Any], on_line: Line) -> JsonObject:
        try:
            number, port = int(request["generation"]), request.get("port")
            launch = Launch.from_json(request["launch"])
        except (KeyError, TypeError, ValueError) as wrong:
            raise StartError("bad_request", f"the request to switch is not complete: {wrong!r}") from wrong
        port = await self._controlled.switch(number, launch, port, on_line)
        return {"ok": True, "generation": number, "port": port}


def parse(line: bytes) -> Mapping[str, Any]:
    """A request of a format and with a verb that we know; `StartError` with the way out for any other."""
    try:
        request = json.loads(line)
    except ValueError as wrong:
        raise StartError("bad_request", f"the request is not JSON: {wrong}") from wrong
    if not isinstance(request, dict):
        raise StartError("bad_request", "the request is not a JSON object")
    if request.get("format") != CONTROL_FORMAT:
        raise StartError(
            "unknown_format",
            f"the request has format {request.get('format')!r}; this host speaks format {CONTROL_FORMAT}",
            hint="restart the service, so that its host is of the same Homeport: `homeport service stop`, then `start`",
        )
    if request.get("do") not in ("status", "switch", "stop"):
        raise StartError(
            "unknown_verb",
            f"this host does not know how to `{request.get('do')}`",
            hint="restart the service, so that its host is of the same Homeport: `homeport service stop`, then `start`",
        )
    return request


def as_line(document: JsonObject) -> bytes:
    return json.dumps(document).encode("ascii") + b"\n"
