"""Every fault ends in time, costs its own request only, and leaves an incident."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from homeport.domain.launch import Launch, ServerSpec
from tests.conftest import count, need_interpreter
from tests.scoring.conftest import Reply, Running, Serve, start_process, until

FAULTY = """
import ctypes, os, re, socket, sys, threading, time

def init():
    pass

def forever():
    while True:
        try:
            time.sleep(0.001)
        except BaseException:
            pass

def spin():
    while True:
        try:
            pass
        except BaseException:
            pass

def long_c_call():
    ctypes.CDLL(None).sleep(600)

def hold_the_gil():
    ctypes.PyDLL(None).sleep(600)

def close_everything():
    os.closerange(3, 100)
    time.sleep(600)

def crash():
    ctypes.string_at(0)

def fork_and_both_return():
    if os.fork() == 0:
        time.sleep(0.2)

def leave_a_child():
    if os.fork() == 0:
        os.setsid()
        time.sleep(600)
    os._exit(1)

def run(data):
    print("doing", data or "nothing")
    return eval(data) if data else os.getpid()
"""
DEADLINE = {"SCORING_TIMEOUT_MS": "300"}


def incidents(running: Running) -> list[dict[str, Any]]:
    folder = running.folder / "state" / "incidents"
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []


def incident_of(running: Running, reply: Reply) -> dict[str, Any]:
    """The one that the answer names; it may be written a moment later."""
    name = reply.json["incident"]
    assert reply.headers["x-homeport-incident"] == name
    path = running.folder / "state" / "incidents" / f"{name}.json"
    until(path.exists)
    found: dict[str, Any] = json.loads(path.read_text())
    assert found["id"] == name
    return found


STUCK = {
    "forever()": "in forever",
    "spin()": "in spin",
    "long_c_call()": "in long_c_call",
    "hold_the_gil()": "in hold_the_gil",
    "threading.Event().wait()": "in wait",
}


@pytest.mark.parametrize("words", sorted(STUCK))
def test_what_is_stuck_ends_at_the_deadline_with_its_stacks_and_the_next_one_is_served(
    serve: Serve, words: str
) -> None:
    running = serve(FAULTY, variables=DEADLINE)
    before = running.ask(body="").json
    reply = running.ask(body=words, x_request_id="R1")
    assert (reply.status, reply.json["message"]) == (504, "Scoring timeout after 300 ms")
    assert reply.headers["x-ms-run-function-failed"] == "True"
    after = running.ask(body="")
    assert (after.status, after.json != before) == (200, True)
    incident = incident_of(running, reply)
    assert (incident["kind"], incident["request_id"], incident["worker"]) == ("deadline", "R1", before)
    assert STUCK[words] in incident["stacks"]
    assert incident["log"][-1].endswith(f"doing {words}")
    assert not [line for line in incident["log"] if line.endswith("doing nothing")]
    assert incident["generation"] == 1
    assert incident["ran_ms"] >= 300


def test_the_reference_servers_status_at_the_deadline_by_option(serve: Serve) -> None:
    running = serve(FAULTY, variables=DEADLINE, options={"deadline_status": 500})
    assert running.ask(body="spin()").status == 500


def test_no_deadline_where_it_is_0(serve: Serve) -> None:
    running = serve(FAULTY, variables={"SCORING_TIMEOUT_MS": "0"})
    assert running.ask(body="time.sleep(0.4)").status == 200
    assert incidents(running) == []


ENDINGS = {
    "os._exit(1)": ("crash", "exited with status 1"),
    "sys.exit(7)": ("crash", "exited with status 7"),
    "crash()": ("crash", "SIGSEGV"),
    "os.kill(os.getpid(), 9)": ("crash", "SIGKILL"),
    "os.abort()": ("crash", "SIGABRT"),
    "leave_a_child()": ("crash", "exited with status 1"),
    "os.closerange(3, 100) or os._exit(3)": ("crash", "exited with status 3"),
    "[os.write(fd, b'garbage!!') for fd in range(3, 50) if os.path.exists('/proc/self/fd/%d' % fd)"
    " and 'socket' in os.readlink('/proc/self/fd/%d' % fd)] and time.sleep(9)": ("protocol", "not an answer"),
}


@pytest.mark.parametrize("words", sorted(ENDINGS))
def test_a_worker_that_ends_costs_its_own_request_and_leaves_an_incident(serve: Serve, words: str) -> None:
    running = serve(FAULTY)
    before = running.ask(body="").json
    reply = running.ask(body=words, x_request_id="R2")
    assert reply.status == 502
    after = running.ask(body="")
    assert (after.status, after.json != before) == (200, True)
    incident = incident_of(running, reply)
    kind, message = ENDINGS[words]
    assert (incident["kind"], incident["request_id"]) == (kind, "R2")
    assert message in incident["message"]
    if words == "crash()":
        assert "in crash" in incident["stacks"]
    if words == "sys.exit(7)":
        assert "SystemExit: 7" in "\n".join(incident["log"])


def test_a_worker_that_closes_its_socket_and_stays_is_ended(serve: Serve) -> None:
    running = serve(FAULTY)
    before = running.ask(body="").json
    reply = running.ask(body="close_everything()")
    assert reply.status == 502
    assert running.ask(body="").json != before
    until(lambda: not Path(f"/proc/{before}").exists())


def test_a_run_that_forks_answers_once(serve: Serve) -> None:
    running = serve(FAULTY)
    pid = running.ask(body="").json
    for _ in range(3):
        assert running.ask(body="fork_and_both_return()").status == 200
        assert running.ask(body="").json == pid
    assert incidents(running) == []


def test_health_stays_true_under_each_fault(serve: Serve, tmp_path: Path) -> None:
    script = f"import os, time\ndef init():\n    while os.path.exists({str(tmp_path / 'gate')!r}): time.sleep(0.01)\n"
    running = serve(script + FAULTY.replace("def init():\n    pass\n", ""), workers=2, options={"share_model": "never"})
    (tmp_path / "gate").touch()
    for left, words in ((1, "os._exit(1)"), (0, "sys.exit(3)")):
        assert running.ask(body=words).status == 502
        ready = running.ask("GET", "/readyz")
        assert (ready.json["ready"], ready.status) == (left, 200 if left else 503)
        assert running.ask("GET", "/").status == running.ask("GET", "/healthz").status == 200
    (tmp_path / "gate").unlink()
    until(lambda: running.ask("GET", "/readyz").json["ready"] == 2)


def test_an_init_without_an_end_fails_the_start_with_its_stacks(serve: Serve, tmp_path: Path) -> None:
    script = "import time\ndef endless():\n    time.sleep(600)\ndef init(): endless()\ndef run(data): pass\n"
    running = serve(script, wait=False, options={"init_timeout_s": 0.6})
    assert running.process.wait(30) == 3
    failure = json.loads((tmp_path / "state" / "failure.json").read_text())
    assert failure["kind"] == "init_timeout"
    assert "in endless" in failure["detail"]
    assert [incident["kind"] for incident in incidents(running)] == ["init_timeout"]


ENDS_IN_INIT = {
    "os._exit(1)": "exited with status 1",
    "ctypes.string_at(0)": "SIGSEGV",
    "sys.exit(0)": "SystemExit",
    "os.kill(os.getpid(), 9)": "SIGKILL",
}


@pytest.mark.parametrize("words", sorted(ENDS_IN_INIT))
def test_an_init_that_ends_its_worker_fails_the_start_once(serve: Serve, tmp_path: Path, words: str) -> None:
    script = f"import ctypes, os, sys\ndef init(): {words}\ndef run(data): pass\n"
    running = serve(script, wait=False)
    assert running.process.wait(30) == 3
    assert ENDS_IN_INIT[words] in json.loads((tmp_path / "state" / "failure.json").read_text())["message"]


GREEDY = """
import os, time
kept = []
def init(): pass
def run(data):
    if data == "leak":
        kept.append(b"x" * (90 << 20))
    if data == "explode":
        while True:
            kept.append(b"x" * (10 << 20))
            time.sleep(0.02)
    return os.getpid()
"""


def test_a_worker_over_its_memory_is_replaced_between_requests_and_none_is_lost(serve: Serve) -> None:
    running = serve(GREEDY, options={"memory_limit_mb": 80})
    first = running.ask(body="").json
    assert running.ask(body="leak").status == 200
    replies = [running.ask(body="")]
    while replies[-1].json == first:
        replies.append(running.ask(body=""))
    assert {reply.status for reply in replies} == {200}
    until(lambda: [incident["kind"] for incident in incidents(running)] == ["memory"])
    until(lambda: not Path(f"/proc/{first}").exists())
    assert running.ask("GET", "/readyz").json["ready"] == 1


def test_a_run_that_fills_the_memory_is_ended_at_twice_the_limit(serve: Serve) -> None:
    running = serve(GREEDY, options={"memory_limit_mb": 80})
    reply = running.ask(body="explode")
    assert reply.status == 502
    incident = incident_of(running, reply)
    assert (incident["kind"], "more than twice" in incident["message"]) == ("memory", True)
    assert "in run" in incident["stacks"]
    assert running.ask(body="").status == 200


def test_an_init_that_fills_the_memory_fails_the_start(serve: Serve, tmp_path: Path) -> None:
    script = "import time\nkept = []\ndef init():\n    while True: kept.append(b'x' * (10 << 20)); time.sleep(0.02)\n"
    running = serve(script + "def run(data): pass\n", wait=False, options={"memory_limit_mb": 80})
    assert running.process.wait(30) == 3
    assert "more than twice" in json.loads((tmp_path / "state" / "failure.json").read_text())["message"]


def test_workers_that_end_by_themselves_are_started_again_more_and_more_slowly(serve: Serve, tmp_path: Path) -> None:
    calm = tmp_path / "calm"
    script = f"""
import os, threading, time
def end():
    time.sleep(0.05)
    os._exit(9)
def init():
    if not os.path.exists({str(calm)!r}): threading.Thread(target=end).start()
def run(data): return 1
"""
    running = serve(script, wait=False, options={"share_model": "never"})
    status = until(lambda: (s := running.tell({"do": "status"}))["state"] == "failed" and s)
    assert "ended by themselves" in status["error"]["message"]
    assert "ended by themselves" in running.ask("GET", "/readyz").json["error"]
    assert running.ask(body="").status in (502, 503)
    calm.touch()
    until(lambda: running.ask(body="").status == 200)
    assert running.tell({"do": "status"})["error"] is None
    assert "crash" in {incident["kind"] for incident in incidents(running)}


def test_a_full_queue_refuses_at_once_and_serves_those_that_wait(serve: Serve, tmp_path: Path) -> None:
    script = (
        FAULTY
        + "\ndef wait_for(path):\n    open(path + '.began', 'w').close()\n"
        + ("    while not os.path.exists(path): time.sleep(0.01)\n    return 1\n")
    )
    running = serve(script, options={"queue_size": 1})
    gate = tmp_path / "gate"
    connections = [running.connect() for _ in range(2)]
    connections[0].request("POST", "/score", f"wait_for({str(gate)!r})")
    until((tmp_path / "gate.began").exists)
    connections[1].request("POST", "/score", "")
    reply = until(lambda: (r := running.ask(body="")).status == 503 and r)
    assert reply.headers["retry-after"] == "1"
    assert "wait already" in reply.json["message"]
    gate.touch()
    assert [connection.getresponse().status for connection in connections] == [200, 200]
    for connection in connections:
        connection.close()


def test_no_more_than_a_hundred_incidents_are_kept(serve: Serve) -> None:
    running = serve()
    folder = running.folder / "state" / "incidents"
    folder.mkdir()
    for number in range(120):
        (folder / f"20000101T000000-{number:08x}.json").write_text("{}")
    os.kill(running.worker_pids()[0], 9)
    until(lambda: len(list(folder.glob("*.json"))) == 100)
    assert not (folder / "20000101T000000-00000000.json").exists()


def test_the_stacks_come_from_python_3_6_too(serve: Serve) -> None:
    running = serve(FAULTY, variables=DEADLINE, interpreter=str(need_interpreter("3.6")))
    assert "in spin" in incident_of(running, running.ask(body="spin()"))["stacks"]


def test_a_host_leaves_no_files_of_its_workers_behind(serve: Serve) -> None:
    older = set(Path("/tmp").glob("homeport-stacks-*"))
    running = serve()
    words = re.findall(r"homeport-stacks-\w+", "\n".join(os.listdir(f"/proc/{running.process.pid}/fd")))
    assert words == []
    newer = set(Path("/tmp").glob("homeport-stacks-*")) - older
    folders = {path for path in newer if (path / str(running.worker_pids()[0])).exists()}
    assert len(folders) == 1
    running.end()
    assert not folders.pop().exists()


@pytest.mark.soak
def test_many_faults_in_a_row_are_all_answered_and_all_replaced(serve: Serve) -> None:
    running = serve(FAULTY, workers=2, variables=DEADLINE)
    worst = 0.0
    for number in range(count(4, 100)):
        began = time.monotonic()
        assert running.ask(body=sorted(STUCK)[number % len(STUCK)]).status == 504
        worst = max(worst, time.monotonic() - began - 0.3)
        assert running.ask(body="").status == 200
    print(f"worst overshoot {worst * 1000:.0f} ms")
    until(lambda: running.ask("GET", "/readyz").json["ready"] == 2)


def test_in_the_foreground_an_incident_is_in_the_log_with_its_stacks(
    launch: Callable[..., Launch], tmp_path: Path
) -> None:
    running = start_process(ServerSpec(launch=launch(FAULTY, variables=DEADLINE), port=0), tmp_path)
    try:
        until(lambda: running.ask("GET", "/").status == 200)
        reply = running.ask(body="spin()")
        until(lambda: f"incident {reply.json['incident']}: the stacks of worker" in running.text)
        until(lambda: "in spin" in running.text)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["app0", "spec.json"]
    finally:
        assert running.end() == 0
