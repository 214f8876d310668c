"""Real servers whose workers are forks of one process, and those whose scripts cannot be forked."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import count, need_interpreter
from tests.scoring.conftest import Running, Serve, until
from tests.scoring.load import load

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")

WHO = """
import os, random
{imports}

def init():
    global loaded
    loaded = os.getpid()
    {init}

def run(data):
    if data == "die":
        os._exit(7)
    if data == "raise":
        raise ValueError("of the script")
    return {{"loaded": loaded, "pid": os.getpid(), "parent": os.getppid(), "random": random.random(), "more": {more}}}
"""

OPENED = "opened = open(os.path.join(os.path.dirname(__file__), 'words'), "
UNSAFE = {
    "a thread": ("import threading, time", "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()"),
    "a socket": ("import socket", "global s; s = socket.socket()"),
    "a pipe": ("", "global p; p = os.pipe()"),
    "an event loop": ("import asyncio", "global loop; loop = asyncio.new_event_loop()"),
    "a file to write": ("", "global opened; " + OPENED + "'w')"),
    "a process": (
        "import subprocess, sys",
        "global p; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])",
    ),
}
SAYS = {
    "a thread": "init() left 1 thread running",
    "a socket": "init() left a socket open",
    "a pipe": "init() left a pipe open",
    "an event loop": "init() left an event loop open",
    "a file to write": "words` open for writing",
    "a process": "init() left a process running",
}


def script(imports: str = "", init: str = "pass", more: str = "None") -> str:
    return WHO.format(imports=imports, init=init, more=more)


def said_by_all(running: Running, workers: int) -> dict[int, dict[str, object]]:
    """What each of the workers answers, by its pid."""
    found: dict[int, dict[str, object]] = {}

    def everyone() -> bool:
        with load(running.port, connections=workers * 2) as seen:
            until(lambda: seen.answered > 20)
        for word in seen.words:
            value = eval(word)
            found[value["pid"]] = value
        return len(found) >= workers

    until(everyone)
    return found


def parent_of(running: Running) -> int:
    """The process that the first worker is a fork of."""
    return int(Path(f"/proc/{running.worker_pids()[0]}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.parametrize("workers", [1, 4])
def test_workers_share_one_init(serve: Serve, workers: int) -> None:
    running = serve(script(), workers=workers)
    found = said_by_all(running, workers)
    assert len(found) == workers
    (loaded,) = {value["loaded"] for value in found.values()}
    assert loaded not in found
    assert {value["parent"] for value in found.values()} == {loaded}
    assert len({value["random"] for value in found.values()}) == workers
    assert sorted(found) == sorted(running.worker_pids())
    assert running.text.count("workers share one init()") == 1
    assert running.end() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in [loaded, *found])


@pytest.mark.parametrize("minor", ["3.6", "3.7", "3.9", "3.12", "3.13"])
def test_forks_serve_on_every_python_without_a_warning(serve: Serve, minor: str) -> None:
    running = serve(
        script(),
        workers=2,
        interpreter=str(need_interpreter(minor)),
        variables={"PYTHONWARNINGS": "always::DeprecationWarning"},
    )
    found = said_by_all(running, 2)
    assert len({value["loaded"] for value in found.values()}) == 1
    assert len({value["random"] for value in found.values()}) == 2
    os.kill(min(found), signal.SIGKILL)
    until(lambda: len(running.worker_pids()) == 2 and min(found) not in running.worker_pids())
    assert running.ask(body="x").status == 200
    assert running.end() == 0
    assert "workers share one init()" in running.text
    assert "DeprecationWarning" not in running.text


def test_a_script_that_imports_numpy_is_forked_and_its_seeds_differ(serve: Serve) -> None:
    running = serve(
        script("import numpy", "numpy.ones((500, 500)) @ numpy.ones((500, 500))", "float(numpy.random.random())"),
        workers=2,
    )
    found = said_by_all(running, 2)
    assert "workers share one init()" in running.text
    assert len({value["more"] for value in found.values()}) == 2


@pytest.mark.parametrize("what", UNSAFE)
def test_what_cannot_be_forked_is_loaded_by_each_worker_and_the_log_says_why(serve: Serve, what: str) -> None:
    running = serve(script(*UNSAFE[what]), workers=2)
    found = said_by_all(running, 2)
    assert {value["loaded"] for value in found.values()} == set(found)
    (line,) = [line for line in running.text.splitlines() if "each worker loads for itself" in line]
    assert SAYS[what] in line
    os.kill(min(found), signal.SIGKILL)
    until(lambda: len(running.worker_pids()) == 2 and min(found) not in running.worker_pids())
    assert {value["loaded"] for value in said_by_all(running, 2).values()} == set(running.worker_pids())
    assert running.end() == 0


def test_threads_that_the_user_asked_for_rule_out_forks(serve: Serve) -> None:
    many = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "2")
    running = serve(script("import numpy", "pass", "os.environ['OMP_NUM_THREADS']"), workers=2, variables=many)
    found = said_by_all(running, 2)
    assert "each worker loads for itself: init() left 1 thread running" in running.text
    assert {value["more"] for value in found.values()} == {"2"}


def test_never_means_that_each_worker_loads(serve: Serve) -> None:
    running = serve(script(), workers=2, options={"share_model": "never"})
    found = said_by_all(running, 2)
    assert {value["loaded"] for value in found.values()} == set(found)
    assert {value["parent"] for value in found.values()} == {running.process.pid}


def test_a_file_that_is_only_read_has_a_position_in_each_fork(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "words").write_text("0123456789")
    init = f"global opened; opened = open({str(tmp_path / 'words')!r}, 'rb', buffering=0); opened.read(4)"
    running = serve(script("", init, "opened.read(1).decode()"), workers=2)
    first = {pid: value["more"] for pid, value in said_by_all(running, 2).items()}
    assert len(first) == 2
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(set(running.worker_pids()) - set(first)) == 2)
    replies = [running.ask(body="x").json for _ in range(3)]
    assert replies[0]["more"] == "4"
    assert Counter(reply["more"] for reply in replies if reply["pid"] == replies[0]["pid"])["4"] == 1


def test_a_worker_that_dies_is_replaced_by_a_fork_and_its_status_is_told(serve: Serve) -> None:
    running = serve(script(), workers=1)
    before = running.ask(body="x").json
    lost = running.ask(body="die")
    assert "it exited with status 7" in lost.json["message"]
    after = running.ask(body="x").json
    assert after["pid"] != before["pid"]
    assert after["loaded"] == before["loaded"]
    assert running.ask(body="raise").status == 500
    assert running.ask(body="x").json["pid"] == after["pid"]
    os.kill(after["pid"], signal.SIGSEGV)
    until(lambda: after["pid"] not in running.worker_pids())
    assert running.ask(body="x").json["loaded"] == before["loaded"]
    assert re.search(rf"{after['pid']}.* azmlinfsrv - run\(\) raised", running.text)


@pytest.mark.soak
def test_kills_under_load_cost_only_what_was_in_hand(serve: Serve) -> None:
    running = serve(script(), workers=3)
    loaded = running.ask(body="x").json["loaded"]
    kills = count(10, 300)
    with load(running.port) as seen:
        for _ in range(kills):
            until(lambda: len(running.worker_pids()) == 3)
            victim = running.worker_pids()[0]
            os.kill(victim, signal.SIGKILL)
            until(lambda gone=victim: gone not in running.worker_pids())
            answered = seen.answered
            until(lambda mark=answered: seen.answered > mark + 5)
    assert not seen.errors
    assert sum(times for status, times in seen.statuses.items() if status != 200) <= kills
    assert all(eval(word)["loaded"] == loaded for word in seen.words)
    until(lambda: len(running.worker_pids()) == 3)


def test_a_parent_that_is_killed_leaves_its_workers_and_another_loads_when_one_is_needed(serve: Serve) -> None:
    running = serve(script(), workers=2)
    before = sorted(running.worker_pids())
    loaded = parent_of(running)
    with load(running.port) as seen:
        os.kill(loaded, signal.SIGKILL)
        until(lambda: not runs(loaded))
        answered = seen.answered
        until(lambda: seen.answered > answered + 50)
    assert not seen.errors
    assert set(seen.statuses) == {200}
    assert sorted(running.worker_pids()) == before
    os.kill(before[0], signal.SIGKILL)
    until(lambda: len(running.worker_pids()) == 2 and before[0] not in running.worker_pids())
    found = said_by_all(running, 2)
    assert found[before[1]]["loaded"] == loaded
    assert len({value["loaded"] for value in found.values()}) == 2
    assert running.text.count("workers share one init()") == 2
    assert running.end() == 0
    assert not any(runs(pid) for pid in found)


def test_signals_to_the_parent_are_the_servers_business(serve: Serve) -> None:
    running = serve(script(), workers=1)
    loaded = parent_of(running)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(loaded, number)
    assert running.ask(body="die").status != 200
    assert running.ask(body="x").json["loaded"] == loaded


def test_forks_in_a_long_run_die_with_a_server_that_is_killed(serve: Serve, tmp_path: Path) -> None:
    busy = tmp_path / "busy"
    running = serve(f"def init(): pass\ndef run(data):\n    open({str(busy)!r}, 'w').close()\n    while True: pass\n")
    loaded, (pid,) = parent_of(running), running.worker_pids()
    connection = running.connect()
    connection.request("POST", "/score", "x")
    until(busy.exists)
    running.end(signal.SIGKILL)
    connection.close()
    until(lambda: not runs(pid) and not runs(loaded))


def test_a_switch_leaves_nothing_of_the_generation_before(serve: Serve, launch: object) -> None:
    running = serve(script(more="1"), workers=2)
    old = [parent_of(running), *running.worker_pids()]
    with load(running.port) as seen:
        until(lambda: seen.answered > 10)
        reply = running.tell(
            {"do": "switch", "generation": 2, "launch": launch(script(more="2"), workers=2).to_json(), "port": None}
        )  # type: ignore[operator]
        assert reply["ok"], reply
        until(lambda: not any(runs(pid) for pid in old))
        answered = seen.answered
        until(lambda: seen.answered > answered + 20)
    assert not seen.errors
    assert set(seen.statuses) == {200}
    assert running.ask(body="x").json["more"] == 2


def test_init_that_fails_is_told_as_ever_and_leaves_no_process(serve: Serve, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    text = (
        f"import os\ndef init():\n    open({str(pids)!r}, 'a').write('%d\\n' % os.getpid())\n"
        "    raise ValueError('no model')\ndef run(data): pass\n"
    )
    running = serve(text, workers=3, wait=False)
    assert running.process.wait(30) == 3
    failure = json.loads((tmp_path / "state" / "failure.json").read_text())
    assert (failure["kind"], failure["message"]) == ("init_failed", "init() raised: ValueError: no model")
    assert 'score.py", line 4, in init' in failure["detail"]
    assert len(pids.read_text().split()) == 1


def test_a_stop_during_a_long_init_waits_for_nothing(serve: Serve, tmp_path: Path) -> None:
    began = tmp_path / "began"
    text = (
        f"import os, time\ndef init():\n    open({str(began)!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(600)\ndef run(data): pass\n"
    )
    running = serve(text, workers=2, wait=False)
    until(lambda: began.exists() and began.read_text())
    assert running.end() == 0
    assert not runs(int(began.read_text()))


def test_a_temporary_folder_of_init_outlives_each_fork_but_not_the_service(serve: Serve) -> None:
    imports = "import tempfile, sys"
    init = "global folder; folder = tempfile.TemporaryDirectory()"
    running = serve(
        script(imports, init, "(os.path.isdir(folder.name), folder.name, sys.exit() if data == 'leave' else 0)"),
        workers=2,
    )
    folder = running.ask(body="x").json["more"][1]
    for _ in range(2):
        running.ask(body="leave")
    until(lambda: len(running.worker_pids()) == 2)
    assert running.ask(body="x").json["more"][0]
    assert running.end() == 0
    assert not Path(folder).exists()


def runs(pid: int) -> bool:
    """Not ended; one that nobody has taken away yet has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
