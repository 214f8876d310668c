"""`homeport environment shell`: your shell in a registered environment."""

from __future__ import annotations

import click

from homeport.cli.environment_ref import one_environment
from homeport.cli.output import say
from homeport.cli.progress import ScreenProgress
from homeport.cli.workspace_option import in_workspace
from homeport.sdk.environment_use import enter, run_in, shell_words
from homeport.sdk.workspace import Workspace


@click.command("shell")
@one_environment
@in_workspace
def command(workspace: Workspace, ref: str) -> int:
    """Start your shell in an environment, built first where it is not; `exit` leaves it."""
    with ScreenProgress() as progress:
        entered = enter(workspace, ref, progress=progress)
    say(f"in {entered.ref}: `python` is {entered.interpreter}; `exit` leaves it")
    return run_in(entered, shell_words(entered))
