"""What the registry costs: a large file registered, beside `sha256sum` and `cp` of it, and a page of a long list.

    python benchmarks/registry.py [--size MIB] [--rounds N] [--models N] [--folder DIR]

Each figure is a median; the file steps alternate within each round, and the disk is idle before each.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from homeport.domain.model import ModelFilter
from homeport.store import create_store, open_store
from homeport.store.local import LocalStore
from homeport.store.schema import model_files, model_marks, model_numbers, models

MIB = 1 << 20

# a process of its own, so that its peak memory is the registration's; it prints seconds and MiB
STEP = """
import json, resource, sys, time
from pathlib import Path
from homeport.domain.model import ModelDescription
from homeport.store import open_store

store = open_store(Path(sys.argv[1]), "work")
began = time.perf_counter()
if sys.argv[2] == "register":
    store.models.register(ModelDescription(name="big"), Path(sys.argv[3]))
else:
    store.models.download(store.models.get("big"), Path(sys.argv[3]))
seconds = time.perf_counter() - began
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1024, help="MiB of the file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=None, help="where to work; a temporary folder by default")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="homeport-bench-", dir=asked.folder))
    try:
        bench_bytes(folder, asked.size * MIB, asked.rounds)
        bench_list(folder, asked.models)
    finally:
        shutil.rmtree(folder)


def bench_bytes(folder: Path, size: int, rounds: int) -> None:
    big, small = folder / "big.bin", folder / "small.bin"
    write_random(big, size)
    write_random(small, 1000)
    home = folder / "home"
    create_store(home, "work").close()
    seconds: dict[str, list[float]] = {}
    memory: dict[str, list[float]] = {}

    def note(what: str, run: Callable[[], tuple[float, float]]) -> None:
        os.sync()
        taken, peak = run()
        seconds.setdefault(what, []).append(taken)
        memory.setdefault(what, []).append(peak)

    for _ in range(rounds):
        note("sha256sum", lambda: timed("sha256sum", big))
        note("cp", lambda: timed("cp", big, folder / "copy.bin"))
        (folder / "copy.bin").unlink()
        note("register", lambda: step(home, "register", big))
        note("register again, known", lambda: step(home, "register", big))
        note("download", lambda: step(home, "download", folder / "out"))
        shutil.rmtree(folder / "out")
        forget(home)
    note("register 1 kB", lambda: step(home, "register", small))

    median = {what: statistics.median(found) for what, found in seconds.items()}
    reference = median["sha256sum"] + median["cp"]
    print(f"{size // MIB} MiB, {rounds} rounds, medians; the reference is sha256sum + cp = {reference:.2f} s")
    for what, taken in median.items():
        ratio = "" if what == "register 1 kB" else f"{taken / reference:5.2f} of the reference"
        spread = f"({min(seconds[what]):.2f} to {max(seconds[what]):.2f})"
        peak = f"peak {max(memory[what]):.0f} MiB" if max(memory[what]) else ""
        print(f"  {what:<24}{taken:7.2f} s {spread:<18}{ratio:<26}{peak}")


def bench_list(folder: Path, total: int) -> None:
    home = folder / "list"
    store = create_store(home, "work")
    assert isinstance(store, LocalStore)
    fill(store, total)
    store.close()
    store = open_store(home, "work")
    assert isinstance(store, LocalStore)
    print(f"page one (50) of {total} models, through the store: first call, then the median of 20")
    for what, wanted in (
        ("all", ModelFilter()),
        ("latest", ModelFilter(latest=True)),
        ("one name", ModelFilter(name="model-7")),
        ("a tag that all have", ModelFilter(tags=(("area", "x"),))),
        ("a tag of one", ModelFilter(tags=(("n", 7),))),
        ("both tags", ModelFilter(tags=(("area", "x"), ("n", 7)))),
        ("a tag of all, latest", ModelFilter(tags=(("area", "x"),), latest=True)),
    ):
        first, *rest = (milliseconds(lambda: store.models.list(wanted, limit=50)) for _ in range(21))  # noqa: B023
        counting = milliseconds(lambda: store.models.count(wanted))  # noqa: B023
        print(f"  {what:<24}{first:7.1f} ms{statistics.median(rest):7.1f} ms   count {counting:5.1f} ms")
    store.close()


def fill(store: LocalStore, total: int) -> None:
    """`total` models in names of 100 versions each, straight into the tables."""
    names, now = total // 100, datetime.now(timezone.utc)
    row = {"size": 5, "digest": "0" * 64, "created": now, "updated": now, "created_by": "bench", "framework": "Custom"}
    with store._catalog.writing() as connection:
        counters = [{"name": f"model-{number}", "last_version": 100} for number in range(names)]
        connection.execute(insert(model_numbers), counters)
        for start in range(0, total, 10_000):
            numbers = range(start, min(total, start + 10_000))
            connection.execute(insert(models), [{**row, **model(number, names)} for number in numbers])
            connection.execute(insert(model_marks), [mark for number in numbers for mark in marks(number)])
            files = [{"model_id": n + 1, "path": "m.pkl", "size": 5, "sha256": "0" * 64} for n in numbers]
            connection.execute(insert(model_files), files)


def model(number: int, names: int) -> dict[str, Any]:
    version = number // names + 1
    tags = {"area": "x", "n": number}
    said = {"tags": tags, "properties": {}, "datasets": [], "latest": version == 100}
    return {"id": number + 1, "name": f"model-{number % names}", "version": version, **said}


def marks(number: int) -> Iterator[dict[str, Any]]:
    for kind, key, value in (("framework", "Custom", ""), ("tag", "area", "x"), ("tag", "n", str(number))):
        yield {"model_id": number + 1, "kind": kind, "key": key, "value": value}


def write_random(path: Path, size: int) -> None:
    with path.open("wb") as file:
        while size > 0:
            file.write(os.urandom(min(size, 16 * MIB)))
            size -= 16 * MIB


def forget(home: Path) -> None:
    """Make the bytes unknown again."""
    store = open_store(home, "work")
    for found in store.models.list():
        store.models.delete(found.name, found.version)
    store.collect()
    store.close()


def timed(*words: object) -> tuple[float, float]:
    began = time.perf_counter()
    subprocess.run([*map(str, words)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began, 0.0


def step(home: Path, what: str, path: Path) -> tuple[float, float]:
    words = [sys.executable, "-c", STEP, str(home), what, str(path)]
    seconds, peak = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return seconds, peak


def milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
