"""A process that builds the lock in a file: `python -m tests.environments.build_one LOCK HOME`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from homeport.domain.lock import Lock
from homeport.environments import build_environment


class Printed:
    def step(self, text: str) -> None:
        print(text, flush=True)

    def advance(self, label: str, done: int, total: int) -> None:
        return None


if __name__ == "__main__":
    lock = Lock.from_json(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print("begun", flush=True)
    print(build_environment(lock, Path(sys.argv[2]), progress=Printed()).interpreter)
