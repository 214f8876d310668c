"""Constant load from keep-alive connections; every answer counts, and so does every failure."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

CONNECTIONS = 8


@dataclass
class Load:
    """What came back so far: answers by their `word`, and what failed in which way."""

    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def more(self, number: int) -> None:
        """Wait for so many more answers, or for a failure."""
        with self.changed:
            wanted = self.answers.total() + number
            assert self.changed.wait_for(lambda: self.answers.total() >= wanted or self.failures, timeout=120)

    def add(self, word: str) -> None:
        with self.changed:
            self.answers[word] += 1
            self.changed.notify_all()

    def fail(self, how: str) -> None:
        with self.changed:
            self.failures.append(how)
            self.changed.notify_all()


@contextmanager
def load(port: Callable[[], int]) -> Iterator[Load]:
    """Score on 8 connections until the block ends; one that the server closed after an answer is opened again."""
    seen, end = Load(), threading.Event()
    threads = [threading.Thread(target=_score_until, args=(end, port, seen)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        end.set()
        for thread in threads:
            thread.join()


def _score_until(end: threading.Event, port: Callable[[], int], seen: Load) -> None:
    connection: http.client.HTTPConnection | None = None
    while not end.is_set():
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", port(), timeout=60)
        try:
            connection.request("POST", "/score", body=b"x")
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as wrong:
            seen.fail(repr(wrong))
            connection.close()
            connection = None
            continue
        if answer.status == 200:
            seen.add(json.loads(body)["word"])
        else:
            seen.fail(f"{answer.status} {body[:200]!r}")
        if answer.will_close:
            connection.close()
            connection = None
    if connection is not None:
        connection.close()
