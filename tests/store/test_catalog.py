from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from homeport.errors import DamagedStoreError, UnavailableError
from homeport.store import create_store, open_store
from homeport.store.local import LocalStore
from tests.store.conftest import Program, named


def journal(home: Path) -> str:
    with closing(sqlite3.connect(home / "workspaces/work/catalog.db")) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A mount table that says that everything here is on NFS."""
    path = tmp_path / "mounts"
    path.write_text(f"/dev/vda / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n")
    return path


def test_a_local_disk_gets_the_log(store: LocalStore, home: Path) -> None:
    assert journal(home) == "wal"
    assert store.notice is None


def test_a_network_home_gets_a_rollback_journal_and_says_so(home: Path, network: Path, weights: Path) -> None:
    store = create_store(home, "work", mounts=network)
    assert journal(home) == "delete"
    assert store.notice is not None
    assert "`nfs4`" in store.notice
    store.models.register(named("a"), weights)
    assert store.verify() == []
    store.close()
    assert [path.name for path in (home / "workspaces/work").glob("catalog.db?*")] == []


def test_a_home_that_moved_to_a_network_leaves_the_log(
    store: LocalStore, home: Path, network: Path, weights: Path
) -> None:
    store.models.register(named("a"), weights)
    store.close()
    moved = open_store(home, "work", mounts=network)
    assert journal(home) == "delete"
    assert moved.models.get("a").version == 1
    assert moved.notice is not None
    moved.close()


def test_a_catalog_that_could_not_have_the_log_says_so_on_any_disk(home: Path, network: Path) -> None:
    create_store(home, "work", mounts=network).close()
    store = open_store(home, "work")
    assert store.notice is not None
    assert "rollback journal" in store.notice
    store.close()


def test_registrations_at_once_get_their_own_numbers_with_a_rollback_journal(
    home: Path, network: Path, weights: Path, program: Program
) -> None:
    create_store(home, "work", mounts=network).close()
    code = (
        "import sys; from pathlib import Path; from homeport.store import open_store\n"
        "from homeport.domain.model import ModelDescription\n"
        "store = open_store(Path(sys.argv[1]), 'work', mounts=Path(sys.argv[2]))\n"
        "for _ in range(5): print(store.models.register(ModelDescription(name='a'), Path(sys.argv[3])).version)\n"
    )
    running = [program(code, home, network, weights) for _ in range(3)]
    given = [int(line) for process in running for line in process.communicate()[0].split()]
    assert sorted(given) == list(range(1, 16))


def test_a_forked_process_uses_the_store_and_leaves_the_parents_connections(store: LocalStore, weights: Path) -> None:
    store.models.register(named("a"), weights)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if store.models.register(named("a"), weights).version == 2 else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert store.models.register(named("a"), weights).version == 3
    assert store.verify() == []


def test_many_threads_read_while_one_writes(store: LocalStore, weights: Path) -> None:
    store.models.register(named("a"), weights)
    wrong: list[BaseException] = []
    over = threading.Event()

    def read() -> None:
        try:
            while not over.is_set():
                newest = store.models.get("a")
                assert store.models.get("a", newest.version) == newest
        except BaseException as error:
            wrong.append(error)
            raise

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        store.models.register(named("a"), weights)
    over.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_failed_transaction_changes_nothing(store: LocalStore) -> None:
    with pytest.raises(ZeroDivisionError), store._catalog.writing() as connection:
        connection.exec_driver_sql("INSERT INTO model_numbers VALUES ('a', 1)")
        raise ZeroDivisionError
    with store._catalog.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM model_numbers").scalar() == 0


def test_a_file_that_is_no_catalog_is_damaged(home: Path) -> None:
    create_store(home, "work").close()
    (home / "workspaces/work/catalog.db").write_bytes(b"not a database at all" * 1000)
    with pytest.raises(DamagedStoreError, match="cannot be read") as damaged:
        open_store(home, "work")
    assert damaged.value.hint is not None
    assert "backup" in damaged.value.hint


def test_a_catalog_that_is_locked_for_too_long_is_busy(store: LocalStore, home: Path, weights: Path) -> None:
    store.models.register(named("a"), weights)
    with closing(sqlite3.connect(home / "workspaces/work/catalog.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with store._catalog.reading() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=50")  # the pool hands this connection out again
        with pytest.raises(UnavailableError, match="was busy"):
            store.models.delete("a", 1)
        assert store.models.get("a").version == 1
        other.execute("ROLLBACK")
    store.models.delete("a", 1)
