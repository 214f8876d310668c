"""How the zoo fares where its environments are chosen without thinking: `python -m tests.zoo.naive HOME [WORD ...]`.

Three ways: the newest of everything on the newest Python here; the right Python and the newest of everything; the right
Python, the recorded version, and the newest of everything else.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from packaging.requirements import Requirement

from homeport.domain.progress import Silent
from homeport.domain.proposal import Proposal
from homeport.environments.releases import KnownReleases
from homeport.errors import HomeportError
from homeport.inspection import inspect_model
from homeport.inspection.proposals import propose
from tests.zoo.serve import Kept, serve_with, zoo

NEWEST_PYTHON = "3.13"


def ways(kept: Kept, releases: KnownReleases) -> dict[str, Proposal]:
    best = replace(propose(inspect_model(kept.path), releases=releases)[0], as_of=None)
    lines = [line for line in best.packages if not line.startswith("-")]
    names = tuple(Requirement(line).name.replace("tensorflow-cpu", "tensorflow") for line in lines)
    right = ".".join(kept.record["python"].split(".")[:2])
    return {
        "newest of everything": replace(best, python=NEWEST_PYTHON, packages=names),
        "right Python, newest packages": replace(best, python=right, packages=names),
        "right Python, recorded pins only": replace(best, python=right, packages=tuple(lines)),
    }


def main(home: Path, words: list[str]) -> None:
    tried = [kept for kept in zoo() if not words or any(word in kept.name for word in words)]
    right: Counter[str] = Counter()
    for kept in tried:
        for way, proposal in ways(kept, KnownReleases(home)).items():
            try:
                difference = serve_with(kept, home, proposal, Silent())
            except HomeportError as wrong:
                print(f"{kept.name}: {way}: {wrong}", flush=True)
                continue
            right[way] += difference <= 1e-6
            print(f"{kept.name}: {way}: {difference:g}", flush=True)
    for way in right:
        print(f"{way}: {right[way]} of {len(tried)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
