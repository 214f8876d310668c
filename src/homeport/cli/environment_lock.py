"""`homeport environment lock`: exact packages with their hashes."""

from __future__ import annotations

from typing import Any

import click

from homeport.cli.environment_ref import one_environment
from homeport.cli.output import json_option, print_json
from homeport.cli.progress import ScreenProgress
from homeport.cli.workspace_option import in_workspace
from homeport.sdk.environment_locks import LockRequest, lock_registered
from homeport.sdk.workspace import Workspace


@click.command("lock")
@one_environment
@click.option("--as-of", metavar="DATE", help="Resolve with what was published up to this day.")
@click.option("--python", metavar="X.Y", help="Resolve for this Python instead of the definition's.")
@click.option("--platform", metavar="PLATFORM", help="Lock for another platform: linux-aarch64, macos-arm64, windows.")
@click.option("--resolve-index", metavar="URL", help="Ask this index for versions and days; files stay the usual's.")
@click.option(
    "--engine", type=click.Choice(["conda", "uv"]), help="By default conda where it has conda packages, else uv."
)
@click.option("--relock", is_flag=True, help="Resolve again, and replace the lock there is.")
@json_option
@in_workspace
def command(workspace: Workspace, ref: str, as_json: bool, **given: Any) -> None:
    """Resolve an environment to exact packages with their hashes, and keep that with its version."""
    with ScreenProgress() as progress:
        made = lock_registered(workspace, ref, LockRequest(**given), progress=progress)
    if as_json:
        print_json(made.to_json())
        return
    for conda in made.conda:
        click.echo(f"{conda.name}={conda.version}={conda.build}")
    for package in made.packages:
        click.echo(f"{package.name}=={package.version}")
