"""The catalog's connections: SQLite opened as safely as its file system allows, one writer at a time."""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from homeport.errors import DamagedStoreError, HomeportError, NoSpaceError, UnavailableError, WorkspaceNotFoundError
from homeport.store.mounts import MOUNTS, file_system, holds_log
from homeport.store.reserve import Reserve

BUSY = 60.0  # seconds to wait for another writer

# Python 3.10 gives no error codes, so SQLite's own fixed texts decide: https://sqlite.org/rescode.html
_FULL = ("database or disk is full",)
_BUSY = ("database is locked", "database table is locked", "database schema is locked")
_DAMAGED = ("malformed", "file is not a database", "disk I/O error")


class Catalog:
    """One SQLite file. Safe in threads and after a fork; notices when its workspace was deleted."""

    def __init__(self, path: Path, workspace: str) -> None:
        self._path = path
        self._workspace = workspace
        self._process = os.getpid()
        self._file = self._identity()
        self._engine = _engine(path)
        self._finalizer = weakref.finalize(self, self._engine.dispose)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the catalog."""
        self._check()
        with _catalog_errors(self._path, self._workspace), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, alone from its first statement on; kept when the block ends, undone when it raises."""
        self._check()
        with _catalog_errors(self._path, self._workspace), self._engine.connect() as connection:
            alone = connection.execution_options(homeport_writes=True)
            with alone.begin():
                yield alone

    def journal(self) -> str:
        """SQLite's word for how changes are kept safe: `wal`, or `delete` where the log does not hold."""
        with self.reading() as connection:
            return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one())

    def close(self) -> None:
        """Let the file go."""
        self._finalizer()

    def _check(self) -> None:
        if os.getpid() != self._process:  # forked: the parent's connections are not ours to use or to close
            self._engine.dispose(close=False)
            self._process = os.getpid()
        if self._identity() != self._file:
            self._engine.dispose()
            raise _gone(self._workspace)

    def _identity(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except FileNotFoundError as wrong:
            raise _gone(self._workspace) from wrong
        return found.st_dev, found.st_ino


def create_catalog(path: Path, workspace: str, mounts: Path = MOUNTS) -> None:
    """Make an empty database with the journal that holds on its file system."""
    suited = holds_log(file_system(path.parent, mounts))
    with _catalog_errors(path, workspace), closing(sqlite3.connect(path, isolation_level=None)) as connection:
        path.chmod(0o600)
        # where SQLite itself finds that the log cannot work it answers with the journal that stays in use
        connection.execute(f"PRAGMA journal_mode={'WAL' if suited else 'DELETE'}")


def settle_journal(path: Path, mounts: Path = MOUNTS) -> None:
    """Leave the write-ahead log where it does not hold: a home may have moved."""
    if holds_log(file_system(path.parent, mounts)) or _journal(path) == "delete":
        return
    address = f"file:{quote(str(path))}?mode=rw"
    with (
        _catalog_errors(path, path.parent.name),
        closing(sqlite3.connect(address, uri=True, timeout=BUSY, isolation_level=None)) as connection,
    ):
        # alone, SQLite needs no shared memory to read a log: https://sqlite.org/wal.html#noshm
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA journal_mode=DELETE")


def _journal(path: Path) -> str | None:
    """The journal in use; None where SQLite cannot even read, as a log on such a file system may cause."""
    try:
        with closing(_connect(path)) as connection:
            return str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    except sqlite3.OperationalError:
        return None


def _open(path: Path) -> sqlite3.Connection:
    """Connect; on a full disk with the space that was kept back for that."""
    try:
        return _connect(path)
    except sqlite3.OperationalError:
        if not Reserve(path.parent).release():
            raise
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(path))}?mode=rw"  # never creates: a deleted workspace stays deleted
    connection = sqlite3.connect(address, uri=True, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA foreign_keys=ON")
        # a number that was given must survive a power cut, or it would be given again
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA schema_version")  # reads the file, with all that SQLite needs for that
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _engine(path: Path) -> Engine:
    engine = create_engine("sqlite+pysqlite://", creator=lambda: _open(path), poolclass=QueuePool, max_overflow=-1)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # sqlite3 is told to begin nothing by itself: a writer takes its place in the queue before it reads
        writes = connection.get_execution_options().get("homeport_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def _catalog_errors(path: Path, workspace: str) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlite3.Error) as wrong:
        error = _translated(str(getattr(wrong, "orig", wrong)), path, workspace)
        if error is None:
            raise
        raise error from wrong


def _translated(text: str, path: Path, workspace: str) -> HomeportError | None:
    if any(part in text for part in _FULL):
        return NoSpaceError(
            f"not enough space for the catalog of workspace `{workspace}`: `{path}` needs some 100 kB more",
            hint="free some on that disk (`homeport workspace gc` frees deleted models)",
        )
    if any(part in text for part in _BUSY):
        return UnavailableError(
            f"workspace `{workspace}` was busy for {BUSY:.0f} seconds", hint="try again; another process is writing"
        )
    if any(part in text for part in _DAMAGED):
        return DamagedStoreError(
            f"the catalog of workspace `{workspace}` cannot be read: {text}",
            hint=f"restore `{path}` from a backup, or what `sqlite3 {path} .recover` gives; the blobs are untouched",
        )
    if "readonly" in text or "unable to open" in text:
        return UnavailableError(
            f"the catalog of workspace `{workspace}` cannot be written: {text}", hint=f"check who may write `{path}`"
        )
    return None


def _gone(workspace: str) -> WorkspaceNotFoundError:
    return WorkspaceNotFoundError(
        f"workspace `{workspace}` is gone: it was deleted meanwhile",
        hint="run `homeport workspace list` to see what there is",
    )
