"""Serving in this terminal: the process becomes the scoring server."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from homeport.domain.launch import ServerSpec

# `-m` would put the current folder first on the path, where a user's `uvicorn.py` or `json.py` would be imported by the
# server; the folder that holds Homeport is added for the case that only PYTHONPATH, which `-E` leaves unread, names it.
BEGIN = """\
import sys
sys.path[:] = [entry for entry in sys.path if entry]
sys.path += [entry for entry in sys.argv[1:2] if entry not in sys.path]
from homeport.scoring.__main__ import main
sys.exit(main(sys.argv[2:]))
"""


def serve_in_foreground(spec: ServerSpec) -> NoReturn:
    """Replace this process by the scoring server of `spec`; its log is the terminal, its exit status ours."""
    message = tempfile.TemporaryFile()  # noqa: SIM115 - it is handed to the server
    message.write(json.dumps(spec.to_json()).encode())
    message.flush()
    message.seek(0)
    os.set_inheritable(message.fileno(), True)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [*server_command(), "--spec-fd", str(message.fileno())])  # noqa: S606


def server_command() -> list[str]:
    """The scoring server as a process of our own interpreter, whatever the folder it is started in holds."""
    holds_homeport = str(Path(__file__).parents[2])
    return [sys.executable, "-E", "-c", BEGIN, holds_homeport]
