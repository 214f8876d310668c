"""Runs the uv command that comes with Homeport; its words are passed on while it works and kept for errors."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from uv import find_uv_bin

from homeport.domain.lock import without_credentials
from homeport.domain.progress import Progress
from homeport.environments.interpreter import clean_variables

# They would make uv work on something else than what it is told here.
_NOT_OURS = (
    "UV_PYTHON",
    "UV_WORKING_DIR",
    "UV_WORKING_DIRECTORY",
    "UV_PROJECT",
    "UV_SYSTEM_PYTHON",
    "UV_BREAK_SYSTEM_PACKAGES",
    "UV_COMPILE_BYTECODE",  # fails on Python 3.6
    "UV_VENV_SEED",
    "UV_VENV_CLEAR",
    "UV_NO_VERIFY_HASHES",
    "UV_OUTPUT_FORMAT",
    "VIRTUAL_ENV",
)
_TOLD = re.compile(r"\s*(Downloading|Building|Built|Updating|warning:)\b")
_NOT_TOLD = re.compile(r"Failed to hardlink|missing an upload date")  # told once, in our words


class UvError(Exception):
    """uv ended with a status that is not 0; `text` is what it said."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"uv ended with {status}")
        self.status = status
        self.text = text


def run_uv(
    words: Sequence[str], *, folder: Path, progress: Progress, variables: Mapping[str, str] | None = None
) -> str:
    """Run `uv WORDS` in `folder` (no project's settings are found there); `variables` are laid over the user's own.

    Long steps (downloads, builds) are told as they come; all that it said comes back. `UvError` when it fails.
    """
    command = [find_uv_bin(), "--color", "never", *words]
    said: list[str] = []
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**uv_variables(os.environ), **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # so that what uv has started to build a package can be ended with it
    ) as running:
        try:
            assert running.stderr is not None
            for line in running.stderr:
                said.append(line)
                if _TOLD.match(line) and not _NOT_TOLD.search(line):
                    progress.step(f"  {line.strip()}")
        except BaseException:
            with contextlib.suppress(ProcessLookupError):  # Ctrl-C: nothing of ours goes on in the background
                os.killpg(running.pid, signal.SIGKILL)
            raise
    text = without_credentials("".join(said).strip())
    if running.returncode != 0:
        raise UvError(running.returncode, text)
    return text


def uv_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The user's variables, without those that would point uv elsewhere."""
    return {key: value for key, value in clean_variables(environ).items() if key not in _NOT_OURS}
