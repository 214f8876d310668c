"""How a generation is served: the options that a person may set, with the defaults that suit most scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypedDict, cast

from homeport.domain.json import Json, JsonObject
from homeport.errors import InvalidCallError

ShareModel = Literal["auto", "never"]


class ServingWords(TypedDict, total=False):
    """The options of `ServingOptions` as keyword arguments; those left out have their defaults, or stay."""

    deadline_status: Literal[500, 504]
    queue_size: int
    init_timeout_s: float | None
    memory_limit_mb: int | None
    max_body_mb: int
    share_model: ShareModel
    batch_max_size: int
    batch_max_delay_ms: float
    batch_tolerance: float
    sample_input: Json
    capture: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingOptions:
    """Set in the deployment configuration or by `homeport serve`. Times in milliseconds or seconds as named.

    The deadline of one call of run() is the variable SCORING_TIMEOUT_MS, as on the reference server.
    """

    deadline_status: Literal[500, 504] = 504  # what the caller gets at the deadline; the reference gives 500
    queue_size: int = 1000  # requests that may wait for a worker; over it 503 at once
    init_timeout_s: float | None = 1200  # how long importing the script and init() may take together; None: no limit
    memory_limit_mb: int | None = None  # of one worker; over it the worker is recycled between requests
    max_body_mb: int = 1024  # of one request; over it 413
    share_model: ShareModel = "auto"  # one init() and forked workers where that is safe, else each loads for itself
    batch_max_size: int = 1  # requests merged into one call of run(); 1 is off
    batch_max_delay_ms: float = 2.0  # how long the first of a batch waits for others
    batch_tolerance: float = 1e-6  # relative; how far floats of a batched answer may be from the single one
    sample_input: Json = None  # a request body known to be good: what verified batching is proved with
    capture: bool = False  # keep inputs and outputs as rotated JSON lines beside the log

    def __post_init__(self) -> None:
        for name, least in (("queue_size", 0), ("batch_max_size", 1), ("max_body_mb", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise InvalidCallError(f"{name} must be a whole number from {least} on, got `{value}`")
        for name in ("init_timeout_s", "memory_limit_mb", "batch_max_delay_ms"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value <= 0):
                raise InvalidCallError(f"{name} must be greater than 0, got `{value}`")
        far = self.batch_tolerance
        if isinstance(far, bool) or not isinstance(far, int | float) or not 0 <= far < 1:
            raise InvalidCallError(f"batch_tolerance must be 0 or more and below 1, got `{far}`")
        for name, known in (("deadline_status", (500, 504)), ("share_model", ("auto", "never"))):
            if getattr(self, name) not in known:
                choices = " or ".join(f"`{choice}`" for choice in known)
                raise InvalidCallError(f"{name} must be {choices}, got `{getattr(self, name)}`")

    def to_json(self) -> JsonObject:
        return cast(JsonObject, asdict(self))

    def changed(self, options: Mapping[str, Any]) -> ServingOptions:
        """With those that `options` names; InvalidCallError as in `from_json`."""
        return self.from_json({**self.to_json(), **options})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ServingOptions:
        """Read what `to_json` wrote; a name that is not known is InvalidCallError."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(document) - known)
        if unknown:
            raise InvalidCallError(
                f"`{unknown[0]}` is not a serving option", hint=f"there are {', '.join(sorted(known))}"
            )
        return cls(**document)
