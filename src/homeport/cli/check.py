"""`homeport check`: the pre-flight of an entry script. Exit 0 where it would serve, 1 where it would not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from homeport.cli.output import json_option, print_json, shown
from homeport.cli.score import read_data, script_of, script_options
from homeport.cli.serve import port_number
from homeport.sdk.preflight import Finding, check
from homeport.sdk.serving import definition_of


@click.command("check")
@script_options
@click.option("--port", type=port_number, default="5001", metavar="PORT", show_default=True, help="Would be served on.")
@json_option
def command(port: int, as_json: bool, **told: Any) -> None:
    """Say whether SCRIPT would serve: syntax, imports, functions, the model's files, a sample request."""
    serving = replace(script_of(told), port=port)
    definition = definition_of(told["environment"], told["workspace"]) if told["environment"] else None
    found = check(serving, read_data(told["data"]), definition, environment=told["environment"])
    if as_json:
        print_json([finding.to_json() for finding in found])
    else:
        for finding in found:
            show(finding)
    if any(finding.level == "error" for finding in found):
        raise click.exceptions.Exit(1)


def show(finding: Finding) -> None:
    """A line, and the fix below it."""
    where = ""
    if finding.file is not None:
        where = shown(Path(finding.file)) + (f":{finding.line}" if finding.line else "") + ": "
    lines = (where + finding.message).splitlines()
    click.echo(f"{finding.level:<6} {finding.check:<12} {lines[0]}")
    for line in lines[1:]:
        click.echo(f"{'':<20}{line}")
    if finding.hint:
        click.echo(f"{'':<20}-> {finding.hint}")
