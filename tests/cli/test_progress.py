from __future__ import annotations

import os
import pty
import subprocess
import sys

LONG_WORK = """
from homeport.cli.progress import ScreenProgress
with ScreenProgress(bar_after=0) as progress:
    progress.step("copying")
    progress.advance("big.bin", 0, 1000)
    progress.advance("big.bin", 500, 1000)
    progress.step("done")
"""
QUICK_WORK = """
import sys
from homeport.cli.progress import ScreenProgress
with ScreenProgress() as progress:
    for done in range(1000):
        progress.advance("big.bin", done, 1000)
assert "rich" not in sys.modules
"""


def on_a_terminal(code: str) -> bytes:
    """What a program's stderr shows on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", code], stderr=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait(30) == 0
    return shown


def test_long_work_shows_a_bar_on_a_terminal() -> None:
    shown = on_a_terminal(LONG_WORK)
    assert b"copying" in shown
    assert b"big.bin" in shown
    assert b"50%" in shown
    assert b"done" in shown


def test_quick_work_shows_no_bar_and_pays_for_none() -> None:
    assert on_a_terminal(QUICK_WORK) == b""


def test_elsewhere_there_are_only_lines() -> None:
    done = subprocess.run([sys.executable, "-c", LONG_WORK], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "copying\ndone\n")
