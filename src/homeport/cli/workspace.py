"""`homeport workspace`: parse, call one thing, print."""

from __future__ import annotations

from typing import Any

import click

from homeport.cli.completions import complete_workspaces
from homeport.cli.group import Group, WrongUsage
from homeport.cli.key_values import PairsCommand, pairs
from homeport.cli.output import confirm, json_option, print_facts, print_json, print_table, say, yes_option
from homeport.cli.progress import ScreenProgress
from homeport.cli.workspace_option import find_workspace
from homeport.cli.workspace_policy import allow_global, disallow_global, policy
from homeport.domain.sizes import byte_size
from homeport.errors import InvalidConfigError, WorkspaceNotFoundError
from homeport.sdk.registry import collect_workspace, verify_workspace, workspace_details
from homeport.sdk.workspace import Workspace


@click.group("workspace", cls=Group)
def command() -> None:
    """Create, list, verify and clean workspaces."""


for _policy in (policy, allow_global, disallow_global):
    command.add_command(_policy)


def one_workspace(function: Any) -> Any:
    """NAME or `-w NAME`; where neither is said, the one that this folder points at."""
    word = click.argument("word", metavar="[NAME]", required=False, shell_complete=complete_workspaces)
    flag = click.option("-w", "--workspace", "--workspace-name", "flag", metavar="NAME", help="The same as NAME.")
    return word(flag(function))


@command.command(cls=PairsCommand)
@one_workspace
@click.option("-t", "--tag", "tags", multiple=True, metavar="KEY=VALUE", help="A tag; repeat it, or list several.")
@click.option("--exist-ok", is_flag=True, help="It is no error when the workspace is there already.")
@click.option("-g", "--resource-group", metavar="NAME", help="Kept for scripts that print it.")
@click.option("--subscription-id", metavar="ID", help="Kept for scripts that print it.")
@click.option("-l", "--location", metavar="NAME", help="Kept for scripts that print it.")
def create(word: str | None, flag: str | None, tags: tuple[str, ...], **details: Any) -> None:
    """Create an empty workspace; `homeport init` does so and points this folder at it."""
    name = word or flag
    if name is None:
        raise WrongUsage("the workspace's name is missing", hint="`homeport workspace create NAME`")
    workspace = Workspace.create(name, tags=pairs(tags, "--tag"), **details)
    click.echo(workspace.name)
    if notice := workspace_details(workspace)["notice"]:
        say(notice)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the workspaces on this machine."""
    names, here = sorted(Workspace.list()), _here()
    if as_json:
        print_json([{"name": name, "current": name == here} for name in names])
        return
    rows = [(name, "this folder's" if name == here else "") for name in names]
    print_table(("WORKSPACE", ""), rows, empty="no workspaces; `homeport init` makes one")


def _here() -> str | None:
    """The workspace that this folder points at, if there is one."""
    try:
        return find_workspace(None).name
    except (InvalidConfigError, WorkspaceNotFoundError):
        return None


@command.command()
@one_workspace
@json_option
def show(word: str | None, flag: str | None, as_json: bool) -> None:
    """Show a workspace, this folder's where none is named."""
    details = workspace_details(find_workspace(word or flag))
    if as_json:
        print_json(details)
        return
    print_facts(
        [
            ("workspace", details["name"]),
            ("path", details["path"]),
            ("models", f"{details['models']}, {details['modelVersions']} versions"),
            ("environments", str(details["environments"])),
            ("tags", [f"{key}={value}" for key, value in details["tags"].items()]),
            ("note", details["notice"]),
        ]
    )


@command.command()
@one_workspace
@yes_option
def delete(word: str | None, flag: str | None, yes: bool) -> None:
    """Delete a workspace with all its models; refused while a service came from it."""
    name = word or flag
    if name is None:
        raise WrongUsage(
            "the workspace to delete is missing", hint="it must be named: `homeport workspace delete NAME`"
        )
    workspace = find_workspace(name)
    details = workspace_details(workspace)
    confirm(f"Delete workspace {name} with {details['modelVersions']} model versions?", yes=yes)
    workspace.delete()
    say(f"workspace `{name}` is deleted")


@command.command()
@one_workspace
@json_option
@click.pass_context
def verify(ctx: click.Context, word: str | None, flag: str | None, as_json: bool) -> None:
    """Read every byte of every model again; exit status 1 when something is wrong."""
    workspace = find_workspace(word or flag)
    with ScreenProgress() as progress:
        wrong = verify_workspace(workspace, progress)
    if as_json:
        print_json({"workspace": workspace.name, "wrong": wrong})
    else:
        for line in wrong:
            click.echo(line)
    say(
        f"{len(wrong)} things are wrong in workspace `{workspace.name}`"
        if wrong
        else f"workspace `{workspace.name}` is whole"
    )
    if wrong:
        ctx.exit(1)


@command.command()
@one_workspace
@json_option
def gc(word: str | None, flag: str | None, as_json: bool) -> None:
    """Free the bytes that no model refers to any more."""
    workspace = find_workspace(word or flag)
    with ScreenProgress() as progress:
        freed = collect_workspace(workspace, progress)
    if as_json:
        print_json({"workspace": workspace.name, "files": freed.files, "bytes": freed.bytes})
    else:
        click.echo(f"{freed.files} files, {byte_size(freed.bytes)} freed")
