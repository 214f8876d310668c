"""A small constant load on a service, which counts what becomes of each request."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType

CONNECTIONS = 2
PAUSE = 0.01  # seconds between an answer and the next request of a connection
PATIENCE = 30.0  # seconds for an answer


@dataclass
class Load:
    """Sends `body` over kept-alive connections as long as the context lasts."""

    port: int
    body: bytes
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0  # seconds
    _ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Load:
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()
        self.wait_for(CONNECTIONS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.wait_for(10 * CONNECTIONS)
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        """Until `more` requests have been dealt with, well or not."""
        until = time.monotonic() + PATIENCE
        wanted = self.answered + len(self.failures) + more
        while self.answered + len(self.failures) < wanted and time.monotonic() < until:
            time.sleep(PAUSE)

    def _send(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        while not self._ended.is_set():
            began = time.perf_counter()
            problem = self._ask(connection)
            with self._lock:
                self.slowest = max(self.slowest, time.perf_counter() - began)
                if problem is None:
                    self.answered += 1
                else:
                    self.failures.append(problem)
            time.sleep(PAUSE)
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> str | None:
        """What went wrong, or None."""
        try:
            connection.request("POST", "/score", self.body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as wrong:
            connection.close()
            return f"{type(wrong).__name__}: {wrong}"
        return None if answer.status == 200 else f"{answer.status}: {content[:200].decode('utf-8', 'replace')}"
