"""A disk of a few megabytes, really full. Needs the right to mount one."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.domain.progress import Silent
from homeport.errors import NoSpaceError, UnavailableError, WebserviceException
from homeport.store import ModelChange, create_store, open_store
from homeport.store.local import LocalStore
from tests.conftest import lacking
from tests.store.conftest import named

MB = 1 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """16 MB."""
    point = tmp_path / "disk"
    point.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", point]).returncode:
        lacking("the right to mount a file system")
    yield point
    subprocess.run(["umount", "-l", point], check=True)


@pytest.fixture
def tight(disk: Path) -> Iterator[LocalStore]:
    """A workspace there."""
    store = create_store(disk / "home", "work")
    assert isinstance(store, LocalStore)
    yield store
    store.close()


def big(tmp_path: Path, size: int) -> Path:
    path = tmp_path / "big.bin"
    path.write_bytes(os.urandom(size))
    return path


def fill(disk: Path, spare: int = 0) -> None:
    """Leave `spare` bytes free."""
    with (disk / "filler").open("ab", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(b"x" * 65536)
    if spare:
        os.truncate(disk / "filler", (disk / "filler").stat().st_size - spare)


def left(disk: Path) -> list[Path]:
    kept = disk / "home/workspaces/work"
    return [path for room in ("blobs", "staging") for path in (kept / room).rglob("*") if path.is_file()]


def test_a_model_larger_than_the_disk_is_refused_before_copying(tight: LocalStore, disk: Path, tmp_path: Path) -> None:
    read: list[int] = []

    class Reading(Silent):
        def advance(self, label: str, done: int, total: int) -> None:
            read.append(done)

    with pytest.raises(NoSpaceError, match=r"model `a`: it needs 20\.0 MB, .* has 1\d\.\d MB free") as full:
        tight.models.register(named("a"), big(tmp_path, 20_000_000), progress=Reading())
    assert isinstance(full.value, UnavailableError)
    assert isinstance(full.value, WebserviceException)
    assert full.value.hint is not None
    assert "homeport workspace gc" in full.value.hint
    assert (read, left(disk)) == ([], [])


def test_a_disk_that_fills_up_meanwhile_leaves_nothing_behind(tight: LocalStore, disk: Path, tmp_path: Path) -> None:
    class Filling(Silent):
        def advance(self, label: str, done: int, total: int) -> None:
            fill(disk)

    with pytest.raises(NoSpaceError, match=r"it needs 6\.3 MB, .* has .* free"):
        tight.models.register(named("a"), big(tmp_path, 6 * MB), progress=Filling())
    assert (left(disk), tight.models.count()) == ([], 0)
    (disk / "filler").unlink()
    assert tight.models.register(named("a"), tmp_path / "big.bin").ref == "a:1"
    assert tight.verify() == []


def test_known_bytes_need_no_space(tight: LocalStore, disk: Path, tmp_path: Path) -> None:
    source = big(tmp_path, 6 * MB)
    tight.models.register(named("a"), source)
    fill(disk, spare=2 * MB)
    assert tight.models.register(named("a"), source).ref == "a:2"


def test_a_catalog_without_space_says_so_and_stays_whole(tight: LocalStore, disk: Path, weights: Path) -> None:
    tight.models.register(named("a"), weights)
    fill(disk)
    with pytest.raises(NoSpaceError, match="catalog"):
        tight.models.change("a", 1, ModelChange(tags={"long": "x" * (3 * MB)}))
    (disk / "filler").unlink()
    assert tight.models.get("a").tags == {}
    assert tight.verify() == []


def test_a_workspace_on_a_full_disk_opens_deletes_and_frees(tight: LocalStore, disk: Path, tmp_path: Path) -> None:
    tight.models.register(named("a"), big(tmp_path, 6 * MB))
    tight.close()
    fill(disk)
    again = open_store(disk / "home", "work")
    again.models.delete("a", 1)
    assert again.collect().bytes == 6 * MB
    assert again.models.register(named("a"), tmp_path / "big.bin").ref == "a:2"
    again.close()


def test_a_download_to_a_full_disk_says_how_much_it_needs(store: LocalStore, disk: Path, tmp_path: Path) -> None:
    model = store.models.register(named("a"), big(tmp_path, 6 * MB))
    fill(disk, spare=MB)
    with pytest.raises(NoSpaceError, match=r"model `a:1`: it needs 6\.3 MB"):
        store.models.download(model, disk / "out")
    with pytest.raises(NoSpaceError):
        store.models.place(model, disk / "out")
    assert [path for path in (disk / "out").rglob("*") if path.is_file()] == []


def test_a_workspace_on_a_full_disk_is_not_created(disk: Path) -> None:
    fill(disk)
    with pytest.raises(NoSpaceError):
        create_store(disk / "home", "work")
    assert list(disk.glob("home/workspaces/*")) == []
