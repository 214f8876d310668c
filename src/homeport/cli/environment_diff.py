"""`homeport environment diff`: what is different between two locks."""

from __future__ import annotations

import click

from homeport.cli.environment_ref import complete_environments
from homeport.cli.output import json_option, print_json, say
from homeport.cli.workspace_option import in_any_workspace
from homeport.sdk.environment_locks import Change, diff
from homeport.sdk.workspace import Workspace

_LOCK = "NAME[:VERSION]|LOCK|FOLDER"


@click.command("diff")
@click.argument("before", metavar=_LOCK, shell_complete=complete_environments)
@click.argument("after", metavar=_LOCK, shell_complete=complete_environments)
@json_option
@in_any_workspace
def command(workspace: Workspace | None, before: str, after: str, as_json: bool) -> None:
    """Show what is different between two locks: packages, Python, platform, dates.

    Each is a registered environment, a lock's file or the folder of a built one.
    """
    found = diff(workspace, before, after)
    if as_json:
        print_json(found.to_json())
        return
    for change in found.facts:
        click.echo(f"~ {change.name}: {change.before or 'none'} -> {change.after or 'none'}")
    for change in found.packages:
        click.echo(_line(change))
    if found.same:
        say("they build the same environment")


def _line(change: Change) -> str:
    if change.before is None:
        return f"+ {change.name} {change.after}"
    if change.after is None:
        return f"- {change.name} {change.before}"
    if change.files:
        return f"~ {change.name} {change.before}: the same version, other files"
    return f"~ {change.name} {change.before} -> {change.after}"
