"""Serving in this terminal: the process becomes the scoring server."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import NoReturn

from homeport.domain.launch import ServerSpec


def serve_in_foreground(spec: ServerSpec) -> NoReturn:
    """Replace this process by the scoring server of `spec`; it logs to the terminal and its exit status is the server's."""
    message = tempfile.TemporaryFile()  # noqa: SIM115 - it is handed to the server
    message.write(json.dumps(spec.to_json()).encode())
    message.flush()
    message.seek(0)
    os.set_inheritable(message.fileno(), True)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", "homeport.scoring", "--spec-fd", str(message.fileno())])  # noqa: S606
