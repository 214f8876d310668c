from __future__ import annotations

import logging
import re
from contextlib import closing
from pathlib import Path

from homeport.scoring.log import FileSink, Log, LogHandler

SHAPE = re.compile(r"^2026-11-22 15:29:01,250 ([IWE]) \[\d+\] (\S+) - (.*)\n$")
AT = 1795361341.25


def test_a_record_has_the_contracts_shape_in_utc(tmp_path: Path) -> None:
    with closing(FileSink(tmp_path / "host.log")) as sink:
        Log(sink, clock=lambda: AT).info("hello")
    found = SHAPE.match((tmp_path / "host.log").read_text())
    assert found is not None
    assert found.groups() == ("I", "azmlinfsrv", "hello")


def test_a_full_file_is_rotated_and_the_oldest_one_goes(tmp_path: Path) -> None:
    with closing(FileSink(tmp_path / "host.log", limit=10, kept=3)) as sink:
        for number in range(6):
            sink.write(b"line %d..\n" % number, error=False)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "host.log": "line 5..\n",
        "host.log.1": "line 4..\n",
        "host.log.2": "line 3..\n",
    }


def test_a_restarted_server_goes_on_in_the_same_file(tmp_path: Path) -> None:
    for word in (b"one\n", b"two\n", b"three\n"):
        with closing(FileSink(tmp_path / "host.log", limit=8)) as sink:
            sink.write(word, error=False)
    assert (tmp_path / "host.log.1").read_text() == "one\ntwo\n"
    assert (tmp_path / "host.log").read_text() == "three\n"


def test_a_librarys_warning_is_a_record_too(tmp_path: Path) -> None:
    record = logging.LogRecord("uvicorn.error", logging.WARNING, "", 0, "bad %s", ("request",), None)
    with closing(FileSink(tmp_path / "host.log")) as sink:
        LogHandler(Log(sink, clock=lambda: AT)).handle(record)
    found = SHAPE.match((tmp_path / "host.log").read_text())
    assert found is not None
    assert found.groups() == ("W", "uvicorn.error", "bad request")
