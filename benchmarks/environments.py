"""What an environment costs through Homeport, beside `uv pip install` of the same lock by hand.

    python benchmarks/environments.py [--rounds N] [--python X.Y] [--as-of DATE] [--package LINE ...] [--json]

Cold builds alternate, each with an empty cache of its own; the first of each pair changes from round to round. By hand
is `uv venv` and `uv pip install --no-deps --require-hashes` of the lock's requirements file with the same interpreter.
Neither compiles modules in that time: uv leaves it to Python, and Homeport does it afterwards. `--compiled` lets both
compile before they are done.
Then: a rebuild with a warm cache, and what a deployment spends on an environment that is built.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from uv import find_uv_bin

from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.json import JsonObject
from homeport.domain.lock import Lock
from homeport.domain.progress import Silent
from homeport.environments import (
    build_environment,
    find_interpreter,
    lock_environment,
    locked_requirements,
    ready_environment,
)
from homeport.environments.bytecode import WHEN
from homeport.environments.cache import size_of
from homeport.environments.pip_settings import uv_settings

TUTORIAL = ("scikit-learn==0.22.1", "azureml-defaults")


class Kept:
    """A lock that is kept already."""

    def __init__(self, lock: Lock) -> None:
        self._document = lock.to_json()

    def get(self, platform: str) -> JsonObject | None:
        return self._document

    def keep(self, platform: str, lock: JsonObject) -> None:
        raise AssertionError("it has a lock")


def by_hand(lock: Lock, folder: Path, compiled: bool) -> None:
    """What a person would type, with what pip was told."""
    python = find_interpreter(lock.python.version)
    (folder / "requirements.txt").write_text(locked_requirements(lock) or "")
    words = [find_uv_bin(), "-q", "pip", "install", "--python", "venv/bin/python", "--no-deps"]
    words += ["--require-hashes"]
    words += ["--compile-bytecode"] if compiled else []
    variables = {**os.environ, **uv_settings(os.environ)}
    subprocess.run([find_uv_bin(), "-q", "venv", "-p", str(python.path), "venv"], cwd=folder, env=variables, check=True)
    subprocess.run([*words, "-r", "requirements.txt"], cwd=folder, env=variables, check=True)


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def cpu_seconds() -> float:
    """Of this process and all that it has waited for: says more than the clock does where others are at work."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def cold(lock: Lock, scratch: Path, rounds: int, compiled: bool) -> dict[str, list[float]]:
    """Seconds of each, alternating."""
    both = ("by hand", "homeport")
    seconds: dict[str, list[float]] = {f"{who}{kind}": [] for who in both for kind in ("", " cpu")}
    for number in range(rounds):
        for who in sorted(both, reverse=bool(number % 2)):
            folder = scratch / f"{number}-{who.replace(' ', '-')}"
            folder.mkdir()
            os.environ["UV_CACHE_DIR"] = str(folder / "cache")
            work: Callable[[], object]
            if who == "homeport":
                work = partial(build_environment, lock, folder / "home", progress=Silent())
            else:
                work = partial(by_hand, lock, folder, compiled)
            before = cpu_seconds()
            seconds[who].append(timed(work))
            seconds[f"{who} cpu"].append(cpu_seconds() - before)
            shutil.rmtree(folder)
            os.sync()
    return seconds


def warm(definition: EnvironmentDefinition, lock: Lock, scratch: Path, rounds: int) -> dict[str, list[float]]:
    """Rebuilds from a full cache, and what `deploy` spends on what is built."""
    seconds: dict[str, list[float]] = {"rebuild": [], "found": []}
    os.environ["UV_CACHE_DIR"] = str(scratch / "cache")
    home = scratch / "home"
    folder = build_environment(lock, home, progress=Silent()).folder
    assert folder is not None
    size = size_of(folder)
    for _ in range(rounds):
        shutil.rmtree(folder)
        seconds["rebuild"].append(timed(lambda: build_environment(lock, home, progress=Silent())))
        seconds["found"].append(timed(lambda: ready_environment(definition, home, Kept(lock), progress=Silent())))
    seconds["megabytes"] = [size.total / 1e6]
    seconds["linked megabytes"] = [size.linked / 1e6]
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", default="3.7")
    parser.add_argument("--as-of", default="2020-03-01")
    parser.add_argument("--package", action="append", dest="packages")
    parser.add_argument("--compiled", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    spec = {"dependencies": [f"python={given.python}", {"pip": given.packages or list(TUTORIAL)}]}
    document: dict[str, Any] = {"name": "tutorial", "python": {"condaDependencies": spec}, "asOf": given.as_of or None}
    definition = EnvironmentDefinition.from_json(document)
    os.environ[WHEN] = "now" if given.compiled else "never"  # a compiler of the last round would disturb the next
    lock = lock_environment(definition, progress=Silent())
    with tempfile.TemporaryDirectory(prefix="homeport-benchmark-") as name:
        runs = cold(lock, Path(name), given.rounds, given.compiled)
        runs |= warm(definition, lock, Path(name), given.rounds)
    medians = {who: statistics.median(values) for who, values in runs.items()}
    ratios = [ours / theirs for ours, theirs in zip(runs["homeport"], runs["by hand"], strict=True)]
    medians["cpu ratio"] = medians["homeport cpu"] / medians["by hand cpu"]
    medians["ratio"] = medians["homeport"] / medians["by hand"]
    if given.json:
        json.dump({"medians": medians, "runs": runs, "ratios": ratios, "load": os.getloadavg()}, sys.stdout)
        return
    what = f"{len(lock.packages)} packages, {medians['megabytes']:.0f} MB for Python {lock.python.version}"
    print(f"{what}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    seconds = f"Homeport {medians['homeport']:.2f} s, by hand {medians['by hand']:.2f} s"
    print(f"cold build    {seconds}: {medians['ratio']:.2f} times")
    print(f"              by round {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
    print(f"              processor time {medians['cpu ratio']:.2f} times")
    print(f"warm rebuild  {medians['rebuild']:.2f} s; {medians['linked megabytes']:.0f} MB are links into the cache")
    print(f"found built   {medians['found'] * 1000:.1f} ms")


if __name__ == "__main__":
    main()
