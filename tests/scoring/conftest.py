"""Real scoring servers: started as processes on port 0, read by their ready line, ended by their own id."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from homeport.domain.launch import Launch, ServerSpec
from homeport.domain.serving import ServingOptions

ECHO = """
def init():
    pass

def run(data):
    return {"data": data}
"""
PATIENCE = 30.0


def until(true: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Poll until `true()` is; its value."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not come true in time")


@dataclass
class Running:
    """One server process, and what it has said so far."""

    process: subprocess.Popen[bytes]
    folder: Path
    control: Path | None
    port: int
    said: list[str] = field(default_factory=list)
    listeners: list[threading.Thread] = field(default_factory=list)

    def listen(self) -> None:
        for stream in (self.process.stdout, self.process.stderr):
            self.listeners.append(threading.Thread(target=self._read, args=(stream,), daemon=True))
            self.listeners[-1].start()

    def _read(self, stream: Any) -> None:
        with stream:
            for line in stream:
                self.said.append(line.decode())

    @property
    def text(self) -> str:
        log = self.folder / "state" / "host.log"
        return "".join(self.said) + (log.read_text() if log.exists() else "")

    def connect(self, timeout: float = PATIENCE) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method: str = "POST", path: str = "/score", body: str | bytes | None = None, **headers: str) -> Reply:
        connection = self.connect()
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            return Reply.of(connection.getresponse())
        finally:
            connection.close()

    def tell(self, request: dict[str, Any], logs: list[str] | None = None) -> dict[str, Any]:
        """One request on the control socket; its last line."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(str(self.control))
            connection.sendall(json.dumps({"format": 1, **request}).encode() + b"\n")
            last: dict[str, Any] = {}
            with connection.makefile("rb") as lines:
                for line in lines:
                    last = json.loads(line)
                    if logs is not None and "log" in last:
                        logs.append(last["log"])
        return last

    def worker_pids(self) -> list[int]:
        return [worker["pid"] for worker in self.tell({"do": "status"})["workers"]]

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        for listener in self.listeners:
            listener.join(PATIENCE)
        return status


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, response: http.client.HTTPResponse) -> Reply:
        return cls(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Serve = Callable[..., Running]


@pytest.fixture
def launch(tmp_path: Path) -> Callable[..., Launch]:
    """A launch of the given script text, in a folder of its own."""
    count = iter(range(1000))

    def make(script: str = ECHO, **told: Any) -> Launch:
        folder = tmp_path / f"app{next(count)}"
        folder.mkdir()
        (folder / "score.py").write_text(script)
        if isinstance(told.get("options"), dict):
            told["options"] = ServingOptions(**told["options"])
        return Launch(
            **{"interpreter": sys.executable, "entry_script": str(folder / "score.py"), "app_root": str(folder), **told}
        )

    return make


@pytest.fixture
def serve(tmp_path: Path, launch: Callable[..., Launch]) -> Iterator[Serve]:
    """Start a server of a script (or a launch) as a service's host; by default it has been waited for."""
    started: list[Running] = []

    def start(script: str | Launch = ECHO, *, wait: bool = True, port: int = 0, **told: Any) -> Running:
        (tmp_path / "state").mkdir(exist_ok=True)
        control = Path(f"/tmp/homeport-test-{os.getpid()}-{len(started)}.sock")
        spec = ServerSpec(
            launch=script if isinstance(script, Launch) else launch(script, **told),
            port=port,
            state_folder=str(tmp_path / "state"),
            control_socket=str(control),
        )
        running = start_process(spec, tmp_path)
        started.append(running)
        if wait and running.port:
            until(lambda: running.process.poll() is not None or running.ask("GET", "/").status == 200)
        return running

    yield start
    for running in started:
        running.end(signal.SIGKILL)
        if running.control is not None:
            running.control.unlink(missing_ok=True)


def start_process(spec: ServerSpec, folder: Path) -> Running:
    """Start it and read the line on its ready descriptor."""
    message = folder / "spec.json"
    message.write_text(json.dumps(spec.to_json()))
    ready, ready_end = os.pipe()
    with message.open("rb") as source:
        process = subprocess.Popen(
            [sys.executable, "-m", "homeport.scoring", "--spec-fd", str(source.fileno()), "--ready-fd", str(ready_end)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(source.fileno(), ready_end),
            cwd=folder,
        )
    os.close(ready_end)
    with os.fdopen(ready, "rb") as stream:
        line = stream.readline()
    event = json.loads(line) if line else {}
    control = Path(spec.control_socket) if spec.control_socket else None
    running = Running(process, folder, control, event.get("port", 0))
    running.said.append(line.decode())
    running.listen()
    return running
