"""What one init() for all workers saves: memory over a large model, and the time until a killed worker is replaced.

    python benchmarks/forking.py [--size MIB] [--workers N] [--rounds N] [--python PATH]

Memory is the proportional set size of all processes below the server, idle after each worker has answered, and of the
server itself beside it. A replacement's time is from the kill of the only worker to the first answer after it. Each
figure is a median of the rounds, which alternate between both ways.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from homeport.domain.launch import Launch, ServerSpec
from homeport.domain.serving import ServingOptions

WAYS = ("auto", "never")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
TRIVIAL = """
import os

def init():
    pass

def run(data):
    return os.getpid()
"""
LARGE = """
import os
import numpy

def init():
    global model
    model = [numpy.random.random(1 << 17) for _ in range(%d)]  # 1 MiB each

def run(data):
    used = model if data == "all" else model[:1]
    return os.getpid() if sum(float(part.sum()) for part in used) else None
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=200, help="MiB of the model")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--python", default=sys.executable, help="the model's interpreter, which has numpy")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="homeport-bench-") as folder:
        large = write(Path(folder) / "large", LARGE % asked.size)
        trivial = write(Path(folder) / "trivial", TRIVIAL)
        bench_memory(asked.python, large, asked.workers, asked.size)
        bench_replacement(asked.python, {"trivial": trivial, f"{asked.size} MiB": large}, asked.rounds)
        bench_trivial(asked.python, trivial, asked.rounds)


def bench_memory(python: str, script: Path, workers: int, size: int) -> None:
    one = memory(python, script, 1, "never")[0]
    print(f"PSS over a model of {size} MiB, server not counted:")
    print(f"  1 worker               {one:7.0f} MB")
    for way in WAYS:
        total = memory(python, script, workers, way)[0]
        print(f"  {workers} workers, {way:<10} {total:7.0f} MB  {total / one:5.2f} times one worker's")


def bench_replacement(python: str, scripts: dict[str, Path], rounds: int) -> None:
    print("\nFrom the kill of the only worker to the first answer after it:")
    for name, script in scripts.items():
        for way in WAYS:
            with serving(python, script, 1, way) as server:
                found = [replaced(server) for _ in range(rounds)]
            print(f"  {name:<10} {way:<6} median {statistics.median(found):7.1f} ms  slowest {max(found):7.1f} ms")


def bench_trivial(python: str, script: Path, rounds: int) -> None:
    print("\nA trivial script with one worker, from the start of the server to the first 200, and idle:")
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    sizes: dict[str, tuple[float, float, float]] = {}
    for _ in range(rounds):
        for way in WAYS:
            began = time.perf_counter()
            with serving(python, script, 1, way) as server:
                seconds[way].append(time.perf_counter() - began)
                server.spread(1)
                sizes[way] = (server.below(), server.alone(), server.resident())
    for way in WAYS:
        below, alone, resident = sizes[way]
        print(
            f"  {way:<6} {statistics.median(seconds[way]):5.2f} s   PSS {below + alone:4.0f} MB "
            f"(server {alone:.0f}, rest {below:.0f})   RSS {resident:4.0f} MB"
        )


def memory(python: str, script: Path, workers: int, way: str) -> tuple[float, float]:
    """MB of all that is below the server, and of the server."""
    with serving(python, script, workers, way) as server:
        server.spread(workers)
        return server.below(), server.alone()


class Server:
    """One running scoring server."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    def ask(self) -> int | None:
        """The pid of the worker that answered; None for anything but a 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", "/score", "x")
            response = connection.getresponse()
            body = response.read()
            return int(json.loads(body)) if response.status == 200 else None
        finally:
            connection.close()

    def ready(self) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/readyz")
            return json.loads(connection.getresponse().read())  # type: ignore[no-any-return]
        finally:
            connection.close()

    def spread(self, workers: int) -> None:
        """Until every worker has answered a request for which it reads its whole model."""
        seen: set[int | None] = set()
        while len(seen) < workers:
            connections = [http.client.HTTPConnection("127.0.0.1", self.port, timeout=60) for _ in range(2 * workers)]
            for connection in connections:
                connection.request("POST", "/score", "all")
            seen.update(int(json.loads(connection.getresponse().read())) for connection in connections)
            for connection in connections:
                connection.close()

    def below(self) -> float:
        found = psutil.Process(self.process.pid).children(recursive=True)
        return sum(process.memory_full_info().pss for process in found) / 1e6

    def alone(self) -> float:
        return float(psutil.Process(self.process.pid).memory_full_info().pss) / 1e6

    def resident(self) -> float:
        mine = psutil.Process(self.process.pid)
        return sum(process.memory_info().rss for process in [mine, *mine.children(recursive=True)]) / 1e6


def replaced(server: Server) -> float:
    """Milliseconds from the kill to the first answer of another worker."""
    victim = server.ask()
    assert victim is not None
    began = time.perf_counter()
    os.kill(victim, signal.SIGKILL)
    while server.ask() in (None, victim):
        pass
    took = (time.perf_counter() - began) * 1000
    while server.ready()["ready"] < 1:
        time.sleep(0.01)
    return took


@contextmanager
def serving(python: str, script: Path, workers: int, way: str) -> Iterator[Server]:
    """A server that is ready, whose libraries have one thread: with one worker too, so that it may be forked."""
    options = ServingOptions(share_model="auto" if way == "auto" else "never")
    variables = {**ONE_THREAD, "PYTHONWARNINGS": "ignore"}
    folder = str(script.parent)
    launch = Launch(
        interpreter=python,
        entry_script=str(script),
        app_root=folder,
        variables=variables,
        workers=workers,
        options=options,
    )
    message = script.with_name("spec.json")
    message.write_text(json.dumps(ServerSpec(launch=launch, port=0).to_json()))
    ready, ready_end = os.pipe()
    with message.open("rb") as source:
        words = ["-m", "homeport.scoring", "--spec-fd", str(source.fileno()), "--ready-fd", str(ready_end)]
        process = subprocess.Popen(
            [sys.executable, *words],
            pass_fds=(source.fileno(), ready_end),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    os.close(ready_end)
    try:
        with os.fdopen(ready, "rb") as line:
            server = Server(process, json.loads(line.readline())["port"])
        while server.ready().get("ready", 0) < workers:
            time.sleep(0.005)
        yield server
    finally:
        process.terminate()
        process.wait()


def write(folder: Path, text: str) -> Path:
    folder.mkdir()
    path = folder / "score.py"
    path.write_text(text)
    return path


if __name__ == "__main__":
    main()
