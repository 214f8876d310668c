"""Request ids, as the reference echoes them: `x-request-id`, and two older names that stand in for each other."""

from __future__ import annotations

import random

from homeport.scoring.messages import Headers, Request

LONGEST = 100  # characters
GIVEN = frozenset((b"x-request-id", b"x-ms-request-id", b"x-ms-client-request-id", b"traceid"))


def id_headers(request: Request) -> tuple[Headers, str | None]:
    """(the id headers of an answer, what is wrong with the request's own ids or None).

    No `x-request-id` gets a new one; an empty one gets none. Where an id is too long, only a good `x-request-id`
    is sent.
    """
    for name, _ in request.headers:
        if name in GIVEN:
            return echoed(request)
    fresh = new_id().encode("ascii")  # most requests
    return [(b"x-request-id", fresh), (b"x-ms-request-id", fresh)], None


def echoed(request: Request) -> tuple[Headers, str | None]:
    """The same for a request that has ids of its own."""
    own = request.header(b"x-request-id")
    old = request.header(b"x-ms-request-id")
    client = request.header(b"x-ms-client-request-id") or old
    request_id = new_id() if own is None else own
    found = {
        "x-request-id": request_id,
        "x-ms-request-id": old or client or request_id,
        "x-ms-client-request-id": client,
        "traceid": request.header(b"traceid"),
    }
    wrong = [name for name, text in found.items() if text and len(text) > LONGEST]
    if wrong:
        found = {} if "x-request-id" in wrong else {"x-request-id": request_id}
    headers = [(name.encode("ascii"), text.encode("latin-1")) for name, text in found.items() if text]
    return headers, f"{wrong[0]} must not be longer than {LONGEST} characters" if wrong else None


def new_id() -> str:
    """A UUID of version 4. It names a request and guards nothing: no call of the system for its random bits."""
    bits = random.getrandbits(128) & ~(0xF << 76 | 0x3 << 62) | 4 << 76 | 2 << 62
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
