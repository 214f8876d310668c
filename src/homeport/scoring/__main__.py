"""`python -m homeport.scoring --spec-fd N [--ready-fd M]`: serve what the specification on fd N says.

Exit status, as the reference's: 0 after a graceful stop, 3 when the start failed, 1 when the port is in use or the
server itself has a fault.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import sys
import traceback
from pathlib import Path

from homeport.domain.json import JsonObject
from homeport.domain.launch import ServerSpec
from homeport.errors import HomeportError
from homeport.scoring.faults import StartError
from homeport.scoring.log import FORMAT_VARIABLE, FileSink, Log, LogHandler, StreamSink
from homeport.scoring.server import Server
from homeport.scoring.state import StateFolder

FAULT, FAILED_START = 1, 3


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m homeport.scoring")
    parser.add_argument("--spec-fd", type=int, required=True)
    parser.add_argument("--ready-fd", type=int)
    told = parser.parse_args(arguments)
    spec = read_spec(told.spec_fd)
    ready = Ready(told.ready_fd)
    state = StateFolder(Path(spec.state_folder)) if spec.state_folder is not None else None
    try:
        if state is not None:
            state.lock()
    except StartError as wrong:
        ready.tell({"event": "failed", "error": wrong.to_json()})
        sys.stderr.write(f"error: {wrong}\n")
        return FAILED_START
    log_format = {**os.environ, **spec.launch.variables}.get(FORMAT_VARIABLE, "text")
    log = Log(StreamSink() if state is None else FileSink(state.log_path), as_json=log_format == "json")
    logging.basicConfig(handlers=[LogHandler(log)], format="%(message)s", level=logging.WARNING)
    return serve(spec, log, state, ready)


def serve(spec: ServerSpec, log: Log, state: StateFolder | None, ready: Ready) -> int:
    """Run the server to its end and give the exit status."""
    try:
        run_loop(spec, log, state, ready)
    except StartError as wrong:
        ready.tell({"event": "failed", "error": wrong.to_json()})
        log.fatal(f"the server did not start: {wrong.message}", detail=wrong.detail, hint=wrong.hint)
        return FAULT if wrong.kind == "port_in_use" else FAILED_START
    except Exception as wrong:  # noqa: BLE001 - the outermost loop: whatever it is, the service must say why it is not there
        detail = traceback.format_exc()
        log.fatal(f"the server has a fault of its own: {wrong!r}", detail=detail)
        if state is not None:
            state.failed({"kind": "host_fault", "message": repr(wrong), "hint": None, "detail": detail})
        return FAULT
    finally:
        log.flush()
    return 0


def run_loop(spec: ServerSpec, log: Log, state: StateFolder | None, ready: Ready) -> None:
    gc.collect()
    gc.freeze()  # what has been imported stays: the collector need not look at it again and again under load

    async def run() -> None:
        await Server(spec, log, state).run(ready.tell)

    try:
        import uvloop  # where there is none (not on Linux and macOS), the loop is asyncio's own
    except ImportError:
        asyncio.run(run())
    else:
        uvloop.run(run())


def read_spec(descriptor: int) -> ServerSpec:
    with os.fdopen(descriptor, "rb") as source:
        try:
            return ServerSpec.from_json(json.load(source))
        except (HomeportError, ValueError, KeyError, TypeError) as wrong:
            sys.exit(f"error: the server specification cannot be read: {wrong}")


class Ready:
    """The descriptor on which whoever started us waits for one line."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def tell(self, event: JsonObject) -> None:
        """Write the line and close; after the first one nobody listens."""
        if self._descriptor is None:
            return
        with contextlib.suppress(OSError):  # whoever started us may have left
            os.write(self._descriptor, json.dumps(event).encode("ascii") + b"\n")
        os.close(self._descriptor)
        self._descriptor = None


if __name__ == "__main__":
    sys.exit(main())
