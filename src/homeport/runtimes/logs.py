"""A service's log: `host.log` and the older ones that its host has rotated away (`host.log.1` is the youngest)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from homeport.domain.service import HOST_LOG

CHUNK = 1 << 16


def read_tail(folder: Path, num_lines: int) -> str:
    """The last `num_lines` lines over all files, oldest first."""
    wanted = max(num_lines, 0)
    lines: list[str] = []
    for path in log_files(folder):
        if len(lines) >= wanted:
            break
        lines = _last_lines(path, wanted - len(lines)) + lines
    return "".join(lines)


def log_files(folder: Path) -> list[Path]:
    """The log files that there are, youngest first."""
    rotated = [path for path in folder.glob(f"{HOST_LOG}.*") if path.suffix[1:].isdigit()]
    ordered = [folder / HOST_LOG, *sorted(rotated, key=lambda path: int(path.suffix[1:]))]
    return [path for path in ordered if path.is_file()]


def _last_lines(path: Path, wanted: int) -> list[str]:
    """Read from the end, so that a long log costs what is asked for."""
    with path.open("rb") as file:
        start = file.seek(0, os.SEEK_END)
        tail = b""
        while start > 0 and tail.count(b"\n") <= wanted:
            step = min(CHUNK, start)
            start -= step
            file.seek(start)
            tail = file.read(step) + tail
    lines = tail.decode("utf-8", "replace").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return lines[-wanted:] if wanted else []


class LogFollower:
    """Hands on the whole lines that are added to the log after it was made (or from its begin)."""

    def __init__(self, folder: Path, on_line: Callable[[str], None], *, from_start: bool) -> None:
        self._path = folder / HOST_LOG
        self._on_line = on_line
        self._read = 0 if from_start or not self._path.exists() else self._path.stat().st_size
        self._rest = b""

    def read(self) -> None:
        """Hand on what has come since the last call; a log that was rotated away is begun anew."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < self._read:
                self._read = 0
            file.seek(self._read)
            added = file.read()
        self._read += len(added)
        *lines, self._rest = (self._rest + added).split(b"\n")
        for line in lines:
            self._on_line(line.decode("utf-8", "replace"))
