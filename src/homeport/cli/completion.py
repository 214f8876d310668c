"""`homeport completion`: the script that teaches a shell to complete our commands, options, services and models."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

HOW = """Print the completion script for SHELL.

\b
bash:  homeport completion bash > ~/.local/share/bash-completion/completions/homeport
zsh:   homeport completion zsh > ~/.zfunc/_homeport     (with fpath+=~/.zfunc before compinit)
fish:  homeport completion fish > ~/.config/fish/completions/homeport.fish
"""


@click.command("completion", help=HOW)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    root = ctx.find_root()
    made_by = get_completion_class(shell)
    if made_by is None or root.info_name is None:
        raise click.UsageError(f"`{shell}` is not a shell that can be completed for", ctx)
    name = root.info_name
    click.echo(made_by(root.command, {}, name, f"_{name.upper()}_COMPLETE").source())
