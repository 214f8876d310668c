"""One request as it was kept, so that it can be run again."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from homeport.domain.json import JsonObject

FAILED_FOLDER = "failed-requests"  # of a service: a JSON file each, whose names sort by time
KEPT_FAILED = 20
MOST_KEPT = 1 << 20  # bytes of a body; a request with a longer one is not kept
CAPTURE_FILE = "capture.jsonl"  # of a service, beside its log
SECRET = frozenset(("authorization", "cookie", "proxy-authorization", "x-api-key"))  # headers that are never kept


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """What a client sent, without what it proved itself with; `body` is text, or base64 where it is no UTF-8."""

    request_id: str
    at: str  # ISO 8601, UTC
    generation: int
    outcome: str  # raised, unserializable, timeout, lost, response
    message: str | None
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]  # names in lower case
    body: str
    base64: bool = False

    @property
    def bytes(self) -> bytes:
        return b64decode(self.body) if self.base64 else self.body.encode()

    def about(self) -> JsonObject:
        """What a worker is told of it, as in SCORE."""
        named: dict[str, str] = {}
        for name, value in self.headers:
            key = name.title()
            named[key] = f"{named[key]},{value}" if key in named else value
        return {
            "id": self.request_id,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": cast(JsonObject, named),
            "fields": [[name, value] for name, value in self.headers],
        }

    def to_json(self) -> JsonObject:
        return cast(JsonObject, asdict(self))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> RecordedRequest:
        headers = tuple((str(name), str(value)) for name, value in document["headers"])
        return cls(**{**document, "headers": headers})


def as_text(body: bytes) -> tuple[str, bool]:
    """(text, False), or (base64, True) where it is not UTF-8."""
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return b64encode(body).decode("ascii"), True
