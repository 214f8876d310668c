"""What a shell's Tab key offers for names; no answer where anything is wrong."""

from __future__ import annotations

import click

from homeport.cli.workspace_option import find_workspace
from homeport.errors import HomeportError
from homeport.sdk.registry import model_names
from homeport.sdk.workspace import Workspace


def complete_models(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of models in the workspace that is named on the line so far, else in this folder's."""
    try:
        names = model_names(find_workspace(ctx.params.get("workspace_name")))
    except HomeportError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def complete_workspaces(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of workspaces."""
    return [name for name in Workspace.list() if name.startswith(incomplete)]
