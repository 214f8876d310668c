"""Keeping requests: the last that failed, each in a file; with `capture`, inputs and outputs as rotated JSON lines."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime, timezone
from pathlib import Path

import orjson

from homeport.domain.recorded import (
    CAPTURE_FILE,
    FAILED_FOLDER,
    KEPT_FAILED,
    MOST_KEPT,
    SECRET,
    RecordedRequest,
    as_text,
)
from homeport.scoring.generation import Generation
from homeport.scoring.log import FileSink, Log, private
from homeport.scoring.messages import Reply, Request

KEPT = frozenset(("raised", "unserializable", "timeout", "lost"))  # what failed inside the script


class Records:
    """One a server; `folder` is the service's, None in the foreground, where only what is asked for is written."""

    def __init__(self, folder: Path | None, log: Log) -> None:
        self._folder, self._log = folder, log
        self._sink: FileSink | None = None

    def scored(self, request: Request, reply: Reply, generation: Generation) -> None:
        """Called once for each request that run() was called for, or would have been."""
        failed = reply.outcome in KEPT or (reply.outcome == "response" and reply.about["status"] >= 500)
        if failed and self._folder is not None and len(request.body) <= MOST_KEPT:
            self._keep(recorded(request, reply, generation.number), self._folder / FAILED_FOLDER)
        if generation.launch.options.capture:
            self._capture(request, reply, generation)

    def _keep(self, one: RecordedRequest, folder: Path) -> None:
        """Whole or not at all, for its user alone; a full disk costs the file, never the service."""
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            staged = folder / f".{os.getpid()}"
            with open(staged, "wb", opener=private) as target:
                target.write(json.dumps(one.to_json()).encode())
            staged.replace(folder / f"{time.time_ns():020d}.json")
            for old in sorted(folder.glob("*.json"))[:-KEPT_FAILED]:
                old.unlink(missing_ok=True)
        except OSError as wrong:
            self._log.warning(f"request {one.request_id} could not be kept: {wrong.strerror}")

    def _capture(self, request: Request, reply: Reply, generation: Generation) -> None:
        if self._sink is None:
            self._sink = FileSink((self._folder or Path.cwd()) / CAPTURE_FILE)
        given, given_base64 = as_text(request.body[:MOST_KEPT])
        made, made_base64 = as_text(reply.body[:MOST_KEPT])
        line = {
            "at": now(),
            "request_id": request.id,
            "generation": generation.number,
            "method": request.method,
            "query": request.query,
            "outcome": reply.outcome,
            "ms": reply.about.get("ms"),
            "input": given,
            "input_base64": given_base64,
            "input_bytes": len(request.body),  # more than `input` holds where it was cut
            "output": None if reply.stream is not None else made,
            "output_base64": made_base64,
            "output_bytes": None if reply.stream is not None else len(reply.body),
        }
        self._sink.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE), error=False)


def recorded(request: Request, reply: Reply, generation: int) -> RecordedRequest:
    body, base64 = as_text(request.body)
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers]
    return RecordedRequest(
        request_id=request.id,
        at=now(),
        generation=generation,
        outcome=reply.outcome,
        message=reply.about.get("message"),
        method=request.method,
        path=request.path,
        query=request.query,
        headers=tuple((name, value) for name, value in headers if name.lower() not in SECRET),
        body=body,
        base64=base64,
    )


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
