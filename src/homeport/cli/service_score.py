"""`homeport service score`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from homeport.cli.group import WrongUsage
from homeport.cli.output import chat_on_stderr
from homeport.cli.service_name import named_service
from homeport.sdk.service_changes import score

FILE: click.ParamType[Any] = click.Path(path_type=Path, allow_dash=True)


@click.command("score")
@named_service("file", FILE)
@click.argument("file", required=False, type=FILE, metavar="[FILE]")
@click.option("-d", "--data", "--input-data", "data", metavar="TEXT", help="The request itself.")
def command(name: str, file: Path | None, data: str | None) -> None:
    """Send a request, from FILE (`-` is the standard input) or `--data`, and print the answer."""
    if file is not None and data is not None:
        raise WrongUsage("there are two requests to send", hint="name a FILE, or say `--data TEXT`")
    body = _read(file) if data is None else data.encode()
    try:
        with chat_on_stderr():
            answer = score(name, body)
    except json.JSONDecodeError as other:  # a script may answer with anything
        click.echo(other.doc)
    else:
        click.echo(json.dumps(answer, ensure_ascii=False))


def _read(file: Path | None) -> bytes:
    if file is None:
        raise WrongUsage("there is no request to send", hint="name a FILE, or say `--data TEXT`")
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as wrong:
        raise click.BadParameter(f"`{file}` cannot be read: {wrong.strerror}", param_hint="FILE") from wrong
