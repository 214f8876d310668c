"""`homeport run`: a script of the original's SDK, run as `python SCRIPT` would run it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from homeport.errors import MissingPathError

SITE = Path(__file__).parent / "run_site"  # holds the sitecustomize of the interpreter that runs the script

# Everything after SCRIPT is the script's own, whatever it looks like.
_SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.command("run", context_settings=_SETTINGS)
@click.argument("script")
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
def command(script: str, args: tuple[str, ...]) -> NoReturn:
    """Run SCRIPT with ARGS as `python SCRIPT ARGS` does, with the azureml names answered by Homeport.

    The names are answered in Python processes that the script starts with the same interpreter, too.
    """
    if not Path(script).exists():
        raise MissingPathError(f"the script `{script}` does not exist", hint="check the path and the spelling")
    # A fresh interpreter: no module, frame or setting of ours is in the script's way.
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, script, *args], variables(dict(os.environ)))  # noqa: S606


def variables(environ: dict[str, str]) -> dict[str, str]:
    """What makes the interpreter answer the azureml names from its start."""
    path = [str(SITE), *filter(None, environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(path)), "HOMEPORT_RUN": sys.prefix}
