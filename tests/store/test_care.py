from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.domain.progress import Silent
from homeport.errors import UnavailableError
from homeport.store import ModelChange
from homeport.store.local import LocalStore
from homeport.store.locks import BytesLock
from tests.store.conftest import named

Blobs = Callable[[], list[Path]]


@pytest.fixture
def filled(store: LocalStore, folder: Path, weights: Path) -> LocalStore:
    """net:1 (four files, two equal) and iris:1, iris:2 of the same bytes."""
    store.models.register(named("net", tags={"a": 1}), folder)
    store.models.register(named("iris"), weights)
    store.models.register(named("iris", properties={"b": 2}), weights)
    return store


def blob_of(store: LocalStore, blobs: Blobs, size: int) -> Path:
    (blob,) = [blob for blob in blobs() if blob.stat().st_size == size]
    return blob


def spoil(store: LocalStore, statement: str) -> None:
    with store._catalog.writing() as connection:
        connection.exec_driver_sql(statement)


def test_a_whole_workspace_has_nothing_wrong(filled: LocalStore) -> None:
    filled.models.delete("iris", 2)
    filled.models.change("net", 1, ModelChange(tags={"c": [1]}, add_properties={"d": None}))
    assert filled.verify() == []


def test_every_byte_is_read_with_progress(filled: LocalStore, blobs: Blobs) -> None:
    seen: list[tuple[int, int]] = []

    class Seen(Silent):
        def advance(self, label: str, done: int, total: int) -> None:
            seen.append((done, total))

    filled.verify(Seen())
    total = sum(blob.stat().st_size for blob in blobs())
    assert seen[-1] == (total, total)


def test_changed_bytes_are_named_with_every_model_that_uses_them(filled: LocalStore, blobs: Blobs) -> None:
    blob = blob_of(filled, blobs, 10240)
    blob.chmod(0o644)
    blob.write_bytes(b"x" * 10240)
    assert filled.verify() == [
        "damaged: model `iris:1` (file `weights.bin`), model `iris:2` (file `weights.bin`): "
        "its bytes are not the ones that were registered"
    ]


def test_a_single_flipped_bit_is_found(filled: LocalStore, blobs: Blobs) -> None:
    blob = blob_of(filled, blobs, 3000)
    content = bytearray(blob.read_bytes())
    content[1234] ^= 4
    blob.chmod(0o644)
    blob.write_bytes(content)
    (line,) = filled.verify()
    assert "net/part/a.bin" in line
    assert "net/part/copy of a.bin" in line


def test_wrong_sizes_missing_bytes_and_strays_have_a_line_each(filled: LocalStore, blobs: Blobs) -> None:
    blob_of(filled, blobs, 3000).chmod(0o644)
    blob_of(filled, blobs, 3000).write_bytes(b"a" * 10)
    gone = blob_of(filled, blobs, 2)
    gone.unlink()
    (gone.parent / "notes.txt").write_text("x")
    (gone.parents[1] / "mine").mkdir()
    lines = filled.verify()
    assert [line.partition(":")[0] for line in lines] == ["damaged", "missing", "stray", "stray"]
    assert "it has 10 bytes and should have 3000" in lines[0]
    assert "model `net:1` (file `net/config.json`)" in lines[1]


def test_a_line_about_a_file_of_many_models_stays_short(store: LocalStore, weights: Path, blobs: Blobs) -> None:
    for _ in range(6):
        store.models.register(named("iris"), weights)
    blobs()[0].unlink()
    (line,) = store.verify()
    assert "and 3 more" in line


def test_damaged_bytes_that_nothing_uses_are_said_to_be_so(filled: LocalStore, blobs: Blobs) -> None:
    filled.models.delete("net", 1)
    blob = blob_of(filled, blobs, 3000)
    blob.chmod(0o644)
    blob.write_bytes(b"b" * 3000)
    (line,) = filled.verify()
    assert "homeport workspace gc" in line
    filled.collect()
    assert filled.verify() == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE model_files SET path = CAST('other' AS BLOB) WHERE size = 2", "`net:1` is not what was registered"),
        ("DELETE FROM model_files WHERE size = 2", "`net:1` is not what was registered"),
        ("UPDATE models SET digest = 'x' WHERE name = 'net'", "`net:1` is not what was registered"),
        ("UPDATE model_numbers SET last_version = 1 WHERE name = 'iris'", "counter stands at 1"),
        ("DELETE FROM model_numbers", "counter stands at 0"),
        ("UPDATE models SET latest = (version = 1)", "`iris:2` is the newest"),
        ("DELETE FROM model_marks WHERE kind = 'tag'", "`net:1` is not found by the tags"),
        ("UPDATE model_marks SET value = '3' WHERE kind = 'property'", "`iris:2` is not found by the tags"),
    ],
)
def test_a_catalog_that_contradicts_itself_is_found(filled: LocalStore, statement: str, said: str) -> None:
    spoil(filled, statement)
    assert any(said in line for line in filled.verify())


def test_rows_that_belong_to_nothing_are_found(filled: LocalStore) -> None:
    with filled._catalog.reading() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("DELETE FROM models WHERE name = 'net'")
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.exec_driver_sql("BEGIN")
    assert any("belongs to nothing in models" in line for line in filled.verify())


def test_a_catalog_whose_pages_are_overwritten_is_reported(filled: LocalStore, home: Path) -> None:
    filled.close()
    catalog = home / "workspaces/work/catalog.db"
    with catalog.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(catalog.stat().st_size - 4096))
    lines = filled.verify()
    assert lines
    assert all("catalog" in line for line in lines)


def test_collecting_frees_what_no_model_refers_to(filled: LocalStore, blobs: Blobs, home: Path) -> None:
    assert filled.collect().files == 0
    filled.models.delete("iris", 1)
    assert filled.collect().files == 0  # iris:2 has the same bytes
    filled.models.delete("iris", 2)
    said: list[str] = []

    class Told(Silent):
        def step(self, text: str) -> None:
            said.append(text)

    freed = filled.collect(Told())
    assert (freed.files, freed.bytes) == (1, 10240)
    assert said == ["freed 10.2 kB in 1 files"]
    assert len(blobs()) == 3
    assert filled.verify() == []


def test_collecting_leaves_what_is_not_ours(filled: LocalStore, home: Path) -> None:
    stray = home / "workspaces/work/blobs/sha256/readme.txt"
    stray.write_text("x")
    filled.collect()
    assert stray.exists()


def test_bytes_that_a_bundle_still_holds_are_not_counted_as_freed(
    filled: LocalStore, weights: Path, tmp_path: Path
) -> None:
    filled.models.place(filled.models.get("net"), tmp_path / "bundle")
    shared = (tmp_path / "bundle/net/part/a.bin").stat().st_nlink > 1
    filled.models.delete("net", 1)
    freed = filled.collect()
    assert freed.files == 3
    assert (freed.bytes == 0) == shared


def test_what_a_killed_registration_left_goes_with_the_next_opening_or_collection(
    filled: LocalStore, home: Path, weights: Path
) -> None:
    staging = home / "workspaces/work/staging"

    def leave() -> None:
        (staging / "dead").mkdir()
        (staging / "dead" / "part").write_bytes(b"x" * 100)

    leave()
    LocalStore(home / "workspaces/work").close()
    assert list(staging.iterdir()) == []
    leave()
    filled.models.register(named("more"), weights)
    assert list(staging.iterdir()) == []
    leave()
    assert filled.collect().bytes == 100
    assert list(staging.iterdir()) == []


def test_staging_is_left_alone_while_a_registration_is_under_way(filled: LocalStore, home: Path) -> None:
    staging = home / "workspaces/work/staging"
    (staging / "alive").mkdir()
    with BytesLock(home / "workspaces/work").shared():
        LocalStore(home / "workspaces/work").close()
        assert (staging / "alive").exists()
        impatient = LocalStore(home / "workspaces/work", patience=0.1)
        with pytest.raises(UnavailableError, match="under way"):
            impatient.collect()
        impatient.close()
        assert (staging / "alive").exists()
