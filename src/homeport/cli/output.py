"""How commands print: stdout is data, stderr is chat; `--json` on every reading command."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

import click

from homeport.cli.group import WrongUsage

Function = TypeVar("Function", bound=Callable[..., Any])


def json_option(function: Function) -> Function:
    """Add `--json`; the function gets `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")(function)


def yes_option(function: Function) -> Function:
    """Add `-y/--yes`; the function gets `yes`, for `confirm`."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask.")(function)


def print_json(value: Any) -> None:
    """One JSON document on stdout; times as ISO 8601."""
    click.echo(json.dumps(value, indent=2, default=_plain, ensure_ascii=False))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def print_table(heads: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Left-aligned columns on stdout, or `empty` on stderr where there is no row."""
    if not rows:
        say(empty)
        return
    cells = [[str(head) for head in heads], *([("" if cell is None else str(cell)) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    for number, row in enumerate(cells):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        click.echo(click.style(line, bold=True) if number == 0 else line)


def print_facts(facts: Sequence[tuple[str, object]]) -> None:
    """`name  value` lines on stdout; a None or empty value has no line, a list has one line for each item."""
    lines = {name: value if isinstance(value, list | tuple) else [value] for name, value in facts}
    lines = {name: [item for item in values if item not in (None, "")] for name, values in lines.items()}
    width = max(len(name) for name, values in lines.items() if values)
    for name, values in lines.items():
        for number, item in enumerate(values):
            click.echo(f"{click.style((name if number == 0 else '').ljust(width), bold=True)}  {item}")


def say(text: str) -> None:
    """Chat: one line on stderr."""
    click.echo(text, err=True)


@contextlib.contextmanager
def chat_on_stderr() -> Iterator[None]:
    """The SDK's calls print lines as the original's do; in a command those are chat."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


def confirm(question: str, *, yes: bool) -> None:
    """Ask on a terminal; elsewhere `--yes` is needed. A no ends the command."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise WrongUsage(f"{question} There is no terminal to ask on.", hint="say `--yes` to go ahead")
    click.confirm(question, abort=True, err=True)


def local_time(moment: datetime) -> str:
    """To the minute, in this machine's zone."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def ago(moment: datetime, *, now: datetime | None = None) -> str:
    """How long ago, in one unit: `12 s`, `3 min`, `5 h`, `8 d`."""
    seconds = max(0, int(((now or datetime.now(timezone.utc)) - moment).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def shown(path: Path) -> str:
    """Relative to the current folder when that is shorter."""
    try:
        relative = str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
    return min(relative, str(path), key=len)
