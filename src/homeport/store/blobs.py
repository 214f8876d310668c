"""Bytes by their sha256: `blobs/sha256/ab/cdef...`, read-only, each content once."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from homeport.store.files import hash_file, sync_folder

BLOBS_FOLDER = "blobs"
STAGING_FOLDER = "staging"

_FOLDER = re.compile(r"[0-9a-f]{2}")
_REST = re.compile(r"[0-9a-f]{62}")
_SAMPLE = 1 << 16  # bytes compared at the beginning, the middle and the end


class Blobs:
    """The blobs of one workspace; who may add and remove is `locks.BytesLock`'s business."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / BLOBS_FOLDER / "sha256"
        self.staging = folder / STAGING_FOLDER

    def prepare(self) -> None:
        """Make the folders of a new workspace."""
        for folder in (self.folder.parent, self.folder, self.staging):
            folder.mkdir(mode=0o700)

    def path(self, sha256: str) -> Path:
        """Where the bytes with that hash are, if they are here."""
        return self.folder / sha256[:2] / sha256[2:]

    def put(self, staged: Path, sha256: str) -> Path:
        """Take over a whole and durable file; gives the folder whose names `sync` must make durable yet.

        A file that was there is replaced: its bytes should be the same, and if they are not any more, they are again.
        """
        target = self.path(sha256)
        try:
            staged.replace(target)
        except FileNotFoundError:
            target.parent.mkdir(exist_ok=True, mode=0o700)
            staged.replace(target)
        return target.parent

    def sync(self, folders: Iterable[Path]) -> None:
        """Make the names of blobs durable; the folders themselves too, whoever made them."""
        for folder in folders:
            sync_folder(folder)
        sync_folder(self.folder)

    def whole(self, sha256: str) -> bool:
        """Read the blob again: whether it is there and still has its hash."""
        try:
            blob = os.open(self.path(sha256), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            return hash_file(blob, lambda count: None)[0] == sha256
        except OSError:  # a bad sector is damage too
            return False
        finally:
            os.close(blob)

    def resembles(self, source: int, size: int, sha256: str) -> bool:
        """Whether an open file may be the blob: size, beginning, middle and end are equal. Cheap; a hash decides."""
        try:
            blob = os.open(self.path(sha256), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            places = {0, max(0, size // 2), max(0, size - _SAMPLE)}
            return os.fstat(blob).st_size == size and all(
                os.pread(source, _SAMPLE, place) == os.pread(blob, _SAMPLE, place) for place in places
            )
        finally:
            os.close(blob)

    def remove(self, sha256: str) -> None:
        """Delete a blob. The caller holds the bytes lock alone and knows that no model refers to it."""
        self.path(sha256).unlink()

    def clear_staging(self) -> tuple[int, int]:
        """Delete everything in staging; files and bytes. The caller holds the bytes lock alone."""
        files = [file.lstat() for file in self.staging.rglob("*") if not file.is_dir()]
        for left in self.staging.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        return len(files), sum(file.st_size for file in files)

    def kept(self) -> Iterator[tuple[str, os.stat_result]]:
        """Every blob: its hash as its name says it, and what the disk says."""
        for entry in self._entries():
            if isinstance(entry, tuple):
                yield entry

    def strays(self) -> Iterator[Path]:
        """What is in the blobs' folder and is no blob."""
        for entry in self._entries():
            if isinstance(entry, Path):
                yield entry

    def _entries(self) -> Iterator[tuple[str, os.stat_result] | Path]:
        for folder in sorted(self.folder.iterdir()):
            if not (_FOLDER.fullmatch(folder.name) and folder.is_dir()):
                yield folder
                continue
            for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
                if _REST.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    yield folder.name + entry.name, entry.stat(follow_symlinks=False)
                else:
                    yield Path(entry.path)
