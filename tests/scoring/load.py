"""Constant load over keep-alive connections: every request is counted, nothing is tried twice."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

CONNECTIONS = 8


@dataclass
class Load:
    """What the clients saw: answers by status and by what they said; the errors; how often a client had to connect."""

    statuses: Counter[int] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    connects: int = 0
    messages: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self, port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while not self._stop.is_set():
            if connection.sock is None:
                self.connects += 1
            try:
                connection.request("POST", "/score", "x")
                response = connection.getresponse()
                value = json.loads(response.read())
            except (OSError, http.client.HTTPException, ValueError) as wrong:
                self.errors.append(repr(wrong))
                connection.close()
                continue
            self.statuses[response.status] += 1
            if response.status == 200:
                self.words[str(value)] += 1
            else:
                self.messages.append(value["message"])
        connection.close()

    @property
    def answered(self) -> int:
        return sum(self.statuses.values())


@contextmanager
def load(port: int, connections: int = CONNECTIONS) -> Iterator[Load]:
    """Clients that ask without pause until the block ends."""
    seen = Load()
    clients = [threading.Thread(target=seen.run, args=(port,)) for _ in range(connections)]
    for client in clients:
        client.start()
    try:
        yield seen
    finally:
        seen._stop.set()
        for client in clients:
            client.join(60)
