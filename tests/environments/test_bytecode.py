from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest

from homeport.domain.lock import Lock
from homeport.environments import build_environment
from homeport.environments.bytecode import WHEN
from homeport.environments.verify import verify_environment
from tests.environments.conftest import Lines

PYC = "lib/python3*/site-packages/beta/__pycache__/*.pyc"


@pytest.fixture(params=["now", "later", "never"])
def when(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(WHEN, request.param)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # is meant for the user's own folders
    return str(request.param)


def test_modules_are_compiled_when_it_was_said(when: str, tiny_lock: Lock, tmp_path: Path) -> None:
    folder = build_environment(tiny_lock, tmp_path / "home", progress=Lines()).folder
    assert folder is not None
    if when == "later":
        until = time.monotonic() + 60
        while running_in(folder) or not list(folder.glob(PYC)):
            assert time.monotonic() < until, "nothing was compiled"
            os.sched_yield()
    assert bool(list(folder.glob(PYC))) == (when != "never")
    assert verify_environment(folder).whole


def running_in(folder: Path) -> list[int]:
    found = psutil.process_iter(["cmdline"])
    return [each.pid for each in found if any(str(folder) in word for word in each.info["cmdline"] or ())]
