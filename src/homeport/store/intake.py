"""A registration's bytes on their way in: staged and hashed at once, made durable, renamed into the blobs."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from homeport.domain.model import ModelFile, ModelFiles
from homeport.domain.progress import Progress
from homeport.errors import InvalidCallError, MissingPathError
from homeport.store.blobs import Blobs
from homeport.store.files import BLOCK, check_space, copy_and_hash, disk_errors, free_space, hash_file
from homeport.store.sources import SourceFile, unreadable

KnownBySize = Callable[[Iterable[int]], Mapping[int, Collection[str]]]  # sizes -> the hashes of such blobs, by size

_ROUNDS = 3  # how often a file that changes under our eyes is read again
_SYNCS = 4  # files made durable at a time: a disk does several for the price of one
_UNSYNCED = 64  # staged files that may wait for that
_UNSAID = 64 * BLOCK  # what is read of a file that says it is empty, as those in /proc do
_SMALL = BLOCK  # bytes; a file of that size is hashed sooner than looked at
_GLANCES = 16  # blobs of one size that a larger file is held against

_Stamp = tuple[int, int, int, int]


class Intake:
    """Takes the files of one registration in. The caller holds the workspace's bytes lock, shared."""

    def __init__(self, blobs: Blobs, known: KnownBySize, label: str, progress: Progress) -> None:
        self._blobs = blobs
        self._known_by_size = known
        self._known: Mapping[int, Collection[str]] = {}
        self._label = label
        self._progress = progress
        self._done = 0
        self._total = 0
        self._putting: list[Future[Path]] = []

    def take(self, sources: Sequence[SourceFile]) -> ModelFiles:
        """Copy what is new, hash everything; whole and durable on return. Raises NoSpaceError, InvalidCallError."""
        self._total = sum(source.size for source in sources)
        self._known = self._known_by_size({source.size for source in sources})
        needed = self._total
        if needed > free_space(self._blobs.folder):
            needed = self._new_bytes(sources)
            check_space(self._blobs.folder, needed, self._label)
        with disk_errors(self._blobs.folder, needed, self._label), self._staging() as staging:
            taken = self._take_until_still(sources, staging)
        return ModelFiles.of(taken.values())

    def _take_until_still(self, sources: Sequence[SourceFile], staging: Path) -> dict[str, ModelFile]:
        """Read files again that changed since they were read; what counts is that the content stayed the same."""
        taken: dict[str, ModelFile] = {}
        waiting = list(sources)
        with ThreadPoolExecutor(1) as writer, ThreadPoolExecutor(_SYNCS) as syncer:
            for _ in range(_ROUNDS):
                stamps: dict[str, _Stamp] = {}
                for source in waiting:
                    before = taken.get(source.stored)
                    stamps[source.stored], file = self._take(source, staging, (writer, syncer))
                    taken[source.stored] = file
                    if before is not None and before == file:
                        del stamps[source.stored]  # touched, but its content is the same as before
                self._put_all()
                changed = [source for source in waiting if _changed(source, stamps.get(source.stored))]
                if not changed:
                    return taken
                waiting = changed
        raise InvalidCallError(
            f"`{waiting[0].path}` changes while it is read", hint="register it when whoever writes it has finished"
        )

    def _take(
        self, source: SourceFile, staging: Path, threads: tuple[ThreadPoolExecutor, ThreadPoolExecutor]
    ) -> tuple[_Stamp, ModelFile]:
        with _open(source.path) as file:
            found = os.fstat(file)
            limit = found.st_size or _UNSAID  # no more: a log may grow as fast as it is read
            candidates = self._candidates(file, found.st_size)
            if candidates:
                sha256, size = hash_file(file, self._advance, limit)
                if sha256 in candidates and self._blobs.whole(sha256):  # nothing new is built on damaged bytes
                    return _stamp(found), ModelFile(path=source.stored, size=size, sha256=sha256)
                os.lseek(file, 0, os.SEEK_SET)
                self._done -= size
            sha256, size = self._copy(file, limit, staging, threads)
        return _stamp(found), ModelFile(path=source.stored, size=size, sha256=sha256)

    def _copy(
        self, file: int, limit: int, staging: Path, threads: tuple[ThreadPoolExecutor, ThreadPoolExecutor]
    ) -> tuple[str, int]:
        writer, syncer = threads
        staged = staging / secrets.token_hex(8)
        target = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            sha256, size = copy_and_hash(file, target, writer, self._advance, limit)
        except BaseException:
            os.close(target)
            raise
        self._putting.append(syncer.submit(self._make_durable, target, staged, sha256))
        if len(self._putting) >= _UNSYNCED:
            self._put_all()
        return sha256, size

    def _make_durable(self, target: int, staged: Path, sha256: str) -> Path:
        try:
            os.fchmod(target, 0o444)
            os.fsync(target)
        finally:
            os.close(target)
        return self._blobs.put(staged, sha256)

    def _put_all(self) -> None:
        putting, self._putting = self._putting, []
        if putting:
            self._blobs.sync({put.result() for put in putting})

    def _new_bytes(self, sources: Sequence[SourceFile]) -> int:
        """Bytes that will have to be copied, as far as a glance can tell."""
        needed = 0
        for source in sources:
            with _open(source.path) as file:
                candidates = self._candidates(file, source.size)
                if not candidates or (source.size <= _SMALL and hash_file(file, _ignore)[0] not in candidates):
                    needed += source.size
        return needed

    def _candidates(self, file: int, size: int) -> Collection[str]:
        """The blobs that the file may be."""
        known = self._known.get(size, ())
        if size <= _SMALL:
            return known
        return [sha256 for sha256 in list(known)[:_GLANCES] if self._blobs.resembles(file, size, sha256)]

    def _advance(self, count: int) -> None:
        self._done += count
        self._progress.advance(self._label, min(self._done, self._total), self._total)

    @contextmanager
    def _staging(self) -> Iterator[Path]:
        staging = self._blobs.staging / secrets.token_hex(8)
        staging.mkdir(mode=0o700)
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)  # what cannot be removed now goes with the next collection


def _ignore(count: int) -> None:
    return None


@contextmanager
def _open(path: Path) -> Iterator[int]:
    try:
        # a pipe that took the file's place must not make us wait for its writer
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as wrong:
        raise MissingPathError(f"`{path}` went away while it was registered", hint="try again") from wrong
    except OSError as wrong:
        raise unreadable(path, wrong) from wrong
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise InvalidCallError(f"`{path}` is not a file any more", hint="register it when nobody changes it")
        with contextlib.suppress(AttributeError):  # macOS has no such advice
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        yield file
    finally:
        os.close(file)


def _stamp(found: os.stat_result) -> _Stamp:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _changed(source: SourceFile, stamp: _Stamp | None) -> bool:
    """Whether the file is another one than the one with that stamp; None is a file that proved to be the same."""
    if stamp is None:
        return False
    try:
        return _stamp(source.path.stat()) != stamp
    except OSError:
        return False  # it is gone, but it was read whole: nobody can tell that it was not this
