"""`homeport.scoring.once --spec-fd N`: becomes the model's interpreter, which runs the script once, with no server.

The specification has `launch`, `task` (`once` or `check`), and what that module of the worker wants to be told.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from homeport.domain.json import JsonObject
from homeport.domain.launch import Launch
from homeport.errors import HomeportError
from homeport.scoring.digests import check_files
from homeport.scoring.environment import worker_environment
from homeport.scoring.starter import WORKER_MAIN, cannot_run

FAILED = 1
NO_PORT = 5001  # what SERVER_PORT says to a script that nothing serves


def main(arguments: list[str]) -> int:
    with os.fdopen(int(arguments[arguments.index("--spec-fd") + 1]), "rb") as source:
        told = json.load(source)
    launch = Launch.from_json(told.pop("launch"))
    try:
        if launch.files:
            check_files(launch.files, Path(launch.models_root or launch.app_root))
        become(launch, told)
    except HomeportError as wrong:
        sys.stderr.write(f"error: {wrong}\n")
    return FAILED


def become(launch: Launch, told: JsonObject) -> None:
    """Replace this process; `StartError` where the interpreter does not run."""
    start = {key: getattr(launch, key) for key in ("entry_script", "app_root", "source_directory")}
    message = tempfile.TemporaryFile()  # noqa: SIM115 - it is handed over
    message.write(json.dumps({**told, "start": start}).encode())
    message.flush()
    message.seek(0)
    os.set_inheritable(message.fileno(), True)
    try:
        os.chdir(launch.working_directory or launch.app_root)
        words = [launch.interpreter, str(WORKER_MAIN), str(message.fileno()), str(told["task"])]
        os.execve(launch.interpreter, words, worker_environment(launch, NO_PORT))  # noqa: S606
    except OSError as wrong:
        raise cannot_run(launch, wrong) from wrong
