"""How long work tells what it is doing: the caller gives something that shows it, or nothing."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Shows a person what is happening. Every call is cheap and none may raise."""

    def step(self, text: str) -> None:
        """One line: a new piece of work has begun, or a fact about it is known."""

    def advance(self, label: str, done: int, total: int) -> None:
        """Bytes (or items) done so far of `total`, for the piece of work called `label`."""


class Silent:
    """Shows nothing."""

    def step(self, text: str) -> None:
        return None

    def advance(self, label: str, done: int, total: int) -> None:
        return None
