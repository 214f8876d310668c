"""A service's host as a process: started detached, ended by asking, and by force where it does not answer."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.domain.launch import ServerSpec
from homeport.domain.progress import Progress
from homeport.domain.service import HOST_LOG
from homeport.errors import ServiceError
from homeport.runtimes.control import ask, make_socket_folder
from homeport.runtimes.foreground import server_command
from homeport.runtimes.logs import read_tail
from homeport.runtimes.service_folder import Failure, ServiceFolder

READY_TIME = 60.0  # seconds until a host must have said that it listens; it says so before any init() runs
STOP_TIME = 45.0  # seconds; the host itself gives the requests in hand 30
KILL_TIME = 3.0  # seconds from a signal to the end
POLL = 0.02

# What the deploying process sets for its own Python, and must not reach the host's or the model's.
OF_THE_DEPLOYER = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONWARNINGS", "VIRTUAL_ENV", "AML_APP_ROOT")


@dataclass(frozen=True, slots=True)
class Listening:
    """A host has bound its port; its workers are only starting."""

    port: int


class HostFailedError(Exception):
    """A host could not come to listen; `failure` says why. Translated by whoever started it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def start_host(folder: Path, spec: ServerSpec) -> Listening:
    """Start the host of `spec` so that it survives this process; HostFailedError when it does not come to listen."""
    if spec.control_socket is not None:
        make_socket_folder(Path(spec.control_socket).parent)
    ready, ready_end = os.pipe()
    try:
        with tempfile.TemporaryFile() as message, (folder / HOST_LOG).open("ab") as log:
            message.write(json.dumps(spec.to_json()).encode())
            message.flush()
            message.seek(0)
            process = subprocess.Popen(
                [*server_command(), "--spec-fd", str(message.fileno()), "--ready-fd", str(ready_end)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env=host_variables(os.environ),
                pass_fds=(message.fileno(), ready_end),
                start_new_session=True,  # neither Ctrl-C nor the terminal's end reaches it
            )
        os.close(ready_end)
        ready_end = -1
        # Reaps it, should it end while we live: nobody waits for it otherwise.
        threading.Thread(target=process.wait, daemon=True, name=f"host-{process.pid}").start()
        return _understand(_first_line(ready), folder)
    finally:
        os.close(ready)
        if ready_end >= 0:
            os.close(ready_end)


def host_variables(found: Mapping[str, str]) -> dict[str, str]:
    """The variables of this process without what belongs to its own Python or to a bundle that it runs in."""
    return {
        name: value for name, value in found.items() if name not in OF_THE_DEPLOYER and not name.startswith("AZUREML_")
    }


def _first_line(ready: int) -> bytes:
    """The ready line; what there is of it when the host ended or time is up."""
    line = b""
    until = time.monotonic() + READY_TIME
    while b"\n" not in line:
        left = until - time.monotonic()
        if left <= 0 or not select.select([ready], [], [], left)[0]:
            break
        part = os.read(ready, 4096)
        if not part:
            break
        line += part
    return line


def _understand(line: bytes, folder: Path) -> Listening:
    try:
        event: dict[str, Any] = json.loads(line)
        if event["event"] == "listening":
            return Listening(int(event["port"]))
        error = event["error"]
    except (ValueError, KeyError, TypeError) as broken:
        tail = read_tail(folder, 20)
        failure = Failure(kind="host", message="the service's host ended before it listened", detail=tail)
        raise HostFailedError(failure) from broken
    raise HostFailedError(
        Failure(
            kind=str(error.get("kind", "host")),
            message=str(error.get("message", "the service's host could not start")),
            hint=error.get("hint"),
            detail=str(error.get("detail") or ""),
        )
    )


def end_host(folder: ServiceFolder, control_socket: Path, progress: Progress, *, patience: float = STOP_TIME) -> None:
    """Ask the host to finish what it has in hand and leave; end it by force when it does not within `patience` seconds.

    Nothing to do where no host holds the service. ServiceError when even force does not help.
    """
    if not folder.is_alive():
        return
    try:
        ask(control_socket, {"do": "stop"}, timeout=patience)
    except OSError as silent:
        progress.step(f"the host of `{folder.name}` does not answer ({silent}): ending it by force")
        end_by_force(folder)
        return
    if not _wait_for_end(folder, patience):
        progress.step(f"the host of `{folder.name}` does not end: ending it by force")
        end_by_force(folder)


def end_by_force(folder: ServiceFolder) -> None:
    """Signal the processes that have this service's lock open; a process id from a file would prove nothing."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in lock_holders(folder):
            _signal(process, number)
        if _wait_for_end(folder, KILL_TIME):
            return
    raise ServiceError(
        f"the host of service `{folder.name}` cannot be ended",
        hint=f"see who holds it: `fuser -v {folder.host_lock}`",
    )


def lock_holders(folder: ServiceFolder) -> list[int]:
    """Process ids of those who have the lock file open; none where the lock is not held."""
    import psutil  # 18 ms of imports, for the moment when something is wrong

    if not folder.is_alive():
        return []
    found = []
    for process in psutil.process_iter():
        try:
            if any(file.path == str(folder.host_lock.resolve()) for file in process.open_files()):
                found.append(process.pid)
        except (psutil.Error, OSError):  # noqa: PERF203 - others' processes do not tell
            continue
    return found


def _signal(process: int, number: signal.Signals) -> None:
    """Signal a host; with SIGKILL its workers too, because a stuck one would outlive it."""
    import psutil

    try:
        host = psutil.Process(process)
        workers = host.children(recursive=True) if number == signal.SIGKILL else []
        for each in (host, *workers):
            each.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _wait_for_end(folder: ServiceFolder, patience: float) -> bool:
    until = time.monotonic() + patience
    while folder.is_alive():
        if time.monotonic() > until:
            return False
        time.sleep(POLL)
    return True
