"""An incident: what a fault of a worker leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

from homeport.domain.json import JsonObject

INCIDENTS_FOLDER = "incidents"  # of a service: ID.json each
KEPT_INCIDENTS = 100

Kind = Literal["deadline", "crash", "init_timeout", "memory", "protocol"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What happened to one worker, and everything that may say why."""

    id: str  # the moment and a random part: ids sort by time
    kind: Kind
    message: str
    at: str  # ISO 8601, UTC
    generation: int
    request_id: str | None  # of the request that the worker had in hand
    ran_ms: float | None  # how long it had it
    worker: int  # process id
    interpreter: str
    python: str | None
    environment: str | None  # the hash of its lock; None for an interpreter as it is
    entry_script: str
    stacks: str  # of all threads at that moment; empty where the process could not say
    log: tuple[str, ...]  # the last lines of the worker since it had the request, else since its start

    def to_json(self) -> JsonObject:
        return cast(JsonObject, asdict(self))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Incident:
        return cls(**{**document, "log": tuple(document["log"])})
