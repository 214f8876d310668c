"""Moving bytes: read, hash and write at the same time, in flat memory."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path

from homeport.domain.sizes import byte_size
from homeport.errors import AlreadyExistsError, HomeportError, NoSpaceError, UnavailableError

BLOCK = 1 << 20  # bytes; two of these are all the memory that a copy takes

OnBytes = Callable[[int], None]


def hash_file(source: int, on_bytes: OnBytes, limit: int = sys.maxsize) -> tuple[str, int]:
    """sha256 in hex and size of what is left to read of `source`, `limit` bytes at most."""
    digest, size = hashlib.sha256(), 0
    block = _block(source)
    while count := os.readv(source, [block[: limit - size]]):
        digest.update(block[:count])
        size += count
        on_bytes(count)
    return digest.hexdigest(), size


def copy_and_hash(
    source: int, target: int, writer: Executor, on_bytes: OnBytes, limit: int = sys.maxsize
) -> tuple[str, int]:
    """Copy what is left of `source`, `limit` bytes at most; sha256 in hex and size of what was written.

    `writer` (one thread or more) writes one block while the next is read and hashed here.
    """
    digest, size = hashlib.sha256(), 0
    block, spare = _block(source), _block(source)
    writing: Future[None] | None = None
    try:
        while count := os.readv(source, [block[: limit - size]]):
            if writing is not None:
                writing.result()
            writing = writer.submit(_write, target, block[:count])
            digest.update(block[:count])
            size += count
            on_bytes(count)
            block, spare = spare, block
        if writing is not None:
            writing.result()
    finally:
        if writing is not None and not writing.done():
            writing.exception()  # the caller closes `target`: not under the writer's hands
    return digest.hexdigest(), size


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def check_space(folder: Path, needed: int, what: str) -> None:
    """Raise NoSpaceError unless the disk of `folder` has `needed` bytes left."""
    if needed > free_space(folder):
        raise _no_space(folder, needed, what)


def free_space(folder: Path) -> int:
    """Bytes that we may still write on the disk of `folder`, which need not be there yet."""
    there = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    disk = os.statvfs(there)
    return disk.f_bavail * disk.f_frsize


def _no_space(folder: Path, needed: int, what: str) -> NoSpaceError:
    free = free_space(folder)
    return NoSpaceError(
        f"not enough space for {what}: it needs {byte_size(needed)}, `{folder}` has {byte_size(free)} free",
        hint=f"free {byte_size(max(needed - free, 1))} on that disk (`homeport workspace gc` frees deleted models)",
    )


@contextmanager
def disk_errors(folder: Path, needed: int, what: str) -> Iterator[None]:
    """Turn what the disk of `folder` says while `needed` bytes are written into our errors."""
    try:
        yield
    except OSError as wrong:
        if isinstance(wrong, HomeportError):
            raise
        if wrong.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_space(folder, needed, what) from wrong
        if isinstance(wrong, FileExistsError | NotADirectoryError):
            raise AlreadyExistsError(
                f"`{wrong.filename}` is in the way of {what}: it is no folder",
                hint="move it away, or name another place",
            ) from wrong
        raise UnavailableError(
            f"could not finish {what} in `{folder}`: {wrong.strerror or wrong}",
            hint="check that the folder is there and yours to write",
        ) from wrong


def _block(source: int) -> memoryview:
    return memoryview(bytearray(min(BLOCK, os.fstat(source).st_size + 1)))


def _write(target: int, block: memoryview) -> None:
    while block:
        block = block[os.write(target, block) :]
