"""Asking a worker for the stacks of all its threads, however stuck it is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path

SIGNAL = int(getattr(signal, "SIGRTMIN", signal.SIGUSR2)) + (5 if hasattr(signal, "SIGRTMIN") else 0)
PATIENCE = 0.1  # seconds that writing them may take
POLL = 0.005


class Stacks:
    """A private folder in which every worker has one file."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def words(self) -> dict[str, object]:
        """What a worker is told at its start."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="homeport-stacks-"))
        return {"folder": str(self._folder), "signal": SIGNAL}

    async def ask(self, pid: int) -> str:
        """The stacks; empty where the worker cannot write them in time."""
        file = self._file(pid)
        if file is None or not file.exists():
            return ""  # it has not come so far as to expect the signal
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, SIGNAL)
        loop = asyncio.get_running_loop()
        until, size = loop.time() + PATIENCE, 0
        while loop.time() < until:
            await asyncio.sleep(POLL)
            before, size = size, file.stat().st_size
            if size and size == before:
                break
        return file.read_text(encoding="utf-8", errors="replace")

    def forget(self, pid: int) -> None:
        """The worker has gone."""
        file = self._file(pid)
        if file is not None:
            file.unlink(missing_ok=True)

    def close(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _file(self, pid: int) -> Path | None:
        return None if self._folder is None else self._folder / str(pid)


def stacks_in(lines: list[str]) -> str:
    """Those that a crash in native code has left among a worker's last lines."""
    for number, line in enumerate(lines):
        if line.startswith("Fatal Python error"):
            return "\n".join(lines[number:])
    return ""
