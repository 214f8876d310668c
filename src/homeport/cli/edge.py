"""The one place where an error becomes text and an exit status: 0 done, 1 could not, 2 asked wrongly."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

import click

from homeport.cli.visible import visible
from homeport.errors import HomeportError, InvalidInputError, UserCodeError

INTERRUPTED = 130  # what shells give a command that Ctrl-C ended
TERMINATED = 143  # and one that SIGTERM ended


def run_command(command: Callable[[], object]) -> int:
    """Call `command` and give the exit status; errors are printed on stderr as `error:` and `hint:`."""
    try:
        result = command()
        sys.stdout.flush()  # so that a reader who has left shows here, not in the interpreter's last breath
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as wrong:
        show_usage(wrong)
        return wrong.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped", err=True)
        return INTERRUPTED
    except HomeportError as wrong:
        show_error(wrong)
        return 2 if isinstance(wrong, InvalidInputError) else 1
    except BrokenPipeError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # nothing is left to say, and nobody to say it to
        return 1
    return result if isinstance(result, int) else 0


def end_in_order() -> None:
    """SIGTERM ends the command as Ctrl-C does: what is half made is taken away, nothing goes on in the background."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminated)


def _terminated(number: int, frame: object) -> NoReturn:
    raise SystemExit(TERMINATED)


def show_error(wrong: HomeportError) -> None:
    """`error:`, an empty line, `hint:`; a script's own traceback goes first, as it would on its own."""
    if isinstance(wrong, UserCodeError) and wrong.detail:
        click.echo(wrong.detail.rstrip(), err=True)
        click.echo("", err=True)
    _show(wrong.message, wrong.hint)


def show_usage(wrong: click.ClickException) -> None:
    """A wrong call, in the same form; the hint is the command's help unless the error has its own."""
    if isinstance(wrong, click.exceptions.NoArgsIsHelpError):
        wrong.show()
        return
    context = wrong.ctx if isinstance(wrong, click.UsageError) else None
    hint = getattr(wrong, "hint", None)
    if hint is None and context is not None:
        hint = f"`{context.command_path} --help` says what it takes"
    text = wrong.format_message()
    _show(text[:1].lower() + text[1:], hint)


def _show(message: str, hint: str | None) -> None:
    click.echo(f"{click.style('error:', fg='red', bold=True)} {visible(message)}", err=True)
    if hint:
        click.echo(f"\n{click.style('hint:', fg='cyan', bold=True)} {visible(hint)}", err=True)
