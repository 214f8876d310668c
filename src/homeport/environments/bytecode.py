"""Byte code of what was installed: made after the environment is ready, so that nobody waits for it."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from homeport.environments.interpreter import clean_variables

WHEN = "HOMEPORT_BYTECODE"  # "later" (also where it is not set), "now" or "never"
_TESTS = r"/tests?/"  # packages' own tests are never imported by a model


def make_bytecode(interpreter: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Compile the modules of a built environment: with low priority in a process that goes on by itself, or at once.

    Until that is done Python compiles what it imports. It took half of a cold build, which is why nobody waits.
    """
    when = environ.get(WHEN, "later")
    if when == "never":
        return
    words = [str(interpreter), "-I", "-m", "compileall", "-q", "-x", _TESTS, str(interpreter.parents[1] / "lib")]
    if when != "now":  # a shell that ends at once: the compiler is nobody's child, and nobody has to wait for it
        words = ["sh", "-c", f"nice -n 19 {shlex.join(words)} &"]
    subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={key: value for key, value in clean_variables(environ).items() if key != "PYTHONDONTWRITEBYTECODE"},
        cwd="/",
        start_new_session=True,
        check=False,  # files that are no Python of this version are left as they are, as pip does
    )
