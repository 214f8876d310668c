from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeport.errors import AlreadyExistsError, DamagedStoreError, InvalidCallError, WebserviceException
from homeport.store.local import LocalStore
from tests.conftest import lacking
from tests.store.conftest import named

Blobs = Callable[[], list[Path]]


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_downloaded_folder_is_the_registered_one(store: LocalStore, folder: Path, tmp_path: Path) -> None:
    model = store.models.register(named("net"), folder)
    paths = store.models.download(model, tmp_path / "deep" / "out")
    assert content(tmp_path / "deep" / "out" / "net") == content(folder)
    assert paths == [tmp_path / "deep" / "out" / file.path for file in store.models.files(model).files]
    assert all(os.access(path, os.W_OK) for path in paths)


def test_a_relative_target_gives_relative_paths(
    store: LocalStore, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = store.models.register(named("a"), weights)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert store.models.download(model, Path(".")) == [Path("weights.bin")]


def test_an_existing_file_is_refused_before_anything_is_written(
    store: LocalStore, folder: Path, tmp_path: Path
) -> None:
    model = store.models.register(named("net"), folder)
    (tmp_path / "out" / "net" / "part").mkdir(parents=True)
    (tmp_path / "out" / "net" / "part" / "a.bin").write_text("mine")
    with pytest.raises(AlreadyExistsError, match=r"a\.bin` exists already") as refused:
        store.models.download(model, tmp_path / "out")
    assert isinstance(refused.value, WebserviceException)
    assert content(tmp_path / "out") == {"net/part/a.bin": b"mine"}


def test_overwriting_leaves_unrelated_files_alone(store: LocalStore, folder: Path, tmp_path: Path) -> None:
    model = store.models.register(named("net"), folder)
    store.models.download(model, tmp_path / "out")
    (tmp_path / "out" / "net" / "config.json").write_text("changed")
    (tmp_path / "out" / "net" / "mine").write_text("mine")
    store.models.download(model, tmp_path / "out", overwrite=True)
    assert content(tmp_path / "out" / "net") == {**content(folder), "mine": b"mine"}


def test_a_folder_in_the_place_of_a_file_is_never_overwritten(store: LocalStore, weights: Path, tmp_path: Path) -> None:
    model = store.models.register(named("a"), weights)
    (tmp_path / "out" / "weights.bin").mkdir(parents=True)
    with pytest.raises(AlreadyExistsError, match="is a folder"):
        store.models.download(model, tmp_path / "out", overwrite=True)


@pytest.mark.parametrize("blocked", ["out", "out/net"])
def test_a_file_in_the_place_of_a_folder_is_in_the_way(
    store: LocalStore, folder: Path, tmp_path: Path, blocked: str
) -> None:
    model = store.models.register(named("a"), folder)
    (tmp_path / blocked).parent.mkdir(exist_ok=True)
    (tmp_path / blocked).write_text("mine")
    with pytest.raises(AlreadyExistsError, match="in the way"):
        store.models.download(model, tmp_path / "out", overwrite=True)
    assert (tmp_path / blocked).read_text() == "mine"


def test_a_link_that_leads_out_of_the_target_is_not_followed(store: LocalStore, folder: Path, tmp_path: Path) -> None:
    model = store.models.register(named("a"), folder)
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "net").symlink_to(tmp_path / "elsewhere")
    for deliver in (store.models.download, store.models.place):
        with pytest.raises(InvalidCallError, match="leads out"):
            deliver(model, tmp_path / "out")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_link_in_the_place_of_a_file_is_replaced_not_written_through(
    store: LocalStore, weights: Path, tmp_path: Path
) -> None:
    model = store.models.register(named("a"), weights)
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "weights.bin").symlink_to(tmp_path / "precious")
    store.models.download(model, tmp_path / "out", overwrite=True)
    assert (tmp_path / "precious").read_text() == "mine"
    assert (tmp_path / "out" / "weights.bin").read_bytes() == weights.read_bytes()


def test_a_catalog_cannot_name_a_path_outside_of_the_target(store: LocalStore, weights: Path, tmp_path: Path) -> None:
    model = store.models.register(named("a"), weights)
    with store._catalog.writing() as connection:
        connection.exec_driver_sql("UPDATE model_files SET path = ?", (b"../../escaped",))
    for deliver in (store.models.download, store.models.place):
        with pytest.raises(InvalidCallError, match="not a usable path"):
            deliver(model, tmp_path / "a" / "b")
    assert not (tmp_path / "escaped").exists()


def spoil(blob: Path, damage: str) -> None:
    """Flip a bit where no glance falls, cut a byte off, or take the file away."""
    content = bytearray(blob.read_bytes())
    content[len(content) // 4] ^= 1
    blob.unlink()
    if damage != "gone":
        blob.write_bytes(content if damage == "changed" else content[:-1])


@pytest.mark.parametrize("damage", ["changed", "shorter", "gone"])
def test_a_damaged_file_is_never_delivered(
    store: LocalStore, folder: Path, tmp_path: Path, blobs: Blobs, damage: str
) -> None:
    model = store.models.register(named("net"), folder)
    (blob,) = [blob for blob in blobs() if blob.stat().st_size == 3000]
    spoil(blob, damage)
    with pytest.raises(DamagedStoreError, match=r"`net:1`.*`net/part/a\.bin`") as damaged:
        store.models.download(model, tmp_path / "out")
    assert damaged.value.hint is not None
    assert "homeport workspace verify" in damaged.value.hint
    # what was whole and written before stays; nothing half-written does
    assert sorted(content(tmp_path / "out")) == ["net/.hidden", "net/config.json"]
    if damage != "changed":
        with pytest.raises(DamagedStoreError):
            store.models.place(model, tmp_path / "bundle")


@pytest.mark.parametrize("damage", ["changed", "shorter", "gone"])
def test_registering_the_same_bytes_again_mends_them(
    store: LocalStore, folder: Path, tmp_path: Path, blobs: Blobs, damage: str
) -> None:
    (folder / "part" / "a.bin").write_bytes(bytes(3_000_000))
    model = store.models.register(named("net"), folder)
    (blob,) = [blob for blob in blobs() if blob.stat().st_size == 3_000_000]
    spoil(blob, damage)
    assert len(store.verify()) == 1
    store.models.register(named("net"), folder)
    assert store.verify() == []
    store.models.download(model, tmp_path / "out")


def test_a_placed_model_shares_its_bytes_and_is_read_only(store: LocalStore, folder: Path, tmp_path: Path) -> None:
    model = store.models.register(named("net"), folder)
    files = store.models.place(model, tmp_path / "bundle" / "net" / "1")
    assert files == store.models.files(model)
    placed = tmp_path / "bundle" / "net" / "1" / "net"
    assert content(placed) == content(folder)
    assert {stat.S_IMODE(path.stat().st_mode) for path in placed.rglob("*") if path.is_file()} == {0o444}


def test_a_placed_model_outlives_its_registration(store: LocalStore, folder: Path, tmp_path: Path) -> None:
    model = store.models.register(named("net"), folder)
    store.models.place(model, tmp_path / "bundle")
    store.models.delete("net", 1)
    assert store.collect().files == 3
    assert content(tmp_path / "bundle" / "net") == content(folder)


def test_placing_twice_into_one_folder_is_refused(store: LocalStore, weights: Path, tmp_path: Path) -> None:
    model = store.models.register(named("a"), weights)
    store.models.place(model, tmp_path / "bundle")
    with pytest.raises(AlreadyExistsError):
        store.models.place(model, tmp_path / "bundle")


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    point = tmp_path / "disk"
    point.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", point]).returncode:
        lacking("the right to mount a file system")
    yield point
    subprocess.run(["umount", "-l", point], check=True)


def test_a_model_is_copied_to_another_disk(store: LocalStore, folder: Path, other_disk: Path) -> None:
    model = store.models.register(named("net"), folder)
    store.models.place(model, other_disk / "bundle")
    placed = other_disk / "bundle" / "net"
    assert content(placed) == content(folder)
    assert {stat.S_IMODE(path.stat().st_mode) for path in placed.rglob("*") if path.is_file()} == {0o444}
    assert len(list((other_disk / "bundle").rglob(".homeport*"))) == 0
