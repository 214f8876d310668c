"""Noticing edits: the script's folder and the model's are looked at a few times a second."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

from homeport.domain.launch import Launch

PAUSE = 0.3  # seconds between two looks
SUFFIXES = (".py", ".json", ".yaml", ".yml")
SKIPPED = {"__pycache__", "node_modules", "site-packages"}
MOST_FILES = 20_000  # a script in the root of a large tree: what comes after these is not seen

Seen = dict[str, tuple[int, int]]  # path -> (nanoseconds of its last change, bytes)


class Watch:
    """The files that one launch depends on."""

    def __init__(self, launch: Launch, model_dir: str | None) -> None:
        code = {str(Path(launch.entry_script).parent), *filter(None, [launch.source_directory])}
        here = launch.working_directory or launch.app_root
        self._code = sorted(code)
        self._model = str(Path(here, model_dir)) if model_dir else None
        self._seen = self.look()

    def look(self) -> Seen:
        """Code by its suffix, the model's files whatever they are called."""
        found = {path: state for folder in self._code for path, state in states(folder) if path.endswith(SUFFIXES)}
        if self._model is not None:
            found.update(states(self._model))
        return found

    async def edits(self) -> AsyncIterator[list[str]]:
        """The paths that have changed, each time that they have come to rest."""
        while True:
            await asyncio.sleep(PAUSE)
            now = await asyncio.to_thread(self.look)
            if now == self._seen:
                continue
            before, self._seen = self._seen, await self._at_rest(now)
            yield sorted(path for path in before.keys() | now.keys() if before.get(path) != self._seen.get(path))

    async def _at_rest(self, last: Seen) -> Seen:
        """An editor writes in steps, a copied model for long."""
        while True:
            await asyncio.sleep(PAUSE)
            now = await asyncio.to_thread(self.look)
            if now == last:
                return now
            last = now


def states(root: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Of the files below `root`, without hidden folders, virtual environments and the like."""
    left, count = [root], 0
    while left:
        for entry in entries(left.pop()):
            try:
                if entry.is_dir():
                    if is_watched(entry):
                        left.append(entry.path)
                    continue
                state = entry.stat()
            except OSError:
                continue  # it went while we looked
            count += 1
            if count > MOST_FILES:
                return
            yield entry.path, (state.st_mtime_ns, state.st_size)


def entries(folder: str) -> Iterable[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def is_watched(folder: os.DirEntry[str]) -> bool:
    hidden = folder.name.startswith(".") or folder.name in SKIPPED or folder.is_symlink()
    return not hidden and not Path(folder.path, "pyvenv.cfg").exists()
