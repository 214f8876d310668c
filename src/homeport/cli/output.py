"""How commands print: stdout is data, stderr is chat; `--json` on every reading command."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


def json_option(function: Function) -> Function:
    """Add `--json`; the function gets `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")(function)


def print_json(value: Any) -> None:
    """One JSON document on stdout; times as ISO 8601."""
    click.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def print_table(heads: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Left-aligned columns on stdout, or `empty` on stderr where there is no row."""
    if not rows:
        click.echo(empty, err=True)
        return
    cells = [[str(head) for head in heads], *([("" if cell is None else str(cell)) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    for number, row in enumerate(cells):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        click.echo(click.style(line, bold=True) if number == 0 else line)


def say(text: str) -> None:
    """Chat: one line on stderr."""
    click.echo(text, err=True)


def confirm(question: str, *, yes: bool) -> None:
    """Ask on a terminal; elsewhere `--yes` is needed. A no ends the command."""
    if yes:
        return
    if not click.get_text_stream("stdin").isatty():
        raise click.UsageError(f"{question} Say --yes: there is no terminal to ask on.")
    click.confirm(question, abort=True, err=True)
