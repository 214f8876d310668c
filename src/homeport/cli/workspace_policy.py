"""`homeport workspace policy`, `allow-global` and `disallow-global`."""

from __future__ import annotations

import click

from homeport.cli.output import json_option, print_facts, print_json, say
from homeport.cli.workspace_option import in_workspace
from homeport.sdk.workspace import Workspace

_MEANINGS = {
    "allow": "such files are registered and loaded without a word",
    "warn": "such files are registered and loaded, and it is said what they would run",
    "refuse": "such files are neither registered nor loaded",
}


@click.command("policy")
@click.argument("rule", type=click.Choice(tuple(_MEANINGS)), required=False)
@json_option
@in_workspace
def policy(workspace: Workspace, rule: str | None, as_json: bool) -> None:
    """Show or set what is done with model files that may run code of their own when they are loaded."""
    if rule is not None:
        workspace.load_policy = rule
    rule = workspace.load_policy
    if as_json:
        print_json({"workspace": workspace.name, "policy": rule, "allowedGlobals": list(workspace.allowed_globals)})
        return
    print_facts(
        [("policy", f"{rule}: {_MEANINGS[rule]}"), ("trusted names", workspace.allowed_globals or ["none of its own"])]
    )


@click.command("allow-global")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@in_workspace
def allow_global(workspace: Workspace, names: tuple[str, ...]) -> None:
    """Trust exact NAMEs (`mypackage.Model`) in every model file of this workspace."""
    workspace.allow_globals(*names)
    say(f"workspace `{workspace.name}` trusts {len(workspace.allowed_globals)} names of its own")


@click.command("disallow-global")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@in_workspace
def disallow_global(workspace: Workspace, names: tuple[str, ...]) -> None:
    """Take NAMEs off the list of those that this workspace trusts."""
    missing = sorted(set(names) - set(workspace.allowed_globals))
    workspace.disallow_globals(*names)
    if missing:
        say(f"not on the list: {', '.join(f'`{name}`' for name in missing)}")
    say(f"workspace `{workspace.name}` trusts {len(workspace.allowed_globals)} names of its own")
