"""Tries the whole zoo and says the score: `.venv/bin/python -m tests.zoo.score HOME [WORD ...]`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from homeport.domain.progress import Silent
from homeport.errors import HomeportError
from tests.zoo.serve import serve, zoo


def main(home: Path, words: list[str]) -> None:
    right = exact = 0
    tried = [kept for kept in zoo() if not words or any(word in kept.name for word in words)]
    for kept in tried:
        started = time.monotonic()
        try:
            served = serve(kept, home, Silent())
        except HomeportError as wrong:
            print(f"FAILS  {kept.name}: {wrong} {wrong.hint or ''}\n{getattr(wrong, 'detail', '')}", flush=True)
            continue
        right += served.difference <= 1e-6
        exact += served.difference == 0
        recorded = kept.record["packages"]
        names = {"sklearn": "scikit-learn", "PIL": "pillow"}
        others = [
            f"{name} {recorded[names.get(name, name)]} -> {version}"
            for name, version in served.versions.items()
            if recorded.get(names.get(name, name), version) != version
        ]
        mark = "ok    " if served.difference == 0 else ("near  " if served.difference <= 1e-6 else "WRONG ")
        print(
            f"{mark} {kept.name}: {served.difference:g} Python {kept.record['python']} -> {served.python}; "
            f"{', '.join(others) or 'same versions'}; {len(served.failures)} failed tries; "
            f"{time.monotonic() - started:.1f} s {served.said}",
            flush=True,
        )
        for failure in served.failures:
            print(f"         {failure.splitlines()[0][:300]}")
    print(f"{right} of {len(tried)} answer right, {exact} of them bit-equal")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
