"""Real worker processes, spoken to over their socket pair as the scoring server does."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.worker import wire

MAIN = Path(wire.__file__).with_name("__main__.py")
MINORS = ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")


class Worker:
    """Our end of one worker."""

    def __init__(self, interpreter: Path | str, script: Path, variables: dict[str, str]) -> None:
        self.connection, theirs = socket.socketpair()
        self.connection.settimeout(60)
        with theirs:
            self.process = subprocess.Popen(
                [str(interpreter), str(MAIN), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                cwd=script.parent,
                env={**os.environ, **variables},
            )
        self.reader = wire.BlockingReader(self.connection)
        start = {"entry_script": str(script), "app_root": str(script.parent), "source_directory": None}
        wire.send_frames(self.connection, [(wire.START, json.dumps(start).encode())])
        kind, payload = self.frame()
        self.ready = kind == wire.READY
        self.about = json.loads(payload)

    def frame(self) -> tuple[int, bytes]:
        found = self.reader.read()
        assert found is not None, self.leave()
        return found[0], bytes(found[1])

    def score(self, body: bytes, **about: Any) -> tuple[dict[str, Any], bytes]:
        self.ask(body, **about)
        return self.answer()

    def value(self, body: bytes = b"", **about: Any) -> Any:
        answer, payload = self.score(body, **about)
        assert answer["outcome"] == "ok", answer
        return json.loads(payload)

    def ask(self, body: bytes = b"", **about: Any) -> None:
        """Send a request without waiting for its answer."""
        metadata = json.dumps({"method": "POST", "query": "", **about}).encode()
        wire.send_frames(self.connection, [(wire.SCORE, metadata), (wire.BODY, body)])

    def answer(self) -> tuple[dict[str, Any], bytes]:
        kind, payload = self.frame()
        if kind == wire.RESULT:
            ran, encoded = wire.TIMES.unpack_from(payload)
            return {"outcome": "ok", "ms": ran, "encode_ms": encoded}, payload[wire.TIMES.size :]
        return json.loads(payload), self.frame()[1]

    def chunks(self) -> tuple[list[bytes], str | None]:
        """The rest of a stream, and why it broke."""
        found: list[bytes] = []
        while (frame := self.frame())[0] == wire.CHUNK:
            found.append(frame[1])
        assert frame[0] == wire.END
        error: str | None = json.loads(frame[1])["error"]
        return found, error

    def leave(self) -> tuple[int, str, str]:
        """Close the socket; the exit status and both streams."""
        self.connection.close()
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out.decode(), err.decode()


Start = Callable[..., Worker]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    workers: list[Worker] = []

    def run(text: str, *, interpreter: Path | str = sys.executable, **variables: str) -> Worker:
        folder = tmp_path / "app"
        folder.mkdir(exist_ok=True)
        (folder / "score.py").write_text(text, encoding="utf-8")
        workers.append(Worker(interpreter, folder / "score.py", variables))
        return workers[-1]

    yield run
    for worker in workers:
        if worker.process.poll() is None:
            worker.leave()
