"""Serving in this terminal: the process becomes the scoring server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, NoReturn

from homeport.domain.json import JsonObject
from homeport.domain.launch import OnceTask, ServerSpec

# `-m` would put the current folder first on the path, where a user's `httptools.py` or `json.py` would be imported by
# the server; the folder that holds Homeport is added for the case that only PYTHONPATH, which `-E` leaves unread,
# names it.
BEGIN = """\
import sys
sys.path[:] = [entry for entry in sys.path if entry]
sys.path += [entry for entry in sys.argv[1:2] if entry not in sys.path]
from homeport.scoring.{module} import main
sys.exit(main(sys.argv[2:]))
"""


def serve_in_foreground(spec: ServerSpec) -> NoReturn:
    """Replace this process by the scoring server of `spec`; its log is the terminal, its exit status ours."""
    become(server_command(), spec.to_json())


def run_once(task: OnceTask) -> NoReturn:
    """Replace this process by the model's interpreter, which answers one request; the exit status is 0 or 1."""
    become(server_command("once"), task.to_json())


def run_in_model(task: OnceTask) -> subprocess.CompletedProcess[str]:
    """The same as `run_once`, waited for: the answer is its stdout, the script's own words its stderr."""
    with message_of(task.to_json()) as message:
        words = [*server_command("once"), "--spec-fd", str(message.fileno())]
        return subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            pass_fds=[message.fileno()],
            check=False,
        )


def become(command: list[str], told: JsonObject) -> NoReturn:
    message = message_of(told)
    os.set_inheritable(message.fileno(), True)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [*command, "--spec-fd", str(message.fileno())])  # noqa: S606


def message_of(told: JsonObject) -> IO[bytes]:
    """A file without a name, to be read from its beginning."""
    message = tempfile.TemporaryFile()  # noqa: SIM115 - it is handed to another process
    message.write(json.dumps(told).encode())
    message.flush()
    message.seek(0)
    return message


def server_command(module: str = "__main__") -> list[str]:
    """A module of the scoring server as a process of our own interpreter, whatever its working directory holds."""
    holds_homeport = str(Path(__file__).parents[2])
    return [sys.executable, "-E", "-c", BEGIN.format(module=module), holds_homeport]
