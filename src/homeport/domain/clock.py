"""The clock as an argument: what writes a time is given one of these."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Now, with the UTC zone."""
    return datetime.now(timezone.utc)
