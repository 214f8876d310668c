"""`homeport`: each command's module is imported when that command is asked for, so that `--help` is instant."""

from __future__ import annotations

import sys

import click
from click.shell_completion import CompletionItem

from homeport.cli.edge import end_in_order, run_command
from homeport.cli.group import Group

PROGRAM = "homeport"

# name -> (module below homeport.cli, one line for `homeport --help`); each module has its click command as `command`
COMMANDS = {
    "init": ("init", "Create a workspace and point this folder at it."),
    "demo": ("demo", "Train, register, deploy, score, update and roll back, on this machine."),
    "run": ("run", "Run a script written for the azureml SDK, unchanged."),
    "serve": ("serve", "Serve an entry script or a bundle in the foreground."),
    "score": ("score", "Run an entry script once on one request, with no server."),
    "check": ("check", "Say whether an entry script would serve, and what to mend."),
    "model": ("model", "Register, list, show, change, download and deploy models."),
    "environment": ("environment", "Register, lock, build and look at environments."),
    "service": ("service", "Look at, score, update, roll back, stop and start services."),
    "workspace": ("workspace", "Create, list, verify and clean workspaces."),
    "completion": ("completion", "Print the completion script for your shell."),
}
GROUPS = ("model", "environment", "service", "workspace")  # those that have commands of their own


class LazyGroup(Group):
    """Knows its commands by name and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [CompletionItem(name, help=line) for name, (_, line) in COMMANDS.items() if name.startswith(incomplete)]

    def homes_of(self, ctx: click.Context, name: str) -> list[str]:
        groups = {path: self.get_command(ctx, path) for path in GROUPS}
        found = (
            path for path, group in groups.items() if isinstance(group, Group) and name in group.list_commands(ctx)
        )
        return [f"{PROGRAM} {path} {name}" for path in found]


@click.group(
    cls=LazyGroup,
    later={name: module for name, (module, _) in COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="homeport", message="%(version)s")
def cli() -> None:
    """A home for trained models on your own machine."""


def main() -> None:
    """The console script."""
    end_in_order()
    sys.exit(run_command(lambda: cli.main(prog_name=PROGRAM, standalone_mode=False)))
