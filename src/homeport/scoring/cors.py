"""CORS as the reference does it (`AML_CORS_ORIGINS`): off unless origins are named."""

from __future__ import annotations

import re
from collections.abc import Sequence

from homeport.scoring.messages import Headers, Request

METHODS = ("GET", "POST")
SPECIAL = set("*\\]?$^[]()")  # an origin with one of these is a regular expression


def cors_headers(origins: Sequence[str], request: Request) -> Headers:
    """What an answer carries for this request's Origin; nothing where CORS is off or the origin is not allowed."""
    if not origins:
        return []
    origin = request.header(b"origin")
    any_origin = "*" in origins
    if origin is None:
        allowed = "*" if any_origin else sorted(origins)[0]
    elif any_origin or any(matches(pattern, origin) for pattern in origins):
        allowed = origin
    else:
        return []
    headers: Headers = [(b"access-control-allow-origin", allowed.encode("latin-1"))]
    if len(origins) > 1 or (any_origin and origin is not None):
        headers.append((b"vary", b"Origin"))
    wanted = request.header(b"access-control-request-method")
    if request.method == "OPTIONS" and wanted is not None and wanted.upper() in METHODS:
        headers.append((b"access-control-allow-methods", ", ".join(METHODS).encode("ascii")))
        asked = request.header(b"access-control-request-headers")
        if asked:
            headers.append((b"access-control-allow-headers", asked.encode("latin-1")))
    return headers


def matches(pattern: str, origin: str) -> bool:
    """Case does not matter; a pattern with special characters is a regular expression from the beginning."""
    if SPECIAL & set(pattern):
        try:
            return re.match(pattern, origin, re.IGNORECASE) is not None
        except re.error:
            return False
    return pattern.lower() == origin.lower()
