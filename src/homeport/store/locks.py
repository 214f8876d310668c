"""Who may touch a workspace's bytes: many registrations and downloads at once, or one collection alone."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from homeport.errors import UnavailableError, WorkspaceNotFoundError

LOCK_FILE = "lock"
TURNSTILE_FILE = "turnstile"

PATIENCE = 60.0  # seconds that a collection waits for registrations and downloads under way
_TURN = 2.0  # seconds for which it keeps new ones out while it waits
_POLL = 0.02


class BytesLock:
    """A lock on a workspace folder that the kernel lets go when its holder dies (flock).

    Readers and adders hold it shared, a collection holds it alone. Everybody passes the turnstile first, so a stream
    of registrations cannot keep a collection out for ever.
    """

    def __init__(self, folder: Path, *, patience: float = PATIENCE) -> None:
        self._folder = folder
        self._patience = patience

    @staticmethod
    def prepare(folder: Path) -> None:
        """Make the two lock files in a new workspace's folder."""
        for name in (LOCK_FILE, TURNSTILE_FILE):
            (folder / name).touch(mode=0o600)

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold it beside other registrations and downloads; waits for a collection to end."""
        with self._open(LOCK_FILE) as lock:
            with self._open(TURNSTILE_FILE) as turnstile:
                _take(turnstile, fcntl.LOCK_EX)
                _take(lock, fcntl.LOCK_SH)
            yield

    @contextmanager
    def alone(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold it with nobody beside; `waiting` is called once if that takes long. Raises UnavailableError."""
        end = time.monotonic() + self._patience
        with self._open(LOCK_FILE) as lock:
            while not self._turn(lock, end):
                waiting()
                waiting = _nothing
                if time.monotonic() >= end:
                    raise UnavailableError(
                        f"registrations or downloads are under way in workspace `{self._folder.name}`",
                        hint="try again when they have finished",
                    )
            yield

    @contextmanager
    def alone_now(self) -> Iterator[bool]:
        """Give True and hold it alone when nobody else has it; give False at once otherwise."""
        with self._open(LOCK_FILE) as lock:
            yield _take(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _turn(self, lock: int, end: float) -> bool:
        """Keep newcomers at the turnstile for a short while and try."""
        with self._open(TURNSTILE_FILE) as turnstile:
            _take(turnstile, fcntl.LOCK_EX)
            turn = min(end, time.monotonic() + _TURN)
            while not (taken := _take(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)) and time.monotonic() < turn:
                time.sleep(_POLL)
            return taken

    @contextmanager
    def _open(self, name: str) -> Iterator[int]:
        try:
            file = os.open(self._folder / name, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError as wrong:
            raise WorkspaceNotFoundError(
                f"workspace `{self._folder.name}` is gone: it was deleted meanwhile",
                hint="run `homeport workspace list` to see what there is",
            ) from wrong
        try:
            yield file
        finally:
            # unlocked by name: a process forked meanwhile still has this open file, and would keep its lock
            fcntl.flock(file, fcntl.LOCK_UN)
            os.close(file)


def _take(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    except OSError as wrong:
        raise UnavailableError(
            f"this file system does not lock files: {wrong.strerror}", hint="put $HOMEPORT_HOME on a local disk"
        ) from wrong
    return True


def _nothing() -> None:
    return None
