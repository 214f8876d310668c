"""`homeport environment export`: a lock for other tools and other machines."""

from __future__ import annotations

from pathlib import Path

import click

from homeport.cli.environment_ref import complete_environments
from homeport.cli.output import say, shown
from homeport.cli.workspace_option import in_any_workspace
from homeport.errors import InvalidConfigError
from homeport.sdk.environment_locks import FORMS, Form, exported
from homeport.sdk.workspace import Workspace


@click.command("export")
@click.argument("ref", metavar="NAME[:VERSION]|LOCK|FOLDER", shell_complete=complete_environments)
@click.option("--format", "form", type=click.Choice(FORMS), default="requirements", show_default=True)
@click.option("--platform", metavar="PLATFORM", help="The lock of another platform.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it there.")
@in_any_workspace
def command(workspace: Workspace | None, ref: str, form: Form, platform: str | None, output: Path | None) -> None:
    """Print the lock: for pip with hashes, PEP 751, conda, or as `homeport environment build --lock` takes it."""
    text = exported(workspace, ref, form, platform)
    if output is None:
        click.echo(text, nl=False)
        return
    partial = output.with_name(f".{output.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(output)
    except OSError as wrong:
        partial.unlink(missing_ok=True)
        raise InvalidConfigError(
            f"`{output}` cannot be written: {wrong.strerror}", hint="name a file in a folder that is there"
        ) from wrong
    say(f"wrote {shown(output.absolute())}")
