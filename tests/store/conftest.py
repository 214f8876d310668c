"""A workspace of the test's own, and the model files to put there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeport.domain.model import ModelDescription
from homeport.store import create_store
from homeport.store.local import LocalStore

Program = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def store(home: Path) -> Iterator[LocalStore]:
    """The empty workspace `work`."""
    store = create_store(home, "work")
    assert isinstance(store, LocalStore)
    yield store
    store.close()


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A model of one file."""
    path = tmp_path / "weights.bin"
    path.write_bytes(bytes(range(256)) * 40)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of several files, one of them hidden, two of them equal."""
    top = tmp_path / "net"
    (top / "part").mkdir(parents=True)
    (top / "config.json").write_text("{}")
    (top / ".hidden").write_text("kept")
    (top / "part" / "a.bin").write_bytes(b"a" * 3000)
    (top / "part" / "copy of a.bin").write_bytes(b"a" * 3000)
    return top


@pytest.fixture
def blobs(home: Path, store: LocalStore) -> Callable[[], list[Path]]:
    """The blobs that are on the disk now."""
    return lambda: sorted(path for path in (home / "workspaces/work/blobs").rglob("*") if path.is_file())


@pytest.fixture
def program() -> Iterator[Program]:
    """Start Python code as a process of its own; whatever still runs at the end of the test is ended."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *words: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def named(name: str, **said: object) -> ModelDescription:
    """A description with a name and what else is said."""
    return ModelDescription(name=name, **said)  # type: ignore[arg-type]
