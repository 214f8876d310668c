"""The one place where an error becomes text and an exit status: 0 done, 1 could not, 2 asked wrongly."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from homeport.errors import HomeportError, InvalidInputError, UserCodeError

INTERRUPTED = 130  # what shells give a command that Ctrl-C ended


def run_command(command: Callable[[], object]) -> int:
    """Call `command` and give the exit status; errors are printed on stderr as `error:` and `hint:`."""
    try:
        result = command()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped", err=True)
        return INTERRUPTED
    except HomeportError as wrong:
        show_error(wrong)
        return 2 if isinstance(wrong, InvalidInputError) else 1
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has left: nothing to say, nobody to say it to
        return 1
    return result if isinstance(result, int) else 0


def show_error(wrong: HomeportError) -> None:
    """`error:`, an empty line, `hint:`; a script's own traceback goes first, as it would on its own."""
    if isinstance(wrong, UserCodeError) and wrong.detail:
        click.echo(wrong.detail.rstrip(), err=True)
        click.echo("", err=True)
    click.echo(f"{click.style('error:', fg='red', bold=True)} {wrong.message}", err=True)
    if wrong.hint:
        click.echo(f"\n{click.style('hint:', fg='cyan', bold=True)} {wrong.hint}", err=True)
