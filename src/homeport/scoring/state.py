"""The files that a service's host keeps in `services/NAME`: its lock, its log, what serves, why it failed."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

from homeport.domain.json import JsonObject
from homeport.domain.service import CURRENT_FILE, FAILURE_FILE, HOST_LOCK, HOST_LOG
from homeport.scoring.faults import StartError


class StateFolder:
    """One service's folder, as its host sees it. Every file is written beside its target and renamed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: int | None = None

    @property
    def log_path(self) -> Path:
        return self._folder / HOST_LOG

    def lock(self) -> None:
        """Held until this process ends, however it ends; `StartError` when another host has it."""
        lock = os.open(self._folder / HOST_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise StartError(
                "already_running",
                f"the service in `{self._folder}` has a host already",
                hint="stop it with `homeport service stop`, or update it",
            ) from None
        self._lock = lock

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
