from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from homeport.cli.output import ago, print_facts, print_json, print_table, shown
from homeport.domain.sizes import byte_size

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (63_683, "63.7 kB"), (5e12, "5000.0 GB")]
)
def test_sizes_are_in_powers_of_1000(size: float, text: str) -> None:
    assert byte_size(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (86400 * 8 + 5, "8 d")]
)
def test_ages_are_in_one_unit(seconds: float, text: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), now=NOW) == text


def test_times_in_json_are_iso_8601(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"at": NOW, "path": Path("a"), "name": "é"})
    assert json.loads(capsys.readouterr().out) == {"at": "2026-03-01T12:00:00+00:00", "path": "a", "name": "é"}


def test_an_empty_table_is_chat(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("A",), [], empty="nothing")
    assert capsys.readouterr() == ("", "nothing\n")


def test_columns_are_as_wide_as_their_widest_cell(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("A", "B"), [("long cell", 1), (None, 22)], empty="")
    assert capsys.readouterr().out == "A          B\nlong cell  1\n           22\n"


def test_facts_without_a_value_have_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts([("name", "iris"), ("description", None), ("files", ["a", "b"]), ("tags", [])])
    assert capsys.readouterr().out == "name   iris\nfiles  a\n       b\n"


def test_the_shorter_path_is_shown(project: Path) -> None:
    assert shown(project / "a" / "b") == "a/b"
    assert shown(Path("/etc")) == "/etc"


ASK = "from homeport.cli.output import confirm; from homeport.cli.edge import run_command; import sys\n"
ASK += "sys.exit(run_command(lambda: confirm('Delete it?', yes=False)))"


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("n", 130)])
def test_a_question_is_asked_on_a_terminal(answer: str, status: int) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", ASK], stdin=theirs, stderr=subprocess.PIPE)
    os.write(ours, f"{answer}\n".encode())
    _, said = process.communicate(timeout=30)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == status
    assert said.startswith(b"Delete it? [y/N]: ")


def test_without_a_terminal_nothing_is_asked() -> None:
    done = subprocess.run([sys.executable, "-c", ASK], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "error: delete it? There is no terminal to ask on.\n\nhint: say `--yes` to go ahead\n"
