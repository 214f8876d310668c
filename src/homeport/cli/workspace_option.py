"""`-w NAME` on every command that works in a workspace; without it, the one that this folder points at."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from homeport.errors import HomeportError
from homeport.sdk.workspace import Workspace


def in_workspace(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command its open workspace as the first argument.

    `-g` and `--subscription-id` are taken, as command lines written for the original say them, and mean nothing here.
    """
    return _with_options(function, find_workspace)


def in_any_workspace(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a command that can do without: None where no workspace is named and this folder points at none."""
    return _with_options(function, _workspace_or_none)


def _workspace_or_none(name: str | None, folder: Path | None = None) -> Workspace | None:
    try:
        return find_workspace(name, folder)
    except HomeportError:
        if name is not None or folder is not None:
            raise
        return None


def _with_options(function: Callable[..., Any], find: Callable[..., Workspace | None]) -> Callable[..., Any]:

    @click.option("-w", "--workspace", "--workspace-name", "workspace_name", metavar="NAME", help="The workspace.")
    @click.option("--path", "folder", type=click.Path(path_type=Path), hidden=True)
    @click.option("-g", "--resource-group", "group", hidden=True)
    @click.option("--subscription-id", "subscription", hidden=True)
    @functools.wraps(function)
    def with_workspace(
        *args: Any,
        workspace_name: str | None,
        folder: Path | None,
        group: str | None,
        subscription: str | None,
        **rest: Any,
    ) -> Any:
        return function(find(workspace_name, folder), *args, **rest)

    return with_workspace


def find_workspace(name: str | None, folder: Path | None = None) -> Workspace:
    """By name, else by the configuration file that `folder` (the current one where None) or one above it has."""
    if name is not None:
        return Workspace.get(name)
    return Workspace.from_config(folder)
