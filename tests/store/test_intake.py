from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.domain.progress import Silent
from homeport.errors import InvalidCallError, MissingPathError
from homeport.store.local import LocalStore
from tests.store.conftest import named

Blobs = Callable[[], list[Path]]
MB = 1 << 20


class During(Silent):
    """Does something to the source while it is read: on every progress, or on the first only."""

    def __init__(self, act: Callable[[int], None]) -> None:
        self._act = act
        self.calls = 0

    def advance(self, label: str, done: int, total: int) -> None:
        self.calls += 1
        self._act(self.calls)


@pytest.mark.parametrize("size", [0, 1, MB - 1, MB, MB + 1, 5 * MB + 17])
def test_bytes_of_any_size_arrive_whole(store: LocalStore, tmp_path: Path, size: int) -> None:
    source = tmp_path / "m.bin"
    source.write_bytes(os.urandom(size))
    model = store.models.register(named("a"), source)
    (file,) = store.models.files(model).files
    assert (file.size, file.sha256) == (size, hashlib.sha256(source.read_bytes()).hexdigest())
    again = store.models.register(named("a"), source)
    assert again.digest == model.digest
    store.models.download(model, tmp_path / "out")
    assert (tmp_path / "out" / "m.bin").read_bytes() == source.read_bytes()


def test_known_bytes_are_not_copied_again(store: LocalStore, tmp_path: Path, blobs: Blobs) -> None:
    source = tmp_path / "m.bin"
    source.write_bytes(os.urandom(3 * MB))
    store.models.register(named("a"), source)
    (before,) = [blob.stat() for blob in blobs()]
    staging = blobs()[0].parents[3] / "staging"
    staged: list[Path] = []
    store.models.register(named("b"), source, progress=During(lambda _: staged.extend(staging.glob("*/*"))))
    (after,) = [blob.stat() for blob in blobs()]
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert staged == []


def test_bytes_that_only_look_known_are_kept_apart(store: LocalStore, tmp_path: Path, blobs: Blobs) -> None:
    source = tmp_path / "m.bin"
    content = bytearray(os.urandom(3 * MB))
    source.write_bytes(content)
    first = store.models.register(named("a"), source)
    content[MB] ^= 1  # neither at the beginning, nor in the middle, nor at the end
    source.write_bytes(content)
    second = store.models.register(named("a"), source)
    assert first.digest != second.digest
    assert len(blobs()) == 2
    assert store.verify() == []


def test_a_file_that_is_written_once_while_it_is_read_is_read_again(store: LocalStore, tmp_path: Path) -> None:
    source = tmp_path / "m.bin"
    source.write_bytes(b"a" * (4 * MB))

    def rewrite(call: int) -> None:
        if call == 2:
            source.write_bytes(b"b" * (5 * MB))

    model = store.models.register(named("a"), source, progress=During(rewrite))
    (file,) = store.models.files(model).files
    assert (file.size, file.sha256) == (5 * MB, hashlib.sha256(b"b" * (5 * MB)).hexdigest())
    assert store.collect().files == 1  # the torn copy that was taken first
    assert store.verify() == []


def test_a_file_that_is_replaced_while_it_is_read_is_read_again(store: LocalStore, tmp_path: Path) -> None:
    source, fresh = tmp_path / "m.bin", tmp_path / "fresh"
    source.write_bytes(b"a" * (3 * MB))
    fresh.write_bytes(b"b" * MB)
    replace = During(lambda call: fresh.replace(source) and None if call == 1 else None)
    model = store.models.register(named("a"), source, progress=replace)
    assert store.models.files(model).files[0].sha256 == hashlib.sha256(b"b" * MB).hexdigest()


def test_a_file_that_is_only_touched_all_the_time_is_registered(store: LocalStore, tmp_path: Path) -> None:
    source = tmp_path / "m.bin"
    source.write_bytes(b"a" * (3 * MB))
    touch = During(lambda call: os.utime(source, ns=(call, call)))
    model = store.models.register(named("a"), source, progress=touch)
    assert store.models.files(model).files[0].sha256 == hashlib.sha256(b"a" * (3 * MB)).hexdigest()


def test_a_file_that_never_stands_still_is_refused(store: LocalStore, tmp_path: Path, blobs: Blobs) -> None:
    source = tmp_path / "log.txt"
    source.write_bytes(b"a" * (3 * MB))

    def append(call: int) -> None:
        with source.open("ab") as log:
            log.write(b"%d" % call)

    with pytest.raises(InvalidCallError, match="changes while it is read"):
        store.models.register(named("a"), source, progress=During(append))
    assert store.models.count() == 0
    store.collect()
    assert blobs() == []


def test_a_kernel_file_that_says_it_is_empty_is_read(store: LocalStore) -> None:
    model = store.models.register(named("a"), Path("/proc/version"))
    assert model.size == len(Path("/proc/version").read_bytes()) > 0


def test_a_file_that_goes_away_is_missing(store: LocalStore, folder: Path) -> None:
    remove = During(lambda call: (folder / "part" / "a.bin").unlink(missing_ok=True))
    with pytest.raises(MissingPathError, match="went away"):
        store.models.register(named("a"), folder, progress=remove)
    assert store.models.count() == 0


def test_a_pipe_that_takes_a_files_place_does_not_make_us_wait(store: LocalStore, folder: Path) -> None:
    def swap(call: int) -> None:
        if call == 1:
            (folder / "part" / "a.bin").unlink()
            os.mkfifo(folder / "part" / "a.bin")

    with pytest.raises(InvalidCallError, match="not a file any more"):
        store.models.register(named("a"), folder, progress=During(swap))


def test_progress_counts_every_byte_once(store: LocalStore, tmp_path: Path) -> None:
    source = tmp_path / "two"
    source.mkdir()
    (source / "a").write_bytes(os.urandom(3 * MB))
    (source / "b").write_bytes(os.urandom(2 * MB))
    seen: list[tuple[str, int, int]] = []

    class Seen(Silent):
        def advance(self, label: str, done: int, total: int) -> None:
            seen.append((label, done, total))

    store.models.register(named("net"), source, progress=Seen())
    assert seen[-1] == ("model `net`", 5 * MB, 5 * MB)
    assert [done for _, done, _ in seen] == sorted({done for _, done, _ in seen})


def test_many_small_files_arrive(store: LocalStore, tmp_path: Path, blobs: Blobs) -> None:
    source = tmp_path / "many"
    source.mkdir()
    for number in range(300):
        (source / f"{number}.txt").write_text(str(number % 150))
    model = store.models.register(named("a"), source)
    assert len(store.models.files(model).files) == 300
    assert len(blobs()) == 150
    assert store.verify() == []


def test_a_registration_that_is_interrupted_leaves_no_staging(
    store: LocalStore, home: Path, tmp_path: Path, blobs: Blobs
) -> None:
    source = tmp_path / "m.bin"
    source.write_bytes(os.urandom(4 * MB))

    def interrupt(call: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.models.register(named("a"), source, progress=During(interrupt))
    assert list((home / "workspaces/work/staging").iterdir()) == []
    assert (blobs(), store.models.count()) == ([], 0)


def test_threads_may_register_at_once(store: LocalStore, folder: Path) -> None:
    refs: list[str] = []
    threads = [
        threading.Thread(target=lambda: refs.append(store.models.register(named("a"), folder).ref)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(refs) == [f"a:{number}" for number in range(1, 9)]
