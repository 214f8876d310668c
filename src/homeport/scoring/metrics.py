"""What the server counts, in Prometheus' text format; one process, so plain dictionaries and lists."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from homeport.scoring.generation import Generation
from homeport.scoring.memory import resident
from homeport.scoring.messages import Answer
from homeport.scoring.pool import Pool

CONTENT_TYPE = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
# Seconds: a probe's microseconds to the reference's default deadline of minutes.
TIMES = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)

Labels = tuple[str | int, ...]


class Counter:
    """Only ever grows; one number for each combination of label values."""

    kind = "counter"

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        self.name, self.meaning, self._names = name, meaning, labels
        self._values: dict[Labels, float] = {}

    def add(self, *labels: str | int) -> None:
        values = self._values
        values[labels] = values.get(labels, 0) + 1

    def set(self, value: float, *labels: str | int) -> None:
        """Where something else counts, or what is shown can fall (`Gauge`)."""
        self._values[labels] = value

    def forget(self) -> None:
        """All label values; those that are set again afterwards are shown."""
        self._values.clear()

    def lines(self) -> Iterable[str]:
        for labels, value in self._values.items():
            yield f"{self.name}{braces(zip(self._names, labels, strict=True))} {shown(value)}"


class Gauge(Counter):
    """A value of this moment, set when somebody looks."""

    kind = "gauge"


class Histogram:
    """How values are spread; `bounds` are the upper ends of the buckets."""

    kind = "histogram"

    def __init__(self, name: str, meaning: str, bounds: Sequence[float] = TIMES) -> None:
        self.name, self.meaning, self._bounds = name, meaning, bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self) -> Iterable[str]:
        below = 0
        for bound, count in zip([*map(shown, self._bounds), "+Inf"], self._counts, strict=True):
            below += count
            yield f'{self.name}_bucket{{le="{bound}"}} {below}'
        yield f"{self.name}_sum {shown(self._sum)}"
        yield f"{self.name}_count {below}"


class Metrics:
    """Everything that `/metrics` shows; it lives as long as the server, across generations."""

    def __init__(self) -> None:
        self.requests = Counter("homeport_requests_total", "Requests answered.", ("route", "status"))
        self.errors = Counter("homeport_errors_total", "Scores that gave no result, by what happened.", ("kind",))
        self.queue = Histogram("homeport_queue_seconds", "Time that a score waited for a worker.")
        self.run = Histogram("homeport_run_seconds", "Time inside run().")
        self.encode = Histogram("homeport_encode_seconds", "Time to turn what run() returned into an answer's body.")
        self.total = Histogram("homeport_score_seconds", "Time from a whole request to its answer, inside the server.")
        self.batch = Histogram("homeport_batch_size", "Requests that one call of run() answered.", SIZES)
        self._restarts = Counter(
            "homeport_worker_restarts_total", "Workers that ended and were replaced.", ("generation",)
        )
        self._waiting = Gauge("homeport_queue_length", "Requests that wait for a worker.")
        self._generation = Gauge("homeport_generation", "The number of the generation that serves.")
        self._workers = Gauge("homeport_workers", "Workers that there should be.")
        self._ready = Gauge("homeport_workers_ready", "Workers that can serve, busy ones included.")
        self._memory = Gauge("homeport_resident_bytes", "Memory of a process, shared pages included.", ("role", "pid"))

    def render(self, generation: Generation | None) -> Answer:
        """What is true now, with the gauges of the generation that serves."""
        self._look_at(generation)
        text: list[str] = []
        for one in vars(self).values():
            text += [f"# HELP {one.name} {one.meaning}", f"# TYPE {one.name} {one.kind}", *one.lines()]
        return Answer(200, [CONTENT_TYPE], ("\n".join(text) + "\n").encode())

    def _look_at(self, generation: Generation | None) -> None:
        pool = generation.pool if generation is not None else None
        self._waiting.set(pool.waiting if pool is not None else 0)
        self._generation.set(generation.number if generation is not None else 0)
        self._workers.set(generation.launch.workers if generation is not None else 0)
        self._ready.set(pool.ready if pool is not None else 0)
        if generation is not None:
            self._restarts.set(generation.pool.restarts, generation.number)
        self._memory.forget()
        for role, pid in processes(pool):
            taken = resident(pid)
            if taken:
                self._memory.set(taken, role, pid)


def processes(pool: Pool | None) -> Iterable[tuple[str, int]]:
    """(role, process id) of everything that serves."""
    yield "server", os.getpid()
    if pool is not None:
        if pool.parent_pid is not None:
            yield "parent", pool.parent_pid
        yield from (("worker", worker["pid"]) for worker in pool.describe())


def braces(pairs: Iterable[tuple[str, str | int]]) -> str:
    """Label values of ours have nothing in them that needs escaping."""
    inside = ",".join(f'{name}="{value}"' for name, value in pairs)
    return f"{{{inside}}}" if inside else ""


def shown(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
