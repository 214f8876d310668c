"""The files that a service's host keeps in `services/NAME`: its lock, its log, what serves, why it failed."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path

from homeport.domain.json import JsonObject
from homeport.domain.service import CURRENT_FILE, FAILURE_FILE, HOST_LOCK, HOST_LOG
from homeport.scoring.faults import StartError

ASKING_TIME = 1.0  # seconds


class StateFolder:
    """One service's folder, as its host sees it. Every file is written beside its target and renamed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: int | None = None

    @property
    def log_path(self) -> Path:
        return self._folder / HOST_LOG

    def lock(self) -> None:
        """Held until `unlock`, or until this process ends, however it ends; `StartError` when another host has it."""
        lock = os.open(self._folder / HOST_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        if not take(lock):
            os.close(lock)
            raise StartError(
                "already_running",
                f"the service in `{self._folder}` has a host already",
                hint="stop it with `homeport service stop`, or update it",
            )
        self._lock = lock

    def unlock(self) -> None:
        """Nothing is served any more and the control socket is gone: the rest of this process is only its exit."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def serving(self, generation: int) -> None:
        """Generation number `generation` serves from now on: nothing has failed."""
        self._write(CURRENT_FILE, f"{generation}\n")
        (self._folder / FAILURE_FILE).unlink(missing_ok=True)

    def failed(self, failure: JsonObject) -> None:
        self._write(FAILURE_FILE, json.dumps(failure, indent=2) + "\n")

    def _write(self, name: str, text: str) -> None:
        staged = self._folder / f".{name}.{os.getpid()}"
        staged.write_text(text, encoding="utf-8")
        staged.replace(self._folder / name)


def take(lock: int) -> bool:
    """Take the lock, or say that a host has it: one who only asks whether a host lives holds it for a moment too."""
    until = time.monotonic() + ASKING_TIME
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # noqa: PERF203 - asked again, at most for a second
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        else:
            return True
