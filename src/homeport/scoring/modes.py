"""What of a request is answered without the script, and what the worker is told of the rest, by the script's mode."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from homeport.scoring.messages import Answer, Request
from homeport.scoring.replies import FLAG, HTML, error

Mode = Literal["string", "object", "raw"]

JSON_TYPE = re.compile(r"application/([^;\s]+\+)?json\s*(;|$)", re.IGNORECASE)


def refused(request: Request, mode: Mode) -> Answer | None:
    """The answer of /score where run() is not called; raw mode has run() see every method."""
    if mode == "raw":
        return None
    if request.method == "OPTIONS":
        return Answer(200, [HTML, FLAG[False]])
    if request.method == "HEAD":
        return error(405, "HEAD is not allowed here")
    if mode == "object" and request.method == "POST" and not is_json(request.header(b"content-type")):
        return error(415, "this script takes JSON: send it with the header `Content-Type: application/json`")
    return None


def is_json(content_type: str | None) -> bool:
    """`application/json` or `application/*+json`, with or without parameters; case does not matter."""
    return content_type is not None and JSON_TYPE.match(content_type.strip()) is not None


def metadata(request: Request, about: Mapping[str, Any]) -> dict[str, object]:
    """What a worker needs beside the body; `about` is what it said of its script at READY."""
    told: dict[str, object] = {"method": request.method, "query": request.query}
    if about.get("wants_headers"):
        told["headers"] = title_case(request.headers)
    if about.get("wants_request"):
        told["path"], told["client"] = request.path, request.client
        told["fields"] = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers]
    accept = request.header(b"accept")
    if accept is not None and "text/event-stream" in accept.lower():
        told["events"] = True
    return told


def title_case(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """`X-Probe: p` from `x-probe: p`; a header that comes twice is joined by a comma, as WSGI servers do."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.decode("latin-1").title()
        text = value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found
