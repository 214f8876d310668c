"""The argument that names a registered environment, and its completion."""

from __future__ import annotations

import click

from homeport.cli.workspace_option import find_workspace
from homeport.errors import HomeportError
from homeport.sdk.environment_registry import environment_names


def complete_environments(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of environments in the workspace that is named on the line so far, else in this folder's."""
    try:
        names = environment_names(find_workspace(ctx.params.get("workspace_name")))
    except HomeportError:
        return []
    return [name for name in names if name.startswith(incomplete)]


one_environment = click.argument("ref", metavar="NAME[:VERSION]", shell_complete=complete_environments)
