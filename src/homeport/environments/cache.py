"""What built environments take of the disk, and what they share with the package cache that they were linked from."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes: all that is there, and the part of it that another folder or the package cache holds too (hard links)."""

    total: int
    linked: int

    @property
    def own(self) -> int:
        """What is freed when it goes."""
        return self.total - self.linked


def size_of(folder: Path) -> Size:
    """Of every file below it. A reflink counts as its own: no system call says what it shares."""
    total = linked = 0
    for base, _, names in os.walk(folder):
        for name in names:
            found = _status(Path(base, name))
            if found is not None:
                total += found.st_size
                linked += found.st_size if found.st_nlink > 1 else 0
    return Size(total, linked)


def _status(path: Path) -> os.stat_result | None:
    """None of what is no file, or went in this moment."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None
