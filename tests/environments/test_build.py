from __future__ import annotations

import contextlib
import json
import random
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from homeport.domain.lock import Lock
from homeport.environments import BuiltEnvironment, build_environment, lock_environment
from homeport.environments.build import LOCK_FILE
from homeport.environments.verify import verify_environment
from homeport.errors import EnvironmentBuildError
from tests.conftest import count
from tests.environments.conftest import Lines, definition_of
from tests.environments.wheels import index_of, make_wheel

ROOT = Path(__file__).parents[2]


def python_says(interpreter: Path, code: str) -> str:
    done = subprocess.run([str(interpreter), "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def start_build(lock_file: Path, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.environments.build_one", str(lock_file), str(home)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def lock_file(tmp_path: Path, shelf_options: tuple[str, str]) -> Path:
    """A lock whose build takes long enough to be interrupted."""
    lock = lock_environment(definition_of(*shelf_options, "broad", "beta"), progress=Lines())
    path = tmp_path / "lock.json"
    path.write_text(json.dumps(lock.to_json()), encoding="utf-8")
    return path


def test_what_is_locked_is_what_is_installed(tiny: BuiltEnvironment) -> None:
    assert python_says(tiny.interpreter, "import alpha, beta; print(alpha.version, beta.version)") == "1.0 1.0"
    assert tiny.folder is not None
    assert tiny.interpreter == tiny.folder / "bin" / "python"


def test_the_lock_lies_in_the_folder_that_it_names(tiny: BuiltEnvironment, tiny_lock: Lock) -> None:
    assert tiny.folder is not None
    kept = Lock.from_json(json.loads((tiny.folder / LOCK_FILE).read_text(encoding="utf-8")))
    assert (kept, tiny.folder.name) == (tiny_lock, tiny_lock.hash)


def test_a_built_environment_is_found_without_running_anything(
    tiny: BuiltEnvironment, tiny_lock: Lock, built_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    told = Lines()
    assert build_environment(tiny_lock, built_home, progress=told) == tiny
    assert told.lines == []


def test_a_changed_file_is_refused_by_its_hash(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    shutil.copytree(shelf, own)
    lock = lock_environment(definition_of("--no-index", f"--find-links {own}", "beta"), progress=Lines())
    make_wheel(own, "beta", "1.0", body="import os; os.abort()")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))  # the cache has the right one
    with pytest.raises(EnvironmentBuildError, match="beta"):
        build_environment(lock, tmp_path / "home", progress=Lines())
    assert not (tmp_path / "home" / "environments" / lock.hash).exists()


@pytest.fixture
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """uv has nothing, and pip was told nothing."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")


def beta_of(interpreter: Path) -> str:
    return python_says(interpreter, "import beta; print(beta.version)")


def test_files_that_moved_are_found_by_hash_where_the_user_says(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_cache: None
) -> None:
    gone = tmp_path / "gone"
    shutil.copytree(shelf, gone)
    lock = lock_environment(definition_of("--no-index", f"--find-links {gone}", "beta"), progress=Lines())
    shutil.rmtree(gone)
    monkeypatch.setenv("UV_FIND_LINKS", str(shelf))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    built = build_environment(replace(lock, options=()), tmp_path / "home", progress=Lines())
    assert beta_of(built.interpreter) == "1.0"


def test_files_that_the_index_lost_are_asked_for_where_they_were(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_cache: None
) -> None:
    lock = lock_environment(definition_of("--no-index", f"--find-links {shelf}", "beta"), progress=Lines())
    monkeypatch.setenv("UV_NO_INDEX", "1")
    told = Lines()
    built = build_environment(replace(lock, options=()), tmp_path / "home", progress=told)
    assert beta_of(built.interpreter) == "1.0"
    assert "where they were at locking" in str(told)


def test_what_was_installed_once_is_installed_again_without_the_index(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_cache: None
) -> None:
    with index_of(shelf) as url:
        lock = lock_environment(definition_of(f"--index-url {url}", "beta"), progress=Lines())
        build_environment(lock, tmp_path / "one", progress=Lines())
    told = Lines()
    built = build_environment(lock, tmp_path / "two", progress=told)
    assert beta_of(built.interpreter) == "1.0"
    assert "already on this machine" in str(told)


def test_a_rebuild_downloads_nothing(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_cache: None
) -> None:
    seen: list[str] = []
    with index_of(shelf, seen) as url:
        lock = lock_environment(definition_of(f"--index-url {url}", "beta"), progress=Lines())
        build_environment(lock, tmp_path / "one", progress=Lines())
        assert any(path.startswith("/files/beta-1.0") for path in seen)
        seen.clear()
        build_environment(lock, tmp_path / "two", progress=Lines())
    assert [path for path in seen if path.startswith("/files/")] == []


def test_an_environment_whose_interpreter_is_gone_is_built_anew(tiny_lock: Lock, tmp_path: Path) -> None:
    first = build_environment(tiny_lock, tmp_path, progress=Lines())
    first.interpreter.unlink()
    first.interpreter.symlink_to("/nowhere/python")
    told = Lines()
    second = build_environment(tiny_lock, tmp_path, progress=told)
    assert python_says(second.interpreter, "import beta; print(beta.version)") == "1.0"
    assert "is gone" in str(told)


def test_an_environment_can_be_moved_with_its_home(tiny_lock: Lock, tmp_path: Path) -> None:
    build_environment(tiny_lock, tmp_path / "old", progress=Lines())
    (tmp_path / "old").rename(tmp_path / "new")
    found = build_environment(tiny_lock, tmp_path / "new", progress=Lines())
    assert python_says(found.interpreter, "import beta; print(beta.version)") == "1.0"


def test_a_lock_of_another_platform_is_not_built(tiny_lock: Lock, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentBuildError, match="win-amd64"):
        build_environment(replace(tiny_lock, platform="win-amd64"), tmp_path, progress=Lines())


def test_two_processes_share_one_build(lock_file: Path, tmp_path: Path) -> None:
    both = [start_build(lock_file, tmp_path / "home") for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert said[0].splitlines()[-1] == said[1].splitlines()[-1]
    assert sum("is ready" in text for text in said) == 1
    assert sum("waiting for it" in text for text in said) <= 1


@pytest.mark.soak
def test_eight_processes_build_the_same_and_different_environments_at_once(
    shelf_options: tuple[str, str], tmp_path: Path, fresh_cache: None
) -> None:
    locks = []
    for number, wanted in enumerate((("broad",), ("beta",), ("alpha",), ("broad", "beta"))):
        lock = lock_environment(definition_of(*shelf_options, *wanted), progress=Lines())
        locks.append(tmp_path / f"{number}.json")
        locks[-1].write_text(json.dumps(lock.to_json()), encoding="utf-8")
    for turn in range(count(1, 5)):
        home = tmp_path / f"home-{turn}"
        builds = [start_build(lock, home) for lock in (*locks, *locks)]
        said = [process.communicate(timeout=240)[0] for process in builds]
        assert [process.returncode for process in builds] == [0] * 8, said
        assert sum("is ready" in text for text in said) == 4
        for lock, text in zip(locks, said, strict=False):
            folder = Path(text.splitlines()[-1]).parents[1]
            assert folder.name == json.loads(lock.read_text())["hash"]
            assert verify_environment(folder).whole


@pytest.mark.soak
def test_a_killed_build_is_never_taken_for_a_whole_one(lock_file: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    lock = Lock.from_json(json.loads(lock_file.read_text(encoding="utf-8")))
    for turn in range(count(5, 50)):
        building = start_build(lock_file, home)
        assert building.stdout is not None
        assert building.stdout.readline() == "begun\n"
        time.sleep(random.Random(turn).uniform(0, 0.7))  # the moment of death: nothing is waited for
        if turn % 2:
            kill_all(building)
        else:
            building.kill()  # its uv lives on, and goes on writing
        building.communicate()
        finished = home / "environments" / lock.hash
        if finished.exists():
            assert (finished / LOCK_FILE).is_file()
            assert verify_environment(finished).whole
            assert python_says(finished / "bin" / "python", "import beta, broad.part1499; print(1)") == "1"
            wait_for_orphans(home)
            shutil.rmtree(finished)
    wait_for_orphans(home)
    built = build_environment(lock, home, progress=Lines())
    assert python_says(built.interpreter, "import beta, broad.part1499; print(beta.version)") == "1.0"
    assert list((home / "environments" / ".staging").iterdir()) == []


def kill_all(building: subprocess.Popen[str]) -> None:
    """With its uv, and what that has started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in (*psutil.Process(building.pid).children(recursive=True), building):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def wait_for_orphans(home: Path) -> None:
    """uv processes of killed builds come to their end by themselves."""
    for process in psutil.process_iter(["cmdline"]):
        if any(str(home) in word for word in process.info["cmdline"] or ()):
            process.wait(60)
