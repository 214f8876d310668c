from __future__ import annotations

from pathlib import Path

import pytest

from homeport.runtimes.logs import CHUNK, LogFollower, read_tail


def test_the_last_lines_come_from_as_many_files_as_it_takes(tmp_path: Path) -> None:
    (tmp_path / "host.log.10").write_text("1\n2\n")
    (tmp_path / "host.log.2").write_text("3\n")
    (tmp_path / "host.log.1").write_text("4\n5\n")
    (tmp_path / "host.log").write_text("6\n7\n")
    (tmp_path / "host.log.lock").write_text("no log\n")
    assert read_tail(tmp_path, 1) == "7\n"
    assert read_tail(tmp_path, 3) == "5\n6\n7\n"
    assert read_tail(tmp_path, 100) == "1\n2\n3\n4\n5\n6\n7\n"
    assert read_tail(tmp_path, 0) == read_tail(tmp_path, -1) == ""


def test_no_log_is_no_text(tmp_path: Path) -> None:
    assert read_tail(tmp_path, 10) == ""


@pytest.mark.parametrize("length", [1, CHUNK - 1, CHUNK, CHUNK + 1])
def test_long_logs_are_read_from_their_end(tmp_path: Path, length: int) -> None:
    (tmp_path / "host.log").write_text("x" * length + "\n" + "é" * CHUNK + "\nlast")
    assert read_tail(tmp_path, 2) == "é" * CHUNK + "\nlast\n"
    assert read_tail(tmp_path, 9) == "x" * length + "\n" + "é" * CHUNK + "\nlast\n"


def test_bytes_that_are_no_text_do_not_hide_the_rest(tmp_path: Path) -> None:
    (tmp_path / "host.log").write_bytes(b"\xff\nfine\n")
    assert read_tail(tmp_path, 9) == "\N{REPLACEMENT CHARACTER}\nfine\n"


def test_a_follower_hands_on_whole_lines_once(tmp_path: Path) -> None:
    lines: list[str] = []
    log = tmp_path / "host.log"
    follower = LogFollower(tmp_path, lines.append, from_start=True)
    follower.read()
    log.write_text("one\ntw")
    follower.read()
    assert lines == ["one"]
    with log.open("a") as file:
        file.write("o\n")
    follower.read()
    follower.read()
    assert lines == ["one", "two"]


def test_a_follower_may_leave_out_what_was_there_and_survives_a_rotation(tmp_path: Path) -> None:
    lines: list[str] = []
    log = tmp_path / "host.log"
    log.write_text("old and long\n")
    follower = LogFollower(tmp_path, lines.append, from_start=False)
    follower.read()
    log.rename(tmp_path / "host.log.1")
    log.write_text("new\n")
    follower.read()
    assert lines == ["new"]
