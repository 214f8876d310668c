"""How workers end, in words, and how they are made to."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping
from typing import Any

from homeport.scoring.faults import StartError


def failed_start(failure: Mapping[str, Any]) -> StartError:
    """What FAILED says: the kind by the stage, the traceback, then what is in the model folder."""
    message = {
        "import": "the entry script could not be imported",
        "signature": "the entry script cannot be served",
        "init": "init() raised",
    }[failure["stage"]]
    listing = failure["listing"]
    detail = failure["traceback"] + (f"\nAZUREML_MODEL_DIR:\n{listing}" if listing else "")
    kind = "init_failed" if failure["stage"] == "init" else f"script_{failure['stage']}"
    return StartError(kind, f"{message}: {failure['error']}", hint=None, detail=detail)


def fate_of(returncode: int | None) -> str:
    if returncode is None:
        return "it ended, and nobody was left to say how"
    if returncode >= 0:
        return f"it exited with status {returncode}"
    try:
        return f"it was killed by {signal.Signals(-returncode).name}"
    except ValueError:
        return f"it was killed by signal {-returncode}"


def kill_group(pid: int) -> None:
    """The worker and what it started: a worker leads a session of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
