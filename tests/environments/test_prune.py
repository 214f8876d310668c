from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from homeport.domain.lock import Lock
from homeport.environments import build_environment, lock_environment
from homeport.environments.prune import built_size, freed, prune_environments
from tests.environments.conftest import Lines, definition_of
from tests.environments.wheels import make_wheel


@pytest.fixture
def two(shelf_options: tuple[str, str], tmp_path: Path) -> tuple[Path, Lock, Lock]:
    """A home with two built environments."""
    home = tmp_path / "home"
    locks = [lock_environment(definition_of(*shelf_options, name), progress=Lines()) for name in ("alpha", "beta")]
    for lock in locks:
        build_environment(lock, home, progress=Lines())
    return home, locks[0], locks[1]


def test_what_nobody_uses_goes_and_the_rest_says_who_keeps_it(two: tuple[Path, Lock, Lock]) -> None:
    home, first, second = two
    used = {first.hash: ["tiny:1 in workspace lab"]}
    found = {each.name: each for each in prune_environments(home, used, progress=Lines(), younger_than=0)}
    assert found[first.hash].kept_by == ("tiny:1 in workspace lab",)
    assert (found[second.hash].kept_by, found[second.hash].path.exists()) == ((), False)
    assert build_environment(first, home, progress=Lines()).lock == first.hash
    assert list((home / "environments" / ".staging").iterdir()) == []


def test_several_at_once_are_not_in_each_others_way(two: tuple[Path, Lock, Lock]) -> None:
    home = two[0]
    with ThreadPoolExecutor(4) as several:
        found = several.map(lambda _: prune_environments(home, {}, progress=Lines(), younger_than=0), range(4))
        assert sum(len(candidates) for candidates in found) >= 2
    assert not list((home / "environments").glob("[0-9a-f]*"))


def test_a_dry_run_removes_nothing_and_says_what_would_come_free(two: tuple[Path, Lock, Lock]) -> None:
    home, first, second = two
    found = prune_environments(home, {}, progress=Lines(), dry_run=True, younger_than=0)
    assert {each.name for each in found if not each.kept_by} == {first.hash, second.hash}
    assert 0 < freed(found) <= sum(each.size.total for each in found)
    assert all(each.path.is_dir() for each in found)


def test_what_was_built_just_now_stays(two: tuple[Path, Lock, Lock]) -> None:
    home, *_ = two
    assert all("min ago" in each.kept_by[0] for each in prune_environments(home, {}, progress=Lines()))


def test_what_was_found_built_just_now_stays(two: tuple[Path, Lock, Lock]) -> None:
    home, first, second = two
    for lock in (first, second):
        os.utime(home / "environments" / lock.hash, (0, 0))
    build_environment(first, home, progress=Lines())  # a deployment begins: nobody else knows of it yet
    found = {each.name: each for each in prune_environments(home, {}, progress=Lines())}
    assert (found[first.hash].path.exists(), found[second.hash].path.exists()) == (True, False)


def test_what_a_process_runs_in_stays(two: tuple[Path, Lock, Lock]) -> None:
    home, first, _ = two
    python = build_environment(first, home, progress=Lines()).interpreter
    with subprocess.Popen([str(python), "-c", "input()"], stdin=subprocess.PIPE) as running:
        found = {each.name: each for each in prune_environments(home, {}, progress=Lines(), younger_than=0)}
        assert found[first.hash].kept_by == (f"process {running.pid}",)
        running.communicate(b"\n")
    assert python.exists()


def test_the_rest_of_a_killed_build_goes(two: tuple[Path, Lock, Lock]) -> None:
    home, first, _ = two
    rest = home / "environments" / ".staging" / f"{first.hash}.abcdef"
    rest.mkdir()
    (rest / "half").write_text("x")
    assert "rest" in {each.kind for each in prune_environments(home, {}, progress=Lines())}
    assert not rest.exists()


def test_a_wheel_stays_as_long_as_a_lock_names_it(shelf_options: tuple[str, str], tmp_path: Path) -> None:
    home = tmp_path / "home"
    wheel = make_wheel(tmp_path / "mine", "own", "3.0")
    lock = lock_environment(definition_of(*shelf_options, str(wheel)), progress=Lines(), home=home)
    (kept,) = (home / "files").iterdir()
    prune_environments(home, {kept.name: ["the lock of tiny:1"]}, progress=Lines())
    assert kept.is_dir()
    build_environment(lock, home, progress=Lines())
    prune_environments(home, {lock.hash: ["a service"]}, progress=Lines())
    assert kept.is_dir()
    prune_environments(home, {}, progress=Lines(), younger_than=0)
    prune_environments(home, {}, progress=Lines(), younger_than=0)
    assert not kept.exists()


def test_files_are_links_into_the_package_cache_where_it_is_on_the_same_file_system(
    shelf_options: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    lock = lock_environment(definition_of(*shelf_options, "broad"), progress=Lines())
    folder = build_environment(lock, tmp_path / "home", progress=Lines()).folder
    assert folder is not None
    size = built_size(folder)
    assert size is not None
    assert size.linked > 1000 * len("number = 1\n") * 20
    assert size.own < size.total


def test_where_files_have_to_be_copied_it_is_said(
    shelf_options: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system")
    cache = other / f"homeport-test-{tmp_path.name}"
    monkeypatch.setenv("UV_CACHE_DIR", str(cache))
    told = Lines()
    try:
        lock = lock_environment(definition_of(*shelf_options, "beta"), progress=told)
        build_environment(lock, tmp_path / "home", progress=told)
    finally:
        subprocess.run(["rm", "-r", str(cache)], check=True)
    assert str(told).count("copied, not linked") == 1
