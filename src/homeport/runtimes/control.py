"""Talking to a service's host: JSON lines over a unix socket, one request a connection."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from homeport.domain.json import JsonObject
from homeport.domain.service import CONTROL_FORMAT
from homeport.errors import UnavailableError

ANSWER_TIME = 3.0  # seconds for a question that the host answers at once
LONGEST_PATH = 103  # bytes that a socket's path may have on macOS; Linux has 107

Reply = dict[str, Any]


def control_path(service_folder: Path) -> Path:
    """Where the host of this service listens: always the same place on one machine, and short enough to bind."""
    name = hashlib.sha256(os.fsencode(service_folder)).hexdigest()[:16] + ".sock"
    wanted = os.environ.get("XDG_RUNTIME_DIR")
    if wanted and Path(wanted).is_dir():
        path = Path(wanted) / "homeport" / name
        if len(os.fsencode(path)) <= LONGEST_PATH:
            return path
    return Path(f"/tmp/homeport-{os.getuid()}") / name  # noqa: S108 - the folder is made private and its owner checked


def make_socket_folder(folder: Path) -> None:
    """Make the sockets' folder, for its user alone; UnavailableError where somebody else has made it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise UnavailableError(
            f"`{folder}` belongs to somebody else: no control socket can be made there",
            hint="set $XDG_RUNTIME_DIR to a folder of your own",
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


def ask(
    path: Path,
    request: JsonObject,
    *,
    timeout: float | None = ANSWER_TIME,
    on_line: Callable[[str], None] | None = None,
) -> Reply:
    """Send one request and give the reply's last line, the one with `ok`; `on_line` gets the log lines before it.

    Raises OSError where nobody listens, nobody answers in time, or the host went away in the middle.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        connection.sendall(json.dumps({"format": CONTROL_FORMAT, **request}).encode() + b"\n")
        with connection.makefile("rb") as lines:
            for line in lines:
                reply = _parse(line)
                if "ok" in reply:
                    return reply
                if on_line is not None and "log" in reply:
                    on_line(str(reply["log"]).rstrip("\n"))
    raise ConnectionResetError("the host went away before it answered")


def _parse(line: bytes) -> Reply:
    try:
        reply = json.loads(line)
    except ValueError as wrong:
        raise ConnectionResetError("the host's answer broke off") from wrong
    if not isinstance(reply, dict):
        raise ConnectionResetError(f"the host's answer is no object: {line[:80]!r}")
    return reply
