"""Many processes at once, some of them killed: the promises of the registry under real load."""

from __future__ import annotations

import hashlib
import random
import subprocess
from pathlib import Path

import pytest

from homeport.domain.model import ModelFilter
from homeport.store.local import LocalStore
from tests.conftest import count
from tests.store.conftest import Program

REGISTER = """
import os, sys
from pathlib import Path
from homeport.domain.model import ModelDescription
from homeport.store import open_store

home, scratch, times, size = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
scratch.mkdir()
store = open_store(home, "work")
print("begun", flush=True)
for number in range(times):
    source = scratch / f"model{number}"
    source.mkdir()
    (source / "own.bin").write_bytes(os.urandom(size))
    (source / "shared.bin").write_bytes(b"the same in all of them" * 1000)
    model = store.models.register(ModelDescription(name="net", tags={"by": os.getpid()}), source)
    print(model.version, flush=True)
"""


def begun(process: subprocess.Popen[str]) -> subprocess.Popen[str]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line == "begun\n", process.communicate()[1]
    return process


@pytest.mark.soak
def test_registrations_at_once_never_share_or_skip_a_number(
    store: LocalStore, home: Path, tmp_path: Path, program: Program
) -> None:
    processes, each = count(4, 8), count(6, 25)
    running = [program(REGISTER, home, tmp_path / f"scratch{number}", each, 20_000) for number in range(processes)]
    seen: list[int] = []
    for process in running:
        out, wrong = process.communicate()
        assert process.returncode == 0, wrong
        seen += [int(line) for line in out.split()[1:]]
    assert sorted(seen) == list(range(1, processes * each + 1))
    assert [model.version for model in store.models.list(ModelFilter(name="net"))] == sorted(seen, reverse=True)
    assert store.verify() == []


@pytest.mark.soak
def test_registrations_killed_at_random_moments_are_whole_or_invisible(
    store: LocalStore, home: Path, tmp_path: Path, program: Program
) -> None:
    chance = random.Random(20261122)
    waves = count(2, 25)
    for wave in range(waves):
        running = [
            begun(program(REGISTER, home, tmp_path / f"scratch{wave}-{number}", 1000, 2_000_000)) for number in range(4)
        ]
        for process in running:
            try:  # not a wait for anything: a moment that nobody chose
                process.wait(chance.uniform(0, 0.25))
            except subprocess.TimeoutExpired:
                process.kill()
            process.communicate()
            assert process.returncode == -9
    check_whole(store, tmp_path)


@pytest.mark.soak
def test_collections_during_registrations_take_nothing_that_is_needed(
    store: LocalStore, home: Path, tmp_path: Path, program: Program
) -> None:
    each = count(8, 60)
    running = [program(REGISTER, home, tmp_path / f"scratch{number}", each, 300_000) for number in range(3)]
    collected = 0
    while any(process.poll() is None for process in running):
        for model in store.models.list(ModelFilter(name="net"), limit=3, offset=1):
            store.models.delete(model.name, model.version)
        collected += store.collect().files
    assert [process.communicate()[1] for process in running] == [""] * 3
    assert collected
    assert store.models.get("net").version <= 3 * each
    check_whole(store, tmp_path)


def check_whole(store: LocalStore, tmp_path: Path) -> None:
    """Nothing is wrong, every visible model downloads as it was registered, and what nobody uses can go."""
    assert store.verify() == []
    models = store.models.list()
    for model in models:
        target = tmp_path / "out" / str(model.version)
        files = store.models.files(model).files
        assert [file.path.partition("/")[2] for file in files] == ["own.bin", "shared.bin"]
        for path, file in zip(store.models.download(model, target), files, strict=True):
            assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
    store.collect()
    assert store.verify() == []
    work = tmp_path / "home/workspaces/work"
    assert list((work / "staging").iterdir()) == []
    assert len([path for path in (work / "blobs").rglob("*") if path.is_file()]) == (len(models) + 1 if models else 0)
