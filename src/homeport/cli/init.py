"""`homeport init`: a workspace for this folder, and the file that says so."""

from __future__ import annotations

import os
from pathlib import Path

import click

from homeport.cli.output import say
from homeport.domain.names import check_workspace_name, legal_workspace_name
from homeport.errors import ConflictError, InvalidConfigError
from homeport.sdk.workspace import Workspace
from homeport.sdk.workspace_config import FILE, FOLDER, OLD_FILE, OLD_FOLDER, WorkspaceConfig, find_config, read_config

# What counts as this folder's own pointer: a file in one of these is kept, as it may be the only copy.
_POINTERS = tuple(Path(folder, file) for folder in (FOLDER, OLD_FOLDER) for file in (FILE, OLD_FILE))


@click.command("init")
@click.option("--name", help="The workspace's name; by default the folder's.")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    help="A config.json, for example the cloud's: make the workspace that it names, with its identifiers.",
)
def command(name: str | None, source: Path | None) -> None:
    """Create a workspace and point this folder at it.

    Writes `.azureml/config.json`, where scripts look first. Running it again is harmless.
    """
    here = _pointer()
    if here is not None and source is None:
        _follow(here, name)
        return
    config = read_config(source) if source else None
    if config and name and name != config.name:
        raise InvalidConfigError(f"`{source}` names workspace `{config.name}`, not `{name}`", hint="leave --name out")
    wanted = config.name if config else name or _named_after_folder()
    if here is not None and config is not None and config.name != here.name:
        _made(config.name, config)
        say(f"this folder goes on using workspace {here.name}: {os.path.relpath(here.file)}")
        return
    if here is not None:
        _follow(here, wanted)
        return
    if config is None:
        _mention_other()
    workspace = _made(wanted, config)
    workspace.write_config()
    say(f"this folder now uses it: {Path(FOLDER, FILE)}")


def _pointer() -> WorkspaceConfig | None:
    """The folder's own configuration, where it has one."""
    for path in _POINTERS:
        if path.is_file():
            return read_config(path)
    return None


def _follow(here: WorkspaceConfig, name: str | None) -> None:
    """Make the workspace that this folder names already, where it is missing; the file stays as it is."""
    file = os.path.relpath(here.file)
    if name is not None and name != here.name:
        check_workspace_name(name)
        raise ConflictError(
            f"this folder uses workspace `{here.name}` already: {file}",
            hint=f"to use `{name}` here, move {file} away and run this again",
        )
    _made(here.name, here)
    say(f"this folder uses it: {file}")


def _made(name: str, config: WorkspaceConfig | None) -> Workspace:
    known = name in Workspace.list()
    workspace = Workspace.create(
        name,
        subscription_id=config.subscription_id if config else None,
        resource_group=config.resource_group if config else None,
        exist_ok=True,
    )
    say(f"workspace {name} {'is there already' if known else 'is made'}")
    return workspace


def _named_after_folder() -> str:
    folder = Path.cwd().name
    name = legal_workspace_name(folder)
    if name != folder:
        say(f"`{folder}` cannot be a workspace's name: using `{name}`")
    return name


def _mention_other() -> None:
    """A configuration that this folder used until now, somewhere above or beside, is about to be hidden: say so."""
    try:
        other = os.path.relpath(find_config(Path.cwd()))
    except InvalidConfigError:
        return
    say(f"{other} also names a workspace; from now on the one made here comes first in this folder")
    say(f"(to use that one instead: move {FOLDER} away, then `homeport init --from {other}`)")
