"""A debugger in the worker, spoken to as an editor does: `homeport serve --debug` and `homeport service debug`."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.domain.progress import Silent
from homeport.errors import EnvironmentBuildError
from homeport.sdk.debugging import install_debugger
from homeport.sdk.workspace import Workspace
from tests.conftest import Homeport, lacking, need_interpreter
from tests.scoring.conftest import until

SCRIPT = "def init():\n    pass\n\n\ndef run(data):\n    twice = data * 2\n    return twice\n"
LINE = 7  # after `twice` is known


class Editor:
    """The client's side of the debug adapter protocol."""

    def __init__(self, port: int) -> None:
        self._connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._stream = self._connection.makefile("rwb")
        self._count = 0
        self._ask("initialize", adapterID="test", pathFormat="path", linesStartAt1=True)
        self._until("initialize")
        self._ask("attach", justMyCode=False)
        self._until("initialized")

    def _ask(self, command: str, **arguments: Any) -> None:
        self._count += 1
        request = {"seq": self._count, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(request).encode()
        self._stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._stream.flush()

    def _until(self, name: str) -> dict[str, Any]:
        """The next response or event of that name."""
        while True:
            length = 0
            while line := self._stream.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            message: dict[str, Any] = json.loads(self._stream.read(length))
            if name in (message.get("event"), message.get("command")):
                return message

    def break_at(self, path: Path, line: int) -> None:
        self._ask("setBreakpoints", source={"path": str(path)}, breakpoints=[{"line": line}])
        assert self._until("setBreakpoints")["success"]
        self._ask("configurationDone")
        self._until("configurationDone")

    def seen_at_the_breakpoint(self, expression: str) -> str:
        stop = self._until("stopped")["body"]
        self._ask("stackTrace", threadId=stop["threadId"])
        frame = self._until("stackTrace")["body"]["stackFrames"][0]["id"]
        self._ask("evaluate", expression=expression, frameId=frame)
        result = str(self._until("evaluate")["body"]["result"])
        self._ask("continue", threadId=stop["threadId"])
        return result

    def close(self) -> None:
        self._stream.close()
        self._connection.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


def need_debugger(python: Path) -> None:
    try:
        install_debugger(str(python), Silent())
    except EnvironmentBuildError:
        lacking("debugpy from the package index")


def score_later(url: str, body: bytes) -> Callable[[], bytes]:
    """Send a request now; what is given waits for its answer."""
    answers: queue.Queue[bytes] = queue.Queue()

    def ask() -> None:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=60) as reply:
            answers.put(reply.read())

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    return lambda: answers.get(timeout=60)


@pytest.fixture
def ended() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


@pytest.mark.parametrize("minor", ["3.6", "3.12"])
def test_serve_waits_for_the_debugger_and_has_no_deadline(
    home: Path, project: Path, ended: list[subprocess.Popen[str]], minor: str
) -> None:
    python = need_interpreter(minor)
    need_debugger(python)
    (project / "score.py").write_text(SCRIPT)
    port = free_port()
    words = ["serve", "score.py", "--port", "auto", "--debug", str(port), "--python", str(python)]
    process = subprocess.Popen(
        [sys.executable, "-m", "homeport", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SCORING_TIMEOUT_MS": "1"},
    )
    ended.append(process)
    assert process.stdout is not None
    assert process.stderr is not None
    assert f"waiting for a debugger on 127.0.0.1:{port}" in process.stdout.readline()
    editor = Editor(port)
    editor.break_at(project / "score.py", LINE)
    line = next(line for line in process.stderr if line.startswith("serving "))
    answer = score_later(line.split()[1], b"ab")
    assert editor.seen_at_the_breakpoint("twice") == "'abab'"
    assert json.loads(answer()) == "abab"
    editor.close()


def test_a_running_service_is_debugged_and_serves_as_before_afterwards(
    homeport: Homeport, workspace: Workspace, project: Path, no_service_stays: None
) -> None:
    need_debugger(Path(sys.executable))
    (project / "score.py").write_text(SCRIPT)
    address = homeport("model", "deploy", "-n", "svc", "--entry-script", "score.py").stdout.strip()
    screen = homeport("service", "debug", "svc", "--port", free_port())
    assert screen.exit_code == 0, screen.stderr
    (entry,) = json.loads((project / ".vscode" / "launch.json").read_text())["configurations"]
    assert (entry["name"], entry["request"]) == ("Homeport: svc", "attach")
    assert screen.stdout.strip() == f"127.0.0.1:{entry['connect']['port']}"
    (mapping,) = entry["pathMappings"]
    assert mapping["localRoot"] == str(project)
    editor = Editor(entry["connect"]["port"])
    editor.break_at(Path(mapping["remoteRoot"]) / "score.py", LINE)
    answer = score_later(address, b"ab")
    assert editor.seen_at_the_breakpoint("twice") == "'abab'"
    assert json.loads(answer()) == "abab"
    editor.close()
    assert homeport("service", "debug", "svc", "--off").exit_code == 0
    until(lambda: not listens(entry["connect"]["port"]))
    assert json.loads(score_later(address, b"c")()) == "cc"


def test_a_launch_file_with_comments_stays_as_it_is(
    homeport: Homeport, workspace: Workspace, project: Path, no_service_stays: None
) -> None:
    need_debugger(Path(sys.executable))
    (project / "score.py").write_text(SCRIPT)
    homeport("model", "deploy", "-n", "svc", "--entry-script", "score.py")
    (project / ".vscode").mkdir()
    written = "{ // mine\n}\n"
    (project / ".vscode" / "launch.json").write_text(written)
    screen = homeport("service", "debug", "svc", "--port", free_port())
    assert screen.exit_code == 0
    assert '"name": "Homeport: svc"' in screen.stderr
    assert (project / ".vscode" / "launch.json").read_text() == written
