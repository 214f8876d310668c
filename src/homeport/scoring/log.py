"""The log: one line shape for the server, and the workers' own lines between them, never cut into each other.

`YYYY-MM-DD HH:MM:SS,mmm L [pid] logger - message`, UTC, L the first letter of the level. With HOMEPORT_LOG_FORMAT=json
each line is an object with these members, and the id of the request where it belongs to one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

import orjson

from homeport.scoring.access import Access

SERVER_LOGGER = "azmlinfsrv"
KEPT_BYTES = 10_000_000
KEPT_FILES = 5  # host.log, and host.log.1 to host.log.4

SOON = 0.02  # seconds that a line of the access log may wait for others
TOGETHER = 256  # lines that are written without waiting any longer

FORMAT_VARIABLE = "HOMEPORT_LOG_FORMAT"
JSON_START = b'{"time":'  # a worker's own objects begin like this; every other line of its output is wrapped
NAMES = {"I": "INFO", "W": "WARNING", "E": "ERROR"}

Level = Literal["I", "W", "E"]


class Sink(Protocol):
    """Where lines go: the terminal's two streams, or one file."""

    def write(self, data: bytes, *, error: bool) -> None: ...


class StreamSink:
    """stdout, and stderr for errors; a reader that has left is not an error."""

    def write(self, data: bytes, *, error: bool) -> None:
        stream: BinaryIO = (sys.stderr if error else sys.stdout).buffer
        try:
            stream.write(data)
            stream.flush()
        except OSError:
            pass  # the reader of our output has left; serving goes on


def private(path: str, flags: int) -> int:
    """An opener whose files are for their user alone: they may hold what clients sent."""
    return os.open(path, flags, 0o600)


class FileSink:
    """A file that is rotated by size: `host.log`, `host.log.1`, ... the highest number is the oldest."""

    def __init__(self, path: Path, *, limit: int = KEPT_BYTES, kept: int = KEPT_FILES) -> None:
        self._path, self._limit, self._kept = path, limit, kept
        self._open()

    def _open(self) -> None:
        self._file = open(self._path, "ab", buffering=0, opener=private)  # noqa: SIM115 - open until it is rotated
        self._size = self._file.tell()

    def write(self, data: bytes, *, error: bool) -> None:
        if self._size + len(data) > self._limit and self._size:
            self._rotate()
        try:
            self._file.write(data)
        except OSError:
            return  # a full disk: scores go on, their lines are lost
        self._size += len(data)

    def close(self) -> None:
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self._kept - 1, 0, -1):
            older = self._path if number == 1 else self._path.with_name(f"{self._path.name}.{number - 1}")
            if older.exists():
                older.replace(self._path.with_name(f"{self._path.name}.{number}"))
        self._open()


class Log:
    """Writes records of the server and whole lines of the workers to one sink."""

    def __init__(self, sink: Sink, *, clock: Callable[[], float] = time.time, as_json: bool = False) -> None:
        self._sink, self._clock, self._as_json = sink, clock, as_json
        self._second, self._stamp = -1, ""
        self._kept: list[bytes] = []  # lines of the access log that are written together, in a moment
        self._timer: asyncio.TimerHandle | None = None
        self.pid = os.getpid()

    def info(self, message: str) -> None:
        self.record("I", SERVER_LOGGER, message)

    def warning(self, message: str) -> None:
        self.record("W", SERVER_LOGGER, message)

    def error(self, message: str) -> None:
        self.record("E", SERVER_LOGGER, message)

    def ready(self, message: str) -> None:
        """The line that says that scores are answered now: on stderr as it is, for people and tests to wait for."""
        line = self._object("I", SERVER_LOGGER, message) if self._as_json else f"{message}\n".encode()
        self._write(line, error=True)

    def access(self, access: Access) -> None:
        """One line for one request; it is written within `SOON`, and before any other line."""
        if self._as_json:
            self._keep(self._object("I", SERVER_LOGGER, access.text(), **access.members()))
        else:
            self._keep(self._line("I", SERVER_LOGGER, access.text()).encode("utf-8", "backslashreplace"))

    def fatal(self, message: str, *, detail: str = "", hint: str | None = None) -> None:
        """The last record: the script's own words first, then what it means."""
        if self._as_json:
            self._write(self._object("E", SERVER_LOGGER, message, detail=detail, hint=hint), error=True)
            return
        words = (f"{detail.rstrip()}\n" if detail else "") + self._line("E", SERVER_LOGGER, message)
        self._write((words + (f"hint: {hint}\n" if hint else "")).encode("utf-8", "backslashreplace"), error=True)

    def record(self, level: Level, logger: str, message: str) -> None:
        if self._as_json:
            self._write(self._object(level, logger, message), error=False)
            return
        self._write(self._line(level, logger, message).encode("utf-8", "backslashreplace"), error=False)

    def lines(self, data: bytes, *, error: bool) -> None:
        """Whole lines of a worker, as they are; as JSON, what is none yet is wrapped."""
        if self._as_json:
            data = b"".join(self._wrapped(line, error=error) for line in data.splitlines())
        self._write(data, error=error)

    def flush(self) -> None:
        """Write what is kept; whoever ends the server calls it last."""
        if self._kept:
            kept, self._kept = b"".join(self._kept), []
            self._sink.write(kept, error=False)

    def _write(self, data: bytes, *, error: bool) -> None:
        self.flush()
        self._sink.write(data, error=error)

    def _keep(self, line: bytes) -> None:
        """The first line is written at once; those that follow within `SOON` go together."""
        self._kept.append(line)
        if self._timer is None:
            self._write_and_wait()
        elif len(self._kept) >= TOGETHER:
            self.flush()

    def _write_and_wait(self) -> None:
        self._timer = None
        if self._kept:
            self.flush()
            with contextlib.suppress(RuntimeError):  # where no loop runs, every line is written at once
                self._timer = asyncio.get_running_loop().call_later(SOON, self._write_and_wait)

    def _wrapped(self, line: bytes, *, error: bool) -> bytes:
        if line.startswith(JSON_START):
            return line + b"\n"
        return self._object("E" if error else "I", "stderr" if error else "stdout", line.decode("utf-8", "replace"))

    def _object(self, level: Level, logger: str, message: str, **more: Any) -> bytes:
        now = self._clock()
        stamp = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now % 1 * 1000):03d}Z"
        words = message.encode("utf-8", "backslashreplace").decode()
        line = {"time": stamp, "level": NAMES[level], "pid": self.pid, "logger": logger, "message": words, **more}
        return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)

    def _line(self, level: Level, logger: str, message: str) -> str:
        return f"{self._time()} {level} [{self.pid}] {logger} - {message}\n"

    def _time(self) -> str:
        now = self._clock()
        second = int(now)
        if second != self._second:
            self._second, self._stamp = second, time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(second))
        return f"{self._stamp},{int((now - second) * 1000):03d}"


class LogHandler(logging.Handler):
    """Brings the records of libraries (uvicorn, asyncio) into the log."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        level: Level = "E" if record.levelno >= logging.ERROR else "W"
        self._log.record(level, record.name, self.format(record))
