"""What built environments take of the disk, and what they share with the package cache that they were linked from."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
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
    return total_size(entry for _, entry in entries_below(folder))


def total_size(entries: Iterable[os.DirEntry[str]]) -> Size:
    """Of these files; what is no file, or went in this moment, counts nothing."""
    total = linked = 0
    for entry in entries:
        with contextlib.suppress(OSError):
            found = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(found.st_mode):
                total += found.st_size
                linked += found.st_size if found.st_nlink > 1 else 0
    return Size(total, linked)


def entries_below(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """(path below `folder`, entry) of every file and link; links to folders are not followed."""
    waiting = [(str(folder), "")]
    while waiting:
        place, below = waiting.pop()
        with contextlib.suppress(FileNotFoundError), os.scandir(place) as entries:
            for entry in entries:
                path = f"{below}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, f"{path}/"))
                else:
                    yield path, entry
