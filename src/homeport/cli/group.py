"""Groups that say what was meant when a command's name is mistyped."""

from __future__ import annotations

from difflib import get_close_matches

import click


class WrongUsage(click.UsageError):
    """A wrong call with a next step of its own."""

    def __init__(self, message: str, ctx: click.Context | None = None, *, hint: str | None = None) -> None:
        super().__init__(message, ctx)
        self.hint = hint


class Group(click.Group):
    """A group that suggests the nearest command."""

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
        visible = [known for known in self.list_commands(ctx) if not self.is_hidden(ctx, known)]
        near = get_close_matches(name, visible, n=1)
        if near:
            return f"did you mean `{ctx.command_path} {near[0]}`?"
        return f"it has {', '.join(f'`{known}`' for known in visible)}"

    def homes_of(self, ctx: click.Context, name: str) -> list[str]:
        """The full names of the commands below this one that are called `name`."""
        return []

    def is_hidden(self, ctx: click.Context, name: str) -> bool:
        command = self.get_command(ctx, name)
        return command is None or command.hidden
