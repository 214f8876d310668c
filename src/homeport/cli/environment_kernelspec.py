"""`homeport environment kernelspec`: a Jupyter kernel in a registered environment."""

from __future__ import annotations

from pathlib import Path

import click

from homeport.cli.environment_ref import one_environment
from homeport.cli.output import shown
from homeport.cli.progress import ScreenProgress
from homeport.cli.workspace_option import in_workspace
from homeport.sdk.environment_use import enter, kernelspec
from homeport.sdk.workspace import Workspace


@click.command("kernelspec")
@one_environment
@click.option(
    "--prefix", type=click.Path(path_type=Path), metavar="FOLDER", help="Write it below FOLDER/share/jupyter."
)
@in_workspace
def command(workspace: Workspace, ref: str, prefix: Path | None) -> None:
    """Make a Jupyter kernel that runs in an environment, and print its folder.

    ipykernel is kept beside the environment, not in it.
    """
    with ScreenProgress() as progress:
        made = kernelspec(enter(workspace, ref, progress=progress), prefix, progress=progress)
    click.echo(shown(made))
