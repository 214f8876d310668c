"""Serve one scikit-learn script on Homeport and on its peers, ask them in turns, and print who answers how much.

    python benchmarks/scoring.py --cache FOLDER [--rounds 5] [--seconds 5] [--workers 2] [--only NAME ...]

Each peer is installed by `uv` into an environment of its own below FOLDER, byte code compiled, scikit-learn of one
version everywhere. In every round each contender is started, warmed, and asked by `wrk` over 8 keep-alive connections
for a few seconds, one after the other, so that what else the machine does hits all of them alike; ratios are taken
within a round, and the table gives their medians. `in one loop` and `in N loops` call run() with no server at all.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from peers import PEERS
from peers.peer import Peer, Row, Start

ENTRY = Path(__file__).parent / "scoring_entry" / "score.py"
SCIKIT = ("scikit-learn==1.5.2", "numpy<2")  # what every peer's own requirements still allow
PYTHON = "3.11"
CONNECTIONS = 8
START_PATIENCE = 120.0

OURS = Peer(
    name="Homeport",
    requirements=(),
    command=lambda start: [
        str(Path(sys.executable).with_name("homeport")),
        *("serve", "score.py", "--python", str(start.bin / "python"), "--port", str(start.port)),
        *("--workers", str(start.workers)),
    ],
)

LOOP = """
import sys, time
import score
score.init()
text = open(sys.argv[1]).read()
for _ in range(200):
    score.run(text)
took, used, until = [], time.process_time(), time.perf_counter() + float(sys.argv[2])
while time.perf_counter() < until:
    began = time.perf_counter()
    score.run(text)
    took.append(time.perf_counter() - began)
took.sort()
print(len(took) / float(sys.argv[2]), took[len(took) // 2], (time.process_time() - used) / len(took))
"""


def install(peer: Peer, cache: Path) -> Path:
    """The `bin` of the peer's environment; made once."""
    folder = cache / re.sub(r"\W+", "-", peer.name.lower())
    whole = folder / "installed"
    wanted = "\n".join([*peer.requirements, *SCIKIT])
    if not whole.exists() or whole.read_text() != wanted:
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "-q", "--clear", "--seed", "--python", PYTHON, folder], check=True)
        python = folder / "bin" / "python"
        words = [uv, "pip", "install", "-q", "--compile-bytecode", "--python", python, *peer.requirements, *SCIKIT]
        subprocess.run(words, check=True)
        whole.write_text(wanted)
    return folder / "bin"


def prepare(peer: Peer, cache: Path, row: Row) -> Path:
    """A working folder with the script, the peer's files, and the request for wrk."""
    folder = cache / "run" / re.sub(r"\W+", "-", peer.name.lower())
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ENTRY, folder / "score.py")
    for name, text in peer.files.items():
        (folder / name).write_text(text)
    (folder / "body.json").write_text(peer.body(row))
    (folder / "post.lua").write_text(
        'wrk.method = "POST"\n'
        f'wrk.body = io.open("{folder}/body.json"):read("*a")\n'
        'wrk.headers["Content-Type"] = "application/json"\n'
    )
    return folder


def free_port() -> int:
    """With two more behind it, which some servers want; below those that the system gives to clients."""
    while True:
        port = random.randrange(20_000, 30_000)
        with contextlib.suppress(OSError), contextlib.ExitStack() as probes:
            for number in range(port, port + 3):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", number))
            return port


@contextlib.contextmanager
def served(peer: Peer, programs: Path, folder: Path, workers: int) -> Iterator[tuple[str, int]]:
    """Start it in a session of its own, wait until it answers, end the session; gives its address and process id."""
    port = free_port()
    start = Start(bin=programs, folder=folder, port=port, workers=workers)
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    variables |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(folder), **peer.environment}
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            peer.command(start), cwd=folder, env=variables, stdout=log, stderr=log, start_new_session=True
        )
        try:
            wait_for(f"http://127.0.0.1:{port}{peer.ready}", process)
            yield f"http://127.0.0.1:{port}{peer.path}", process.pid
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"it ended with status {process.returncode}: see the server.log")
        with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(url, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise SystemExit(f"no answer on {url} in {START_PATIENCE:g} s")


def check(url: str, folder: Path) -> None:
    """One answer has to be right before any is counted: it holds ten probabilities."""
    asked = urllib.request.Request(url, (folder / "body.json").read_bytes(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        found = json.load(answer)
    numbers = list(numbers_in(found))
    if len([number for number in numbers if 0 <= number <= 1]) < 10:
        raise SystemExit(f"{url} answered something else: {str(found)[:200]}")


def numbers_in(value: object) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from numbers_in(item)
    elif isinstance(value, float):
        yield value


def ask(url: str, folder: Path, seconds: float) -> dict[str, float]:
    """What wrk says: requests a second, and latencies in ms."""
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "--latency", "-s", str(folder / "post.lua"), url]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        print(f"  errors from {url}: {said.strip().splitlines()[-3:]}", file=sys.stderr)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]
    unit = {"us": 1e-3, "ms": 1.0, "s": 1e3}
    found = {name: re.search(rf"{name}%\s+([\d.]+)(us|ms|s)", said) for name in ("50", "99")}
    return {"rate": rate, **{name: float(m[1]) * unit[m[2]] for name, m in found.items() if m}}


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Of every depth."""
    direct = [
        int(word) for task in Path(f"/proc/{pid}/task").iterdir() for word in (task / "children").read_text().split()
    ]
    return direct + [deeper for child in direct for deeper in children(child)]


def loops(programs: Path, folder: Path, count: int, seconds: float) -> dict[str, float]:
    """run() called in `count` processes at once, with no server: the limit."""
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    words = [programs / "python", "-c", LOOP, folder / "body.json", str(seconds)]
    running = [
        subprocess.Popen(words, cwd=folder, env=variables, stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    said = [process.communicate()[0].split() for process in running]
    rates, runs, used = zip(*[map(float, words) for words in said], strict=True)
    return {"rate": sum(rates), "50": statistics.median(runs) * 1e3, "cpu": statistics.median(used) * 1e6}


def one_round(contenders: list[tuple[Peer, Path, Path]], told: argparse.Namespace) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    _, programs, folder = contenders[0]
    found["run() in one loop"] = loops(programs, folder, 1, told.seconds)
    found[f"run() in {told.workers} loops"] = loops(programs, folder, told.workers, told.seconds)
    for peer, programs, folder in contenders:
        with served(peer, programs, folder, told.workers) as (url, pid):
            check(url, folder)
            ask(url, folder, 2)
            before, workers = cpu_seconds(pid), [(child, cpu_seconds(child)) for child in children(pid)]
            found[peer.name] = ask(url, folder, told.seconds)
            if peer is OURS:
                answered = found[peer.name]["rate"] * told.seconds
                found[peer.name]["server"] = (cpu_seconds(pid) - before) / answered * 1e6
                found[peer.name]["workers"] = sum(cpu_seconds(child) - was for child, was in workers) / answered * 1e6
        print(f"  {peer.name}: {found[peer.name]['rate']:.0f}/s", file=sys.stderr)
    return found


def table(rounds: list[dict[str, dict[str, float]]]) -> str:
    lines = ["| contender | requests/s | Homeport is ahead by | p50 ms | p99 ms |", "|---|---|---|---|---|"]
    names = sorted(rounds[0], key=lambda name: -statistics.median(one[name]["rate"] for one in rounds))
    for name in names:
        rate = statistics.median(one[name]["rate"] for one in rounds)
        ratio = statistics.median(one[OURS.name]["rate"] / one[name]["rate"] for one in rounds)
        latencies = [statistics.median(one[name].get(which, float("nan")) for one in rounds) for which in ("50", "99")]
        shown = [f"{value:.2f}" if value == value else "" for value in latencies]
        lines.append(f"| {name} | {rate:.0f} | {ratio:.2f} | {' | '.join(shown)} |")
    several = next(name for name in rounds[0] if name.endswith(" loops"))
    cpu = {which: statistics.median(one[OURS.name][which] for one in rounds) for which in ("server", "workers")}
    cpu[several] = statistics.median(one[several]["cpu"] for one in rounds)
    lines += [f"\nCPU per request, {which}: {value:.0f} µs" for which, value in cpu.items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="where environments are kept")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[], help="names of peers, or parts of them")
    told = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("this needs wrk (apt-get install wrk)")
    cache = told.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    numbers = random.Random(1)
    row = [round(numbers.random(), 4) for _ in range(784)]
    wanted = [peer for peer in PEERS if not told.only or any(part.lower() in peer.name.lower() for part in told.only)]
    contenders = [(peer, install(peer, cache), prepare(peer, cache, row)) for peer in (OURS, *wanted)]
    subprocess.run([sys.executable, "-m", "compileall", "-q", Path(__file__).parents[1] / "src"], check=True)
    rounds = []
    for number in range(told.rounds):
        print(f"round {number + 1} of {told.rounds}", file=sys.stderr)
        rounds.append(one_round(contenders, told))
    print(table(rounds))


if __name__ == "__main__":
    main()
