from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from homeport.errors import UnavailableError, WorkspaceNotFoundError
from homeport.store.locks import BytesLock
from tests.store.conftest import Program

HOLD = """
import sys
from pathlib import Path
from homeport.store.locks import BytesLock
with BytesLock(Path(sys.argv[1])).shared():
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """A folder with lock files."""
    BytesLock.prepare(tmp_path)
    return tmp_path


def nothing() -> None:
    return None


def test_many_hold_it_shared_and_one_holds_it_alone(locked: Path) -> None:
    lock = BytesLock(locked, patience=0.1)
    with lock.shared(), lock.shared():
        with lock.alone_now() as alone:
            assert not alone
        with pytest.raises(UnavailableError, match="under way"), lock.alone(nothing):
            pass
    with lock.alone(nothing), lock.alone_now() as alone:
        assert not alone
    with lock.alone_now() as alone:
        assert alone


def test_another_process_counts_and_its_death_lets_go(locked: Path, program: Program) -> None:
    holder = program(HOLD, locked)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(UnavailableError), BytesLock(locked, patience=0.1).alone(nothing):
        pass
    holder.kill()
    with BytesLock(locked, patience=30).alone(nothing):
        pass


def test_a_stream_of_registrations_does_not_keep_a_collection_out(locked: Path) -> None:
    over = threading.Event()

    def register_for_ever() -> None:
        while not over.is_set():
            with BytesLock(locked).shared():
                over.wait(0.02)

    threads = [threading.Thread(target=register_for_ever) for _ in range(6)]
    for thread in threads:
        thread.start()
    try:
        with BytesLock(locked, patience=30).alone(nothing):
            pass
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_one_that_waits_says_so_once(locked: Path, program: Program) -> None:
    holder = program(HOLD, locked)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    said: list[str] = []

    def waiting() -> None:
        said.append("waiting")
        holder.communicate("\n")

    with BytesLock(locked, patience=60).alone(waiting):
        pass
    assert said == ["waiting"]


def test_a_forked_child_does_not_keep_the_lock(locked: Path) -> None:
    reader, writer = os.pipe()
    with BytesLock(locked).shared():
        child = os.fork()
        if child == 0:  # holds every open file of ours until it is told to go
            os.close(writer)
            os.read(reader, 1)
            os._exit(0)
    try:
        with BytesLock(locked).alone_now() as alone:
            assert alone
    finally:
        os.close(writer)
        os.waitpid(child, 0)
        os.close(reader)


def test_a_workspace_that_is_gone_is_not_locked(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceNotFoundError), BytesLock(tmp_path / "gone").shared():
        pass
