"""Some space that is kept back, so that a workspace on a full disk can still be opened, deleted from and collected."""

from __future__ import annotations

import os
from pathlib import Path

from homeport.store.files import free_space

RESERVE_FILE = "reserve"

_SIZE = 512 * 1024  # bytes: SQLite needs 32 kB of shared memory to open a log, and a few pages to delete a row
_PLENTY = 16 * _SIZE  # bytes free: enough to put the reserve back


class Reserve:
    """The file that takes the space."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / RESERVE_FILE

    def release(self) -> bool:
        """Give the space to whoever needs it now; False when the disk is not full, or nothing is left to give."""
        if free_space(self._path.parent) >= _SIZE or not self._path.exists() or self._path.stat().st_size == 0:
            return False
        os.truncate(self._path, 0)
        return True

    def refill(self) -> None:
        """Take the space (again) where there is plenty."""
        if self._path.exists() and self._path.stat().st_size >= _SIZE:
            return
        if free_space(self._path.parent) < _PLENTY:
            return
        # not zeros, which some file systems do not store
        self._path.write_bytes(os.urandom(_SIZE))
        self._path.chmod(0o600)
