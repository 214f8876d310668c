"""Long work tells what it is doing on the script's own standard output, as the original does."""

from __future__ import annotations


class Printed:
    """A `Progress` that prints a line for each step and draws no bars: notebooks and logs keep what is printed."""

    def step(self, text: str) -> None:
        print(text, flush=True)

    def advance(self, label: str, done: int, total: int) -> None:
        return None
