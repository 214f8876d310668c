from __future__ import annotations

import fcntl
import json
import os
import threading
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from homeport.domain.progress import Silent
from homeport.domain.service import Generation, Service
from homeport.errors import InvalidInputError, ServiceError, ServiceNotFoundError
from homeport.runtimes.service_folder import Failure, ServiceFolder, is_held, service_names

MOMENT = datetime(2026, 7, 1, tzinfo=timezone.utc)


def generation(number: int, port: int = 6789) -> Generation:
    return Generation(
        number=number,
        created=MOMENT,
        models=("iris:1",),
        environment=None,
        entry_script="score.py",
        workers=1,
        port=port,
        source=f"/src/{number}",
    )


def service(*generations: Generation) -> Service:
    return Service(
        id="one",
        name="iris",
        workspace="ws",
        runtime="process",
        host="127.0.0.1",
        port=6789,
        control_socket="/tmp/x",
        source=None,
        generations=generations,
        desired="running",
        description=None,
        tags={"a": 1},
        properties={},
        created=MOMENT,
        updated=MOMENT,
    )


@pytest.fixture
def folder(home: Path) -> ServiceFolder:
    folder = ServiceFolder(home, "iris")
    folder.path.mkdir(parents=True)
    folder.write(service(generation(1)))
    return folder


def test_what_is_written_reads_back(folder: ServiceFolder) -> None:
    assert folder.read() == replace(service(generation(1)), source="/src/1")
    assert service_names(folder.services.parent) == ["iris"]


def test_the_port_and_source_are_those_of_the_generation_that_the_host_serves(folder: ServiceFolder) -> None:
    folder.write(service(generation(1, 6001), generation(2, 6002)))
    assert folder.read().port == 6002  # nothing has served: the newest would be started
    for number in (1, 2):
        (folder.path / "current").write_text(f"{number}\n")
        assert (folder.read().port, folder.read().source) == (6000 + number, f"/src/{number}")


def test_a_stale_handle_is_told_so(folder: ServiceFolder) -> None:
    assert folder.read("one").id == "one"
    with pytest.raises(ServiceError, match="has been replaced by a later deployment") as raised:
        folder.read("another")
    assert "get a new one by name" in str(raised.value.hint)


def test_a_name_that_is_not_there_suggests_a_near_one(folder: ServiceFolder, home: Path) -> None:
    with pytest.raises(ServiceNotFoundError, match="WebserviceNotFound") as raised:
        ServiceFolder(home, "irs").read()
    assert raised.value.hint == "did you mean `iris`?"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "cannot be read"),
        ('"text"', "describes no service"),
        ('{"format": 1, "generations": []}', "describes no service"),
        ('{"format": 2}', "this Homeport reads format 1"),
        ('{"format": 1}', "is not complete"),
    ],
)
def test_a_description_that_cannot_be_read_is_refused_with_the_way_out(
    folder: ServiceFolder, content: str, message: str
) -> None:
    (folder.path / "service.json").write_text(content)
    with pytest.raises(InvalidInputError, match=message) as raised:
        folder.read()
    assert raised.value.hint


def test_a_service_is_alive_while_its_lock_is_held(folder: ServiceFolder) -> None:
    assert not folder.is_alive()
    with folder.host_lock.open("w") as lock:
        assert not folder.is_alive()
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert folder.is_alive()
        assert folder.is_alive()
    assert not folder.is_alive()


def test_two_who_ask_do_not_take_each_other_for_the_host(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.touch()
    other = os.open(lock, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_SH)
    try:
        assert not is_held(lock)
    finally:
        os.close(other)


class Words(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []
        self.heard = threading.Event()

    def step(self, text: str) -> None:
        self.said.append(text)
        self.heard.set()


def test_a_second_change_waits_and_says_so(home: Path) -> None:
    words, order = Words(), []

    def second() -> None:
        with ServiceFolder(home, "iris").locked(words):
            order.append("second")

    with ServiceFolder(home, "iris").locked(Silent()):
        assert ServiceFolder(home, "iris").is_changing()
        thread = threading.Thread(target=second)
        thread.start()
        assert words.heard.wait(10)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert words.said == ["waiting for another change to service `iris` to end"]
    assert not ServiceFolder(home, "iris").is_changing()


def test_a_home_is_private(home: Path) -> None:
    with ServiceFolder(home, "iris").locked(Silent()):
        assert home.stat().st_mode & 0o777 == 0o700
        assert (home / "services").stat().st_mode & 0o777 == 0o700


def test_what_a_killed_process_left_half_made_goes_with_the_next_change(folder: ServiceFolder) -> None:
    left = [folder.staging, folder.services / ".iris.old", folder.path / "generations" / ".2.abc"]
    for path in left:
        path.mkdir(parents=True)
    other = folder.services / ".iris-too.new"
    other.mkdir()
    assert service_names(folder.services.parent) == ["iris"]
    with folder.locked(Silent()):
        assert not any(path.exists() for path in left)
    assert other.exists()


def test_a_new_number_is_past_all_that_served_or_are_on_the_disk(folder: ServiceFolder) -> None:
    declared = service(generation(1), generation(2))
    assert folder.next_number(declared) == 3
    folder.bundle(7).mkdir(parents=True)
    assert folder.next_number(declared) == 8
    (folder.path / "current").write_text("9")
    assert folder.next_number(declared) == 10


def test_a_failure_reads_back_and_a_damaged_one_is_still_a_failure(folder: ServiceFolder) -> None:
    assert folder.failure() is None
    failure = Failure(kind="init_failed", message="init() raised", hint=None, detail="Traceback")
    folder.write_failure(failure)
    assert folder.failure() == failure
    text = folder.forget_failure()
    assert folder.failure() is None
    folder.recall_failure(text)
    assert folder.failure() == failure
    folder.recall_failure(None)
    assert folder.failure() is None
    for damaged in ("", "[]", json.dumps({"kind": "x"})):
        (folder.path / "failure.json").write_text(damaged)
        assert folder.failure() is not None
