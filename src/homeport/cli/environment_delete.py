"""`homeport environment delete`: forget a registered version."""

from __future__ import annotations

import click

from homeport.cli.environment_ref import one_environment
from homeport.cli.output import confirm, say
from homeport.cli.workspace_option import in_workspace
from homeport.sdk.environment_prune import delete_version
from homeport.sdk.environment_registry import find_version
from homeport.sdk.workspace import Workspace


@click.command("delete")
@one_environment
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@in_workspace
def command(workspace: Workspace, ref: str, yes: bool) -> None:
    """Forget a registered version, with its labels and locks; one that a service uses is refused.

    What is built stays until `homeport environment prune`.
    """
    found = find_version(workspace, ref)
    confirm(f"Delete {found.ref}?", yes=yes)
    say(f"{delete_version(workspace, found.ref)} is deleted")
