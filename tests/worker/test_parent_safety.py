from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.worker import parent_safety
from tests.conftest import need_interpreter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")


@pytest.fixture
def opened() -> Iterator[list[int]]:
    """Descriptors to be closed at the end."""
    found: list[int] = []
    yield found
    for fd in found:
        os.close(fd)


def reason(fd: int) -> str | None:
    return parent_safety.file_reason(fd, os.readlink(f"/proc/self/fd/{fd}"))  # type: ignore[no-any-return, no-untyped-call]


def test_files_that_are_only_read_and_folders_may_be_shared(opened: list[int], tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("x")
    opened += [
        os.open(tmp_path / "weights", os.O_RDONLY),
        os.open(tmp_path, os.O_RDONLY),
        os.open(os.devnull, os.O_RDWR),
    ]
    assert [reason(fd) for fd in opened] == [None, None, None]


@pytest.mark.parametrize("flags", [os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND])
def test_a_file_open_for_writing_may_not(opened: list[int], tmp_path: Path, flags: int) -> None:
    opened.append(os.open(tmp_path / "log", flags | os.O_CREAT))
    assert reason(opened[0]) == f"init() left `{tmp_path / 'log'}` open for writing"


def test_a_file_that_has_been_deleted_is_still_opened_again(opened: list[int], tmp_path: Path) -> None:
    (tmp_path / "gone").write_text("0123456789")
    opened.append(os.open(tmp_path / "gone", os.O_RDONLY))
    os.lseek(opened[0], 4, os.SEEK_SET)
    (tmp_path / "gone").unlink()
    assert reason(opened[0]) is None
    other = os.dup(opened[0])
    opened.append(other)
    parent_safety.own_position(opened[0])
    os.lseek(other, 9, os.SEEK_SET)
    assert os.read(opened[0], 2) == b"45"
    assert not os.get_inheritable(opened[0])


@pytest.mark.parametrize("device", ["/dev/nvidia0", "/dev/nvidiactl", "/dev/dri/renderD128", "/dev/kfd"])
def test_a_gpu_may_not(device: str) -> None:
    assert parent_safety.gpu([(9, device)]) == f"init() opened the GPU `{device}`"  # type: ignore[no-untyped-call]


def test_no_gpu_is_seen_where_there_is_none() -> None:
    assert parent_safety.gpu([]) is None  # type: ignore[no-untyped-call]


SHARED = """
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("safety", sys.argv[1])
safety = importlib.util.module_from_spec(spec)
spec.loader.exec_module(safety)
before = safety.open_files()
import tempfile, threading, subprocess
threading.Thread(target=str).start()
subprocess.run([sys.executable, "-c", ""])
open(__file__ if "__file__" in globals() else sys.argv[1]).read(1)
kept = open(sys.argv[1])
folder = tempfile.TemporaryDirectory()
print(safety.refusal(before))
if os.fork() == 0:
    safety.own_what_is_shared(before)
    del folder
    sys.exit(0)
os.wait()
print(os.path.isdir(folder.name))
kept.close()
"""


@pytest.mark.parametrize("minor", ["3.6", "3.8", "3.11", "3.13"])
def test_what_is_over_is_no_reason_and_a_temporary_folder_stays_the_parents(minor: str) -> None:
    words = [need_interpreter(minor), "-c", SHARED, parent_safety.__file__]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["None", "True"]
    assert "Deprecat" not in done.stderr
