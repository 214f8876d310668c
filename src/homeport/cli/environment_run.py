"""`homeport environment run`: a command in a registered environment."""

from __future__ import annotations

import click

from homeport.cli.environment_ref import one_environment
from homeport.cli.progress import ScreenProgress
from homeport.cli.workspace_option import in_workspace
from homeport.sdk.environment_use import enter, run_in
from homeport.sdk.workspace import Workspace


@click.command("run", context_settings={"ignore_unknown_options": True})
@one_environment
@click.argument("words", nargs=-1, required=True, metavar="-- COMMAND...", type=click.UNPROCESSED)
@in_workspace
def command(workspace: Workspace, ref: str, words: tuple[str, ...]) -> int:
    """Run COMMAND in an environment, built first where it is not; its exit status is this one's.

    The environment's programs come first on the PATH, and its variables are set.
    """
    with ScreenProgress() as progress:
        entered = enter(workspace, ref, progress=progress)
    return run_in(entered, words)
