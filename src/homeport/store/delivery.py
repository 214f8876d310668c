"""A model's files on their way out: checked copies for people, shared bytes for bundles."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from homeport.domain.model import ModelFile, ModelFiles
from homeport.domain.progress import Progress
from homeport.errors import AlreadyExistsError, DamagedStoreError, InvalidCallError
from homeport.store.blobs import Blobs
from homeport.store.files import check_space, copy_and_hash, disk_errors

_FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file


class Delivery:
    """Delivers one version. The caller holds the workspace's bytes lock, shared."""

    def __init__(self, blobs: Blobs, ref: str, files: ModelFiles, progress: Progress) -> None:
        self._blobs = blobs
        self._ref = ref
        self._files = files
        self._label = f"model `{ref}`"
        self._progress = progress
        self._done = 0

    def download(self, target: Path, *, overwrite: bool) -> list[Path]:
        """Write every file below `target`; see `ModelStore.download`."""
        with disk_errors(target, self._files.size, self._label):
            target.mkdir(parents=True, exist_ok=True)
            places = [(file, _place(target, file)) for file in self._files.files]
            for _, place in places:
                _check_free(place, overwrite=overwrite)
            check_space(target, self._files.size, self._label)
            with ThreadPoolExecutor(1) as writer:
                for file, place in places:
                    self._download(file, place, writer)
        return [place for _, place in places]

    def place(self, folder: Path) -> None:
        """Put every file below `folder`, at 0444; see `ModelStore.place`."""
        with disk_errors(folder, self._files.size, self._label), ThreadPoolExecutor(1) as writer:
            folder.mkdir(parents=True, exist_ok=True)
            for file in self._files.files:
                place = _place(folder, file)
                _check_free(place, overwrite=False)
                place.parent.mkdir(parents=True, exist_ok=True)
                if not self._share(file, place):
                    self._download(file, place, writer)
                    place.chmod(0o444)

    def _download(self, file: ModelFile, place: Path, writer: Executor) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        staged = place.parent / f".homeport-{secrets.token_hex(8)}"
        with self._open(file) as blob:
            target = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            try:
                try:
                    sha256, _ = copy_and_hash(blob, target, writer, self._advance)
                finally:
                    os.close(target)
                if sha256 != file.sha256:
                    raise self._damaged(file, "does not hold the bytes that were registered")
                staged.replace(place)
            finally:
                staged.unlink(missing_ok=True)

    def _share(self, file: ModelFile, place: Path) -> bool:
        """Reflink, else hard link; False where neither is possible (another disk, too many links)."""
        with self._open(file) as blob:
            if os.fstat(blob).st_size != file.size:
                raise self._damaged(file, "has not the size that was registered")
            if _cloned(blob, place):
                return True
        try:
            os.link(self._blobs.path(file.sha256), place)
        except OSError as wrong:
            if wrong.errno in (errno.EXDEV, errno.EMLINK, errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EACCES):
                return False
            raise
        return True

    @contextmanager
    def _open(self, file: ModelFile) -> Iterator[int]:
        try:
            blob = os.open(self._blobs.path(file.sha256), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as wrong:
            raise self._damaged(file, "is not in the workspace any more") from wrong
        try:
            yield blob
        finally:
            os.close(blob)

    def _damaged(self, file: ModelFile, what: str) -> DamagedStoreError:
        return DamagedStoreError(
            f"{self._label} is damaged: its file `{file.path}` {what}",
            hint="run `homeport workspace verify` for all that is wrong; registering the same bytes again mends it",
        )

    def _advance(self, count: int) -> None:
        self._done += count
        self._progress.advance(self._label, self._done, self._files.size)


def _place(target: Path, file: ModelFile) -> Path:
    """Where a file goes. A link below `target` that leads out of it is not followed."""
    place = target / file.path
    if not place.parent.resolve().is_relative_to(target.resolve()):
        raise InvalidCallError(
            f"`{place}` would be written outside of `{target}`: a symbolic link leads out", hint="remove that link"
        )
    return place


def _check_free(place: Path, *, overwrite: bool) -> None:
    if not os.path.lexists(place):
        return
    if place.is_dir() and not place.is_symlink():
        raise AlreadyExistsError(f"`{place}` is a folder, and a file is to be written there", hint="move it away")
    if not overwrite:
        raise AlreadyExistsError(
            f"`{place}` exists already",
            hint="choose another folder, or allow overwriting: `exist_ok=True`, on the command line `--overwrite`",
        )


def _cloned(blob: int, place: Path) -> bool:
    """Make `place` a file of its own that shares the blob's blocks, where the file system can (btrfs, XFS, APFS no)."""
    staged = place.parent / f".homeport-{secrets.token_hex(8)}"
    target = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.ioctl(target, _FICLONE, blob)
        os.fchmod(target, 0o444)
        staged.replace(place)
    except OSError as wrong:
        if wrong.errno == errno.ENOSPC:
            raise
        return False
    finally:
        os.close(target)
        with contextlib.suppress(FileNotFoundError):
            staged.unlink()
    return True
