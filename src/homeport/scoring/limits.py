"""What a generation's workers are held to; seconds and bytes."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.domain.serving import ServingOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """None is no limit."""

    deadline: float | None = None  # of one call of run()
    deadline_status: int = 504  # what its caller gets then
    init: float | None = None  # of importing the script and init() together
    queue: int = 1000  # requests that may wait for a worker
    memory: int | None = None  # of one worker


def limits_of(options: ServingOptions, deadline: float | None) -> Limits:
    """`deadline` comes from SCORING_TIMEOUT_MS, everything else from the options."""
    return Limits(
        deadline=deadline,
        deadline_status=options.deadline_status,
        init=options.init_timeout_s,
        queue=options.queue_size,
        memory=None if options.memory_limit_mb is None else options.memory_limit_mb << 20,
    )
