"""Progress on a screen: lines and one bar on stderr; plain lines where stderr is not a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType

import click

BAR_AFTER = 0.5  # seconds: quick work shows no bar


class ScreenProgress:
    """A `Progress` for people; use it as a context manager so that the bar is taken down on errors too."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._started = time.monotonic()
        self._drawn = False

    def __enter__(self) -> ScreenProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def step(self, text: str) -> None:
        self._clear()
        click.echo(text, err=True)

    def advance(self, label: str, done: int, total: int) -> None:
        if not self._terminal or time.monotonic() - self._started < BAR_AFTER:
            return
        share = done / total if total else 1.0
        bar = "#" * int(share * 30)
        click.echo(f"\r{label} [{bar:<30}] {share:4.0%}", nl=False, err=True)
        self._drawn = True

    def _clear(self) -> None:
        if self._drawn:
            click.echo("\r\033[K", nl=False, err=True)
            self._drawn = False
