"""Asks the conda engine's process; its steps are passed on, its failures are `CondaError`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from homeport.domain.progress import Progress
from homeport.environments.conda_channels import without_secrets
from homeport.environments.conda_settings import CondaSettings, conda_cache


class CondaError(Exception):
    """The engine could not; `kind` is rattler's own name for it, `text` its words without credentials."""

    def __init__(self, kind: str, text: str, known: Mapping[str, Sequence[str]] = {}) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.text = text
        self.known = known  # versions that there are, by the name that was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class CondaQuestion:
    """What the process is asked to do, beside what the settings say."""

    do: str  # "solve", "install"
    subdir: str
    more: Mapping[str, object]


def ask(question: CondaQuestion, settings: CondaSettings, progress: Progress) -> Mapping[str, Any]:
    """The answer. Raises CondaError."""
    document = {
        "do": question.do,
        "subdir": question.subdir,
        "cache": str(conda_cache()),
        "verify_tls": settings.verify_tls,
        **question.more,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "homeport.environments.conda_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, **settings.variables},
    ) as running:
        assert running.stdin is not None
        try:
            running.stdin.write(json.dumps(document) + "\n")
            running.stdin.flush()  # and left open: its end is ours
            answer = _listen(running, progress)
        except BaseException:
            running.kill()  # Ctrl-C: nothing of ours goes on in the background
            raise
        finally:
            running.stdin.close()
    return answer


def _listen(running: subprocess.Popen[str], progress: Progress) -> Mapping[str, Any]:
    assert running.stdout is not None and running.stderr is not None
    for line in running.stdout:
        said = json.loads(line)
        if "step" in said:
            progress.step(said["step"])
        elif "failed" in said:
            failed = said["failed"]
            raise CondaError(failed["kind"], without_secrets(failed["text"]), failed["known"])
        else:
            return cast("Mapping[str, Any]", said["answer"])
    words = running.stderr.read().strip().splitlines()
    raise CondaError("ended", without_secrets(words[-1] if words else "the engine ended without a word"))
