"""Groups that say what was meant when a command's name is mistyped."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click


class WrongUsage(click.UsageError):
    """A wrong call with a next step of its own."""

    def __init__(self, message: str, ctx: click.Context | None = None, *, hint: str | None = None) -> None:
        super().__init__(message, ctx)
        self.hint = hint


class Group(click.Group):
    """A group that suggests the nearest command.

    `later` names commands whose modules, below `homeport.cli`, are imported only when they are asked for; `aliases`
    are names that command lines written for the original use, and that no list shows.
    """

    def __init__(
        self,
        *args: Any,
        later: Mapping[str, str] | None = None,
        aliases: Mapping[str, str] | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(*args, **rest)
        self.later = later or {}
        self.aliases = aliases or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self.commands, *self.later})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = self.aliases.get(cmd_name, cmd_name)
        if name not in self.later:
            return super().get_command(ctx, name)
        command: click.Command = import_module(f"homeport.cli.{self.later[name]}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            raise WrongUsage(f"`{ctx.command_path}` has no command `{name}`", ctx, hint=self.near(ctx, name))
        return super().resolve_command(ctx, args)

    def near(self, ctx: click.Context, name: str) -> str:
        """What may have been meant by `name`: a command that lives elsewhere, else one of ours that looks like it."""
        root = ctx.find_root().command
        elsewhere = root.homes_of(ctx, name) if isinstance(root, Group) else []
        if elsewhere:
            return f"did you mean {' or '.join(f'`{path}`' for path in elsewhere)}?"
        visible = self.list_commands(ctx)
        near = get_close_matches(name, visible, n=1)
        if near:
            return f"did you mean `{ctx.command_path} {near[0]}`?"
        return f"it has {', '.join(f'`{known}`' for known in visible)}"

    def homes_of(self, ctx: click.Context, name: str) -> list[str]:
        """The full names of the commands below this one that are called `name`."""
        return []
