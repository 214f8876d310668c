from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import click
import pytest

from homeport.cli.edge import run_command
from homeport.errors import ConflictError, EntryScriptError, InvalidCallError, ModelNotFoundError, UnavailableError


def raising(wrong: BaseException) -> Callable[[], object]:
    def command() -> object:
        raise wrong

    return command


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        (InvalidCallError("wrong value"), 2),
        (ModelNotFoundError("iris"), 1),
        (ConflictError("taken"), 1),
        (UnavailableError("disk full"), 1),
        (EntryScriptError("init() raised"), 1),
        (click.UsageError("no such thing"), 2),
        (click.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (click.exceptions.Exit(1), 1),
    ],
)
def test_the_status_says_who_can_mend_it(wrong: BaseException, status: int) -> None:
    assert run_command(raising(wrong)) == status


def test_a_command_that_ends_well_is_0() -> None:
    assert run_command(lambda: None) == 0


def test_an_error_and_its_hint_are_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    run_command(raising(ConflictError("it is taken", hint="use another")))
    assert capsys.readouterr() == ("", "error: it is taken\n\nhint: use another\n")


def test_the_users_own_traceback_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    run_command(raising(EntryScriptError("init() failed", detail="Traceback ...\nKeyError: 'x'\n")))
    assert capsys.readouterr().err == "Traceback ...\nKeyError: 'x'\n\nerror: init() failed\n"


def test_a_reader_that_leaves_early_is_no_traceback() -> None:
    code = (
        "import sys; from homeport.cli.edge import run_command\n"
        "sys.exit(run_command(lambda: print('x' * 100000, flush=False)))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    os.read(process.stdout.fileno(), 1)
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (1, b"")
