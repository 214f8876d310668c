"""A service: a named, running bundle with a port. `service.json` declares it; its host's lock says whether it lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, cast

from homeport.domain.bundle import check_format
from homeport.domain.json import JsonObject
from homeport.domain.serving import ServingOptions
from homeport.errors import InvalidInputError

SERVICE_FORMAT = 1
CONTROL_FORMAT = 1
KEPT_GENERATIONS = 5

# The files of `services/NAME/`. The runtime writes service.json and generations/; the host writes the others.
SERVICE_FILE = "service.json"
GENERATIONS_FOLDER = "generations"
HOST_LOCK = "host.lock"  # held (flock) as long as the host lives
HOST_LOG = "host.log"
CURRENT_FILE = "current"  # the number of the generation that serves, written at each switch
FAILURE_FILE = "failure.json"  # {"kind", "message", "detail"}: why the host ended or could not start

ServiceState = Literal["deploying", "running", "failed", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One deployed state of a service; its bundle is `generations/NUMBER/`."""

    number: int
    created: datetime
    models: tuple[str, ...]  # `name:version` each
    environment: str | None  # `name:version`; the name alone of one not registered; None for an interpreter as it is
    entry_script: str
    workers: int
    port: int | None = None  # the one it was made to serve on: when it is current, this is the service's port
    source: str | None = None  # where its code came from; see `Service.source`
    cause: str = "deploy"  # or "update", "reload", "rollback to N"
    options: ServingOptions = field(default_factory=ServingOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What `service.json` says."""

    id: str  # new at every deploy, so a handle to a replaced service knows that it is stale
    name: str
    workspace: str
    runtime: str  # "process"
    host: str
    port: int  # the one that is bound; a random free one was chosen where none was asked for
    control_socket: str
    source: str | None  # absolute path of the source folder, or of the lone entry script, for `reload`
    generations: tuple[Generation, ...]  # oldest first
    desired: Literal["running", "stopped"]
    description: str | None
    tags: JsonObject
    properties: JsonObject
    created: datetime
    updated: datetime
    auth_enabled: bool = False  # whether callers need one of the keys in `keys.json`

    def generation(self, number: int) -> Generation:
        for generation in self.generations:
            if generation.number == number:
                return generation
        kept = ", ".join(str(generation.number) for generation in self.generations)
        raise InvalidInputError(f"service `{self.name}` has no generation {number}", hint=f"it keeps {kept}")

    def with_generation(self, generation: Generation, *, at: datetime) -> Service:
        return replace(self, generations=(*self.generations, generation), updated=at)

    def to_json(self) -> JsonObject:
        document: dict[str, Any] = {"format": SERVICE_FORMAT, **asdict(self)}
        for part in (document, *document["generations"]):
            part["created"] = part["created"].isoformat()
        document["updated"] = self.updated.isoformat()
        return cast(JsonObject, document)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Service:
        """Read `service.json`; an unknown format is refused with the way out."""
        check_format(document, SERVICE_FORMAT, SERVICE_FILE)
        fields = {key: value for key, value in document.items() if key != "format"}
        try:
            fields["created"] = datetime.fromisoformat(document["created"])
            fields["updated"] = datetime.fromisoformat(document["updated"])
            fields["generations"] = tuple(
                Generation(
                    **{
                        **generation,
                        "created": datetime.fromisoformat(generation["created"]),
                        "models": tuple(generation["models"]),
                        "options": ServingOptions.from_json(generation.get("options", {})),
                    }
                )
                for generation in document["generations"]
            )
            return cls(**fields)
        except (KeyError, TypeError, ValueError) as wrong:
            raise InvalidInputError(
                f"`{SERVICE_FILE}` is not complete: {wrong!r}", hint="deploy the service again to have it rewritten"
            ) from wrong
