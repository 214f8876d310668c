"""The worker's side of the log: `YYYY-MM-DD HH:MM:SS,mmm L [pid] logger - message`, UTC, on stdout and stderr.

With HOMEPORT_LOG_FORMAT=json each line is an object, and carries the id of the request that was in hand.
"""

import builtins
import io
import json
import logging
import logging.config
import os
import sys
import time

PRINT_LOGGER = "azmlinfsrv.print"
JSON_START = '{"time":'  # how a line of ours begins, and tells the server that it need not be wrapped


class Current:
    """The request in hand; a worker does one thing at a time."""

    request_id = ""


def as_json() -> bool:
    return os.environ.get("HOMEPORT_LOG_FORMAT") == "json"


def json_line(level: str, logger: str, message: str, created: float) -> str:
    """One object on one line; `time` comes first."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(created))
    line = {
        "time": "%s.%03dZ" % (stamp, int(created % 1 * 1000)),
        "level": level,
        "pid": os.getpid(),
        "logger": logger,
        "message": message,
    }
    if Current.request_id:
        line["request_id"] = Current.request_id
    return json.dumps(line)


class LineFormatter(logging.Formatter):
    """The server's line shape."""

    converter = time.gmtime

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(letter)s [%(process)d] %(name)s - %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.letter = record.levelname[:1]
        return super().format(record)


class JsonFormatter(logging.Formatter):
    """The line as an object, with the traceback inside its message."""

    def format(self, record: logging.LogRecord) -> str:
        return json_line(record.levelname, record.name, super().format(record), record.created)


class JsonLines(io.TextIOBase):
    """What the script writes to a stream by itself, each whole line as an object of its own."""

    encoding = "utf-8"

    def __init__(self, stream: io.TextIOWrapper, level: str, name: str) -> None:
        self._stream, self._level, self._name, self._rest = stream, level, name, ""
        self.buffer = stream.buffer

    def write(self, text: str) -> int:
        lines = (self._rest + text).split("\n")
        self._rest = lines.pop()
        for line in lines:
            whole = line if line.startswith(JSON_START) else json_line(self._level, self._name, line, time.time())
            self._stream.write(whole + "\n")
        return len(text)

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()


def open_streams() -> None:
    """Stdout and stderr as UTF-8 whatever the locale says, a line at a time: the server reads them through pipes."""
    for name in ("stdout", "stderr"):
        getattr(sys, name).flush()
        raw = open(getattr(sys, name).fileno(), "wb", closefd=False)  # noqa: SIM115 - lives as long as the process
        stream = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)
        if as_json():
            stream = JsonLines(stream, "INFO" if name == "stdout" else "ERROR", name)
        setattr(sys, name, stream)
        setattr(sys, "__%s__" % name, stream)


def set_up_logging() -> None:
    """INFO and up is shown: print() and `azmlinfsrv` on stdout, all else on stderr.

    A script's own `logging.basicConfig(...)` works as if nothing had been set up.
    """
    own = handler_on(sys.stdout)
    server = logging.getLogger("azmlinfsrv")
    server.setLevel(logging.INFO)
    server.propagate = False
    server.addHandler(own)
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    fallback = handler_on(sys.stderr)
    root.addHandler(fallback)
    basic_config = logging.basicConfig

    def basic_config_of_the_script(**options):
        root.removeHandler(fallback)
        basic_config(**options)

    logging.basicConfig = basic_config_of_the_script
    builtins.print = print_to_log(builtins.print, sys.stdout)


def handler_on(stream) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if as_json() else LineFormatter())
    return handler


def print_to_log(plain_print, stdout):
    """`print` whose output to the real stdout becomes INFO records; any other file is written to as ever."""
    logger = logging.getLogger(PRINT_LOGGER)

    def print(*values, sep=" ", end="\n", file=None, flush=False):  # noqa: A001 - it takes the builtin's place
        if (file is None or file is stdout) and sys.stdout is stdout:
            logger.info("%s", (" " if sep is None else sep).join(map(str, values)))
        else:
            plain_print(*values, sep=sep, end=end, file=file, flush=flush)

    print.__doc__ = plain_print.__doc__
    return print


def apply_logging_file(folders) -> None:
    """The first `logging.json` in `folders`, a `dictConfig`, replaces what was set up."""
    for folder in folders:
        path = os.path.join(folder, "logging.json")
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as source:
                logging.config.dictConfig(json.load(source))
            return


def info(text: str) -> None:
    """An INFO record of the worker's own."""
    logging.getLogger("azmlinfsrv").info("%s", text)


def error(text: str) -> None:
    """An ERROR record beside what the script itself logs."""
    logger = logging.getLogger("azmlinfsrv")
    logger.disabled = False  # a script's dictConfig disables the loggers that it does not name
    logger.error("%s", text)
