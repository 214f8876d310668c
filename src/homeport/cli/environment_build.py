"""`homeport environment build`: an interpreter with the locked packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from homeport.cli.environment_ref import complete_environments
from homeport.cli.group import WrongUsage
from homeport.cli.output import json_option, print_json
from homeport.cli.progress import ScreenProgress
from homeport.cli.workspace_option import in_any_workspace
from homeport.sdk.environment_locks import build_from_file, build_registered, needed
from homeport.sdk.workspace import Workspace


@click.command("build")
@click.argument("ref", metavar="[NAME[:VERSION]]", required=False, shell_complete=complete_environments)
@click.option("--lock", "lock_file", type=click.Path(path_type=Path), metavar="FILE", help="Build what this lock says.")
@click.option("--engine", type=click.Choice(["conda", "uv"]), help="What resolves it, where it has no lock yet.")
@click.option("--offline", is_flag=True, help="Take packages only from what is on this machine.")
@json_option
@in_any_workspace
def command(workspace: Workspace | None, ref: str | None, lock_file: Path | None, as_json: bool, **given: Any) -> None:
    """Build an environment, or find it built, and print its interpreter.

    With a lock's file and a name, the lock is kept with that version, as if it had been made here.
    """
    if ref is None and lock_file is None:
        raise WrongUsage("Missing argument 'NAME'.", hint="name a registered environment, or a lock: `--lock FILE`")
    with ScreenProgress() as progress:
        if lock_file is not None:
            version = (needed(workspace), ref) if ref is not None else None
            built = build_from_file(lock_file, progress=progress, offline=given["offline"], version=version)
        else:
            built = build_registered(workspace, str(ref), progress=progress, **given)
    if as_json:
        print_json(
            {"interpreter": str(built.interpreter), "folder": built.folder and str(built.folder), "lock": built.lock}
        )
    else:
        click.echo(built.interpreter)
