"""`homeport environment verify`: is a built environment what its lock says?"""

from __future__ import annotations

from collections.abc import Iterator

import click

from homeport.cli.environment_ref import complete_environments
from homeport.cli.output import json_option, print_json, say
from homeport.cli.workspace_option import in_workspace
from homeport.sdk.environment_locks import Verification, verify
from homeport.sdk.workspace import Workspace

SHOWN = 40  # files of each kind


@click.command("verify")
@click.argument("ref", metavar="NAME[:VERSION]|FOLDER", shell_complete=complete_environments)
@json_option
@in_workspace
def command(workspace: Workspace, ref: str, as_json: bool) -> int:
    """Compare a built environment with its lock, file by file; exit status 1 where it differs.

    Byte code (`__pycache__`) is not looked at: Python makes it anew from the source beside it.
    """
    found = verify(workspace, ref)
    if as_json:
        print_json(found.to_json())
    else:
        for line in lines_of(found):
            click.echo(line)
        say(verdict(found))
    return 0 if found.whole else 1


def lines_of(found: Verification) -> Iterator[str]:
    """One line for each difference, the kind first."""
    yield from (f"package  {text}" for text in found.packages)
    for kind, paths in (("missing", found.missing), ("changed", found.changed), ("extra", found.extra)):
        yield from (f"{kind.ljust(8)} {path}" for path in paths[:SHOWN])
        if paths[SHOWN:]:
            yield f"{kind.ljust(8)} ... and {len(paths) - SHOWN} more (`--json` has them all)"


def verdict(found: Verification) -> str:
    """What it comes to, and what to do about it."""
    notes = "".join(f"\n{note}" for note in found.notes)
    if found.whole:
        return f"{found.checked} files are as locked (byte code is not looked at){notes}"
    again = f"rm -r {found.folder}, then `homeport environment build` makes it anew"
    if found.shared:
        again = f"the changed files are linked: the package cache holds them too, so `uv cache clean`, {again}"
    return f"{found.folder} is not what its lock says: {again}{notes}"
