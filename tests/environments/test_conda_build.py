from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.domain.lock import Lock
from homeport.environments import BuiltEnvironment, build_environment, lock_environment, read_conda_prefix
from homeport.environments.build import LOCK_FILE
from homeport.environments.verify import verify_environment
from homeport.environments.verify_files import read_contents
from homeport.errors import EnvironmentBuildError
from tests.conftest import count
from tests.environments.channel import CondaPackage, index, write_package
from tests.environments.closed_network import closed
from tests.environments.conda import HERE, conda_definition, python_says
from tests.environments.conftest import Lines

ROOT = Path(__file__).parents[2]
CODE = "import beta, ctypes, hello, sys; print(sys.prefix, hello.version, ctypes.CDLL(sys.argv[1]).twice(21))"


@pytest.fixture(autouse=True)
def no_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that goes on in the background would write into folders that these tests remove."""
    monkeypatch.setenv("HOMEPORT_BYTECODE", "never")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


def says_all_of_it(folder: Path) -> bool:
    said = python_says(folder / "bin" / "python", CODE, str(folder / "lib" / "libgreeting.so"))
    return said == f"{folder} 1.0 42"


def hashes(folder: Path) -> dict[str, str]:
    """Of every file that is no byte code."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts
    }


def test_a_python_a_library_and_a_noarch_package_are_built(conda_built: BuiltEnvironment) -> None:
    assert conda_built.folder is not None
    assert says_all_of_it(conda_built.folder)


def test_what_is_built_is_written_for_the_place_where_it_lies(conda_built: BuiltEnvironment) -> None:
    folder = conda_built.folder
    assert folder is not None
    for command in ("hello", "greet"):
        line = (folder / "bin" / command).read_text().splitlines()[0]
        assert line.startswith(f"#!{folder}/bin/python")
    assert subprocess.run([folder / "bin" / "hello"], capture_output=True, text=True).stdout == "hello 1.0\n"
    assert (folder / "lib" / "pkgconfig" / "greeting.pc").read_text() == f"prefix={folder}\n"
    code = "import ctypes, sys; f = ctypes.CDLL(sys.argv[1]).place; f.restype = ctypes.c_char_p; print(f().decode())"
    place = python_says(conda_built.interpreter, code, str(folder / "lib" / "libgreeting.so"))
    assert Path(place).read_text() == "hello\n"


def test_a_command_of_the_pip_section_starts_the_environments_own_python(
    channel: str, tmp_path: Path, shelf_options: tuple[str, str]
) -> None:
    shelf = tmp_path / "shelf"
    command_wheel(shelf)
    pip = ["--no-index", f"--find-links {shelf}", "spoken"]
    lock = lock_environment(conda_definition([channel], f"python={HERE}", "twofold", pip=pip), progress=Lines())
    folder = build_environment(lock, tmp_path / "home", progress=Lines()).folder
    assert folder is not None
    head = (folder / "bin" / "spoken").read_text().partition("import")[0]
    assert f"{folder}/bin/python" in head
    assert ".staging" not in head
    assert subprocess.run([folder / "bin" / "spoken"], capture_output=True, text=True).stdout == "said\n"
    assert verify_environment(folder).whole


def command_wheel(shelf: Path) -> None:
    import zipfile

    shelf.mkdir()
    info = "spoken-1.0.dist-info"
    with zipfile.ZipFile(shelf / "spoken-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("spoken.py", "def main():\n    print('said')\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: spoken\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", "[console_scripts]\nspoken = spoken:main\n")
        archive.writestr(f"{info}/RECORD", f"spoken.py,,\n{info}/RECORD,,\n")


def test_it_is_found_again_without_a_word(conda_lock: Lock, conda_built: BuiltEnvironment, conda_home: Path) -> None:
    told = Lines()
    assert build_environment(conda_lock, conda_home, progress=told) == conda_built
    assert told.lines == []


def test_verify_finds_it_whole(conda_built: BuiltEnvironment) -> None:
    assert conda_built.folder is not None
    found = verify_environment(conda_built.folder)
    assert found.whole, found


def test_one_copy_of_each_package_is_on_the_disk(conda_built: BuiltEnvironment, conda_cache: Path) -> None:
    assert conda_built.folder is not None
    greeting = conda_built.folder / "share" / "greeting.txt"
    assert greeting.stat().st_ino == (conda_cache / "pkgs/libgreeting-1.2-h0123456_0/share/greeting.txt").stat().st_ino


def test_a_rebuild_in_an_empty_home_with_an_empty_cache_has_the_same_files(
    conda_lock: Lock, conda_built: BuiltEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build_environment(conda_lock, tmp_path / "home", progress=Lines()).folder
    assert first is not None
    before = hashes(first)
    (tmp_path / "home").rename(tmp_path / "elsewhere")
    monkeypatch.setenv("HOMEPORT_CONDA_CACHE", str(tmp_path / "conda"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    lock = Lock.from_json(json.loads(json.dumps(conda_lock.to_json())))
    again = build_environment(lock, tmp_path / "home", progress=Lines()).folder
    assert again == first
    after = hashes(again)
    differing = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert {path for path in differing if not is_noted_by_uv(path)} == set()

    other_place = read_contents(conda_built.folder) if conda_built.folder else None
    contents = read_contents(again)
    assert contents is not None and other_place is not None
    assert contents.digest == other_place.digest


def is_noted_by_uv(path: str) -> bool:
    """When and where it found a wheel, and the lists of hashes that this note is in."""
    return path.rpartition("/")[2] in ("uv_cache.json", "RECORD", "homeport-files.json")


def test_one_that_was_moved_is_built_anew_but_not_one_with_another_name(conda_lock: Lock, tmp_path: Path) -> None:
    build_environment(conda_lock, tmp_path / "old", progress=Lines())
    (tmp_path / "alias").symlink_to(tmp_path / "old")
    told = Lines()
    build_environment(conda_lock, tmp_path / "alias", progress=told)
    assert told.lines == []
    (tmp_path / "old").rename(tmp_path / "new")
    folder = build_environment(conda_lock, tmp_path / "new", progress=told).folder
    assert folder is not None
    assert says_all_of_it(folder)
    assert "was moved" in str(told)


def test_its_own_records_say_what_was_asked_for(conda_built: BuiltEnvironment, channel: str) -> None:
    found = read_conda_prefix(str(conda_built.folder))
    assert found is not None
    assert found["channels"] == [channel]
    version = ".".join(map(str, sys.version_info[:3]))
    assert found["dependencies"] == [
        "hello=1.0",
        "libgreeting=1.2",
        f"python={python_version(conda_built, version)}",
        {"pip": ["alpha==1.0", "beta==1.0"]},
    ]


def test_its_own_records_are_locked_to_the_very_same(
    conda_built: BuiltEnvironment, conda_lock: Lock, shelf_options: tuple[str, str]
) -> None:
    found = read_conda_prefix(str(conda_built.folder))
    assert found is not None
    *entries, section = found["dependencies"]
    again = conda_definition(found["channels"], *entries, pip=[*shelf_options, *section["pip"]])
    assert lock_environment(again, progress=Lines()).hash == conda_lock.hash


def python_version(built: BuiltEnvironment, otherwise: str) -> str:
    return python_says(built.interpreter, "import platform; print(platform.python_version())") or otherwise


def test_a_damaged_package_is_refused_by_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEPORT_CONDA_CACHE", str(tmp_path / "cache"))
    place = tmp_path / "own"
    note = CondaPackage(name="note", version="1.0", files={"share/note.txt": b"one\n"})
    path = write_package(place, note)
    write_package(place, CondaPackage(name="python", version="3.9.1", files={"bin/python": b""}))
    lock = lock_environment(conda_definition([index(place)], "python", "note"), progress=Lines())
    write_package(place, replace(note, files={"share/note.txt": b"two\n"}))
    with pytest.raises(EnvironmentBuildError) as caught:
        build_environment(lock, tmp_path / "home", progress=Lines())
    assert "hash" in caught.value.message
    assert caught.value.hint and "damaged or replaced" in caught.value.hint
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(EnvironmentBuildError):
        build_environment(lock, tmp_path / "home", progress=Lines())
    assert not (tmp_path / "home" / "environments" / lock.hash).exists()


def test_with_the_network_closed_it_is_locked_built_and_run(
    channel: str, shelf_options: tuple[str, str], tmp_path: Path
) -> None:
    definition = conda_definition([channel], f"python={HERE}", "libgreeting", "hello=1.0", pip=[*shelf_options, "beta"])
    (tmp_path / "definition.json").write_text(json.dumps(definition.document))
    words = [sys.executable, "-m", "tests.environments.build_one", "--definition"]
    words = closed(*words, str(tmp_path / "definition.json"), str(tmp_path / "home"))
    variables = {**os.environ, "HOMEPORT_CONDA_CACHE": str(tmp_path / "conda"), "UV_CACHE_DIR": str(tmp_path / "uv")}
    done = subprocess.run(words, cwd=ROOT, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert says_all_of_it(Path(done.stdout.splitlines()[-1]).parents[1])


def test_without_the_network_it_comes_from_the_cache(
    conda_lock: Lock, conda_built: BuiltEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = build_environment(conda_lock, tmp_path / "home", progress=Lines(), offline=True).folder
    assert folder is not None
    assert says_all_of_it(folder)
    monkeypatch.setenv("HOMEPORT_CONDA_CACHE", str(tmp_path / "empty"))
    with pytest.raises(EnvironmentBuildError, match="not on this machine"):
        build_environment(conda_lock, tmp_path / "other", progress=Lines(), offline=True)


def start_build(lock_file: Path, home: Path, cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.environments.build_one", str(lock_file), str(home)],
        cwd=ROOT,
        env={**os.environ, "HOMEPORT_CONDA_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.soak
def test_a_killed_build_is_never_taken_for_a_whole_one(conda_lock: Lock, tmp_path: Path) -> None:
    home, lock_file = tmp_path / "home", tmp_path / "lock.json"
    lock_file.write_text(json.dumps(conda_lock.to_json()))
    finished = home / "environments" / conda_lock.hash
    for turn in range(count(3, 50)):
        cache = tmp_path / f"cache{turn % 3}"
        if turn % 3 == 0:
            shutil.rmtree(cache, ignore_errors=True)  # so that downloads and unpacking are interrupted too
        building = start_build(lock_file, home, cache)
        assert building.stdout is not None
        assert building.stdout.readline() == "begun\n"
        time.sleep(random.Random(turn).uniform(0, 2.5))  # the moment of death: nothing is waited for
        if turn % 2:
            os.killpg(building.pid, signal.SIGKILL)
        else:
            building.kill()
        building.communicate()
        if finished.exists():
            assert (finished / LOCK_FILE).is_file()
            assert says_all_of_it(finished)
            shutil.rmtree(finished)
        if turn % 5 == 0 or turn % 3 == 2:
            done = start_build(lock_file, home, cache)
            assert done.communicate(timeout=120)[0].splitlines()[-1] == str(finished / "bin" / "python")
            assert says_all_of_it(finished)
            assert verify_environment(finished).whole
            shutil.rmtree(finished)
    assert build_environment(conda_lock, home, progress=Lines()).folder == finished
    assert says_all_of_it(finished)


def test_builds_at_the_same_time_share_one_cache_and_one_folder(conda_lock: Lock, tmp_path: Path) -> None:
    lock_file = tmp_path / "lock.json"
    lock_file.write_text(json.dumps(conda_lock.to_json()))
    homes = [tmp_path / name for name in ("one", "one", "two")]
    running = [start_build(lock_file, home, tmp_path / "cache") for home in homes]
    said = [process.communicate(timeout=200)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert sum("is ready" in text for text in said) == 2
    for home in set(homes):
        assert says_all_of_it(home / "environments" / conda_lock.hash)
