from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from homeport.scoring.stacks import Stacks, stacks_in
from homeport.worker import stacks as worker_stacks


def test_a_process_that_was_told_nothing_is_not_signalled_and_says_nothing() -> None:
    found = Stacks()
    assert asyncio.run(found.ask(1)) == ""
    found.words()
    assert asyncio.run(found.ask(1)) == ""
    found.close()


def test_a_registered_process_says_where_it_is_and_lives_on() -> None:
    found = Stacks()
    told = found.words()
    code = (
        "import importlib.util, sys, time\n"
        f"spec = importlib.util.spec_from_file_location('stacks', {worker_stacks.__file__!r})\n"
        "stacks = importlib.util.module_from_spec(spec); spec.loader.exec_module(stacks)\n"
        f"stacks.register({told!r})\n"
        "def here():\n    print('ready', flush=True)\n    sys.stdin.read()\n"
        "here()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    assert "in here" in asyncio.run(found.ask(process.pid))
    process.stdin.close()
    assert process.wait(30) == 0
    process.stdout.close()
    folder = Path(str(told["folder"]))
    found.forget(process.pid)
    assert list(folder.iterdir()) == []
    found.close()
    assert not folder.exists()


def test_a_crashs_stacks_are_found_among_the_last_lines() -> None:
    lines = ["said", "Fatal Python error: Segmentation fault", "", "Current thread 0x1 (most recent call first):"]
    assert stacks_in(lines).splitlines() == lines[1:]
    assert stacks_in(["said"]) == ""
