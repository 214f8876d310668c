"""Progress on a screen: lines and one bar on stderr; plain lines where stderr is not a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

import click

from homeport.cli.visible import visible

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

BAR_AFTER = 0.5  # seconds: quick work shows no bar


class ScreenProgress:
    """A `Progress` for people; use it as a context manager so that the bar is taken down on errors too."""

    def __init__(self, *, bar_after: float = BAR_AFTER) -> None:
        self._bar_after = bar_after
        self._terminal = sys.stderr.isatty()
        self._label = ""
        self._began = 0.0
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> ScreenProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def step(self, text: str) -> None:
        self._clear()
        click.echo(visible(text), err=True)

    def advance(self, label: str, done: int, total: int) -> None:
        if not self._terminal:
            return
        if label != self._label:
            self._clear()
            self._label, self._began = label, time.monotonic()
        if self._bar is None and time.monotonic() - self._began >= self._bar_after:
            self._draw(total)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total)

    def _draw(self, total: int) -> None:
        # rich takes 60 ms to import: only work that lasts pays for it
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        self._task = self._bar.add_task(self._label, total=total)

    def _clear(self) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._bar, self._task, self._label = None, None, ""
