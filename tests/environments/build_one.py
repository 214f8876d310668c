"""A process that builds: `python -m tests.environments.build_one LOCK HOME`, or `--definition FILE HOME`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.lock import Lock
from homeport.environments import build_environment, lock_environment


class Printed:
    def step(self, text: str) -> None:
        print(text, flush=True)

    def advance(self, label: str, done: int, total: int) -> None:
        return None


if __name__ == "__main__":
    *form, file, home = sys.argv[1:]
    document = json.loads(Path(file).read_text(encoding="utf-8"))
    if form:
        lock = lock_environment(EnvironmentDefinition.from_json(document), progress=Printed())
    else:
        lock = Lock.from_json(document)
    print("begun", flush=True)
    print(build_environment(lock, Path(home), progress=Printed()).interpreter)
