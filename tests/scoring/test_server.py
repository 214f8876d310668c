"""Real servers: start, failures, health, faults, graceful stop."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.domain.launch import Launch, ServerSpec
from tests.conftest import need_interpreter
from tests.scoring.conftest import Reply, Running, Serve, start_process, until

SLOW = """
import os, time

def init():
    pass

def run(data):
    if data:
        open(data + ".began", "w").close()
        while not os.path.exists(data):
            time.sleep(0.01)
    return {"pid": os.getpid(), "data": data}
"""


def in_background(running: Running, body: str, replies: list[Reply]) -> threading.Thread:
    thread = threading.Thread(target=lambda: replies.append(running.ask(body=body)), daemon=True)
    thread.start()
    return thread


def test_a_request_is_scored_with_the_contracts_headers(serve: Serve) -> None:
    reply = serve().ask(body="hi", x_request_id="A1")
    assert (reply.status, reply.json) == (200, {"data": "hi"})
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-ms-run-function-failed"] == "False"
    assert float(reply.headers["x-ms-run-fn-exec-ms"]) >= 0
    assert reply.headers["x-request-id"] == reply.headers["x-ms-request-id"] == "A1"
    assert reply.headers["x-ms-server-version"].startswith("homeport/")


def test_health_is_503_until_init_has_finished_and_then_healthy(serve: Serve, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    script = (
        "import os, time\n"
        f"def init():\n    while not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
        "def run(data): return data\n"
    )
    running = serve(script, wait=False)
    before = running.ask("GET", "/")
    assert (before.status, list(before.json)) == (503, ["message"])
    assert running.ask("GET", "/healthz").status == 200
    assert running.ask("GET", "/readyz").status == 503
    assert running.ask(body="x").status == 503
    assert running.tell({"do": "status"})["state"] == "starting"
    gate.touch()
    until(lambda: running.ask("GET", "/").status == 200)
    assert running.ask("GET", "/").body == b"Healthy"
    assert running.ask("GET", "/readyz").json["ready"] == 1


def test_health_answers_while_every_worker_is_busy(serve: Serve, tmp_path: Path) -> None:
    running = serve(SLOW, workers=2)
    replies: list[Reply] = []
    threads = [in_background(running, str(tmp_path / name), replies) for name in ("a", "b", "c")]
    until(lambda: sum((tmp_path / f"{name}.began").exists() for name in ("a", "b", "c")) == 2)
    for path in ("/", "/healthz", "/readyz"):
        assert running.ask("GET", path).status == 200
    for name in ("a", "b", "c"):
        (tmp_path / name).touch()
    for thread in threads:
        thread.join(30)
    assert [reply.status for reply in replies] == [200, 200, 200]


def test_one_connection_serves_many_requests_and_pipelined_ones_in_order(serve: Serve) -> None:
    running = serve()
    connection = running.connect()
    for number in range(5):
        connection.request("POST", "/score", str(number))
        assert json.loads(connection.getresponse().read()) == {"data": str(number)}
    connection.close()
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as raw:
        request = "POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n{}\r\n{}"
        raw.sendall("".join(request.format("Connection: close\r\n" if n == 4 else "", n) for n in range(5)).encode())
        answered = b"".join(iter(lambda: raw.recv(65536), b""))
    assert [answered.find(b'{"data": "%d"}' % n) for n in range(5)] == sorted(
        answered.find(b'{"data": "%d"}' % n) for n in range(5)
    )
    assert answered.count(b"HTTP/1.1 200") == 5


def test_a_large_body_comes_back_whole(serve: Serve) -> None:
    body = "0123456789abcdef" * (1 << 19)
    assert serve().ask(body=body).json == {"data": body}


def test_a_request_whose_client_hung_up_in_the_queue_is_not_run(serve: Serve, tmp_path: Path) -> None:
    running = serve(SLOW)
    replies: list[Reply] = []
    first = in_background(running, str(tmp_path / "first"), replies)
    until(lambda: (tmp_path / "first.began").exists())
    with socket.create_connection(("127.0.0.1", running.port)) as raw:
        body = str(tmp_path / "left")
        raw.sendall(f"POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        running.ask("GET", "/")  # a later request is answered: the earlier one has been read
    running.ask("GET", "/")
    (tmp_path / "left").touch()
    (tmp_path / "first").touch()
    first.join(30)
    assert running.ask(body="").status == 200
    assert not (tmp_path / "left.began").exists()


ENDINGS = {
    "sys.exit(7)": "exited with status 7",
    "os._exit(5)": "exited with status 5",
    "os.kill(os.getpid(), 9)": "SIGKILL",
    "os.kill(os.getpid(), 11)": "SIGSEGV",
    "os.write(int(sys.argv[1]) if len(sys.argv) > 1 else sock(), b'garbage!!')": "is not an answer",
}


@pytest.mark.parametrize("words", sorted(ENDINGS))
def test_a_worker_that_ends_costs_its_own_request_and_is_replaced(serve: Serve, words: str) -> None:
    script = f"""
import gc, os, socket, sys
def sock():
    return next(o.fileno() for o in gc.get_objects() if isinstance(o, socket.socket) and o.fileno() >= 0)
def init(): pass
def run(data):
    if data == "end":
        {words}
    return os.getpid()
"""
    running = serve(script)
    before = running.ask(body="").json
    reply = running.ask(body="end")
    assert reply.status == 502
    assert ENDINGS[words] in reply.json["message"]
    assert reply.headers["x-ms-run-function-failed"] == "True"
    after = running.ask(body="")
    assert after.status == 200
    assert after.json != before


def test_a_replacement_that_does_not_start_is_told_and_tried_again(serve: Serve, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    script = f"""
import os
def init():
    if os.path.exists({str(broken)!r}): raise RuntimeError("the model has gone")
def run(data): os._exit(1) if data else None
"""
    running = serve(script, options={"share_model": "never"})
    broken.touch()
    assert running.ask(body="end").status == 502
    status = until(lambda: (s := running.tell({"do": "status"}))["state"] == "failed" and s)
    assert "the model has gone" in status["error"]["message"]
    reply = running.ask(body="")
    assert (reply.status, "retry-after" in reply.headers) == (503, True)
    assert running.ask("GET", "/").status == 200
    assert running.ask("GET", "/readyz").status == 503
    broken.unlink()
    until(lambda: running.ask(body="").status == 200)
    assert running.tell({"do": "status"})["state"] == "running"


def test_a_run_past_its_deadline_is_ended_and_the_next_one_served(serve: Serve) -> None:
    script = """
def init(): pass
def run(data):
    while data:
        try:
            pass
        except BaseException:
            pass
    return "quick"
"""
    running = serve(script, variables={"SCORING_TIMEOUT_MS": "200"})
    reply = running.ask(body="stuck")
    assert (reply.status, reply.json["message"]) == (504, "Scoring timeout after 200 ms")
    assert reply.headers["x-ms-run-function-failed"] == "True"
    assert running.ask(body="").json == "quick"


FAILING = {
    "raises": ("def init():\n    raise ValueError('boom')\ndef run(data): pass\n", "init_failed", "ValueError: boom"),
    "import": ("import no_such_module_xyz\n", "script_import", "no_such_module_xyz"),
    "dies": ("import os\nprint('last words')\nos._exit(4)\n", "worker_died", "exited with status 4"),
}


@pytest.mark.parametrize("case", sorted(FAILING))
def test_a_start_that_fails_exits_3_and_leaves_the_reason(serve: Serve, tmp_path: Path, case: str) -> None:
    script, kind, words = FAILING[case]
    running = serve(script, wait=False, workers=3)
    assert running.process.wait(30) == 3
    failure = json.loads((tmp_path / "state" / "failure.json").read_text())
    assert failure["kind"] == kind
    assert words in failure["message"]
    assert "last words" in failure["detail"] if case == "dies" else words in failure["detail"]
    assert words in running.text
    assert not (tmp_path / "state" / "current").exists()
    assert running.control is not None
    assert not running.control.exists()


def test_a_start_that_succeeds_writes_what_serves_and_forgets_the_failure(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "failure.json").write_text("{}")
    serve()
    assert (tmp_path / "state" / "current").read_text() == "1\n"
    assert not (tmp_path / "state" / "failure.json").exists()


def test_an_interpreter_that_does_not_run_is_named(serve: Serve, tmp_path: Path) -> None:
    running = serve(wait=False, interpreter="/no/such/python")
    assert running.process.wait(30) == 3
    assert "`/no/such/python` does not run" in (tmp_path / "state" / "failure.json").read_text()


def test_a_port_in_use_is_told_on_the_ready_descriptor(serve: Serve, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        running = serve(wait=False, port=taken.getsockname()[1])
    event = json.loads(running.said[0])
    assert (event["event"], event["error"]["kind"]) == ("failed", "port_in_use")
    assert running.process.wait(30) == 1


def test_health_may_have_a_listener_of_its_own(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        second = found.getsockname()[1]
    running = serve(variables={"SEPERATE_HEALTH_ENDPOINT": "true", "HEALTH_PORT": str(second)})
    assert running.ask(body="x").status == 200
    running.port = second
    assert (running.ask("GET", "/").status, running.ask(body="x").status) == (200, 200)
    assert running.end() == 0


def test_a_second_host_of_a_service_is_refused_and_the_first_goes_on(serve: Serve) -> None:
    first = serve()
    second = serve(wait=False)
    assert json.loads(second.said[0])["error"]["kind"] == "already_running"
    assert second.process.wait(30) == 3
    assert first.ask(body="x").status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_the_request_in_hand_finish_and_exits_0(serve: Serve, tmp_path: Path, number: int) -> None:
    running = serve(SLOW)
    worker = running.worker_pids()[0]
    replies: list[Reply] = []
    thread = in_background(running, str(tmp_path / "held"), replies)
    until(lambda: (tmp_path / "held.began").exists())
    running.process.send_signal(number)
    until(lambda: refused(running.port))
    (tmp_path / "held").touch()
    thread.join(30)
    assert [reply.status for reply in replies] == [200]
    assert running.process.wait(30) == 0
    assert not Path(f"/proc/{worker}").exists()


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_stop_during_init_ends_at_once(serve: Serve, tmp_path: Path) -> None:
    script = "import time\ndef init(): time.sleep(600)\ndef run(data): pass\n"
    running = serve(script, wait=False)
    assert running.end() == 0


def test_workers_do_not_outlive_a_server_that_is_killed(serve: Serve, tmp_path: Path) -> None:
    running = serve(SLOW)
    worker = running.worker_pids()[0]
    with socket.create_connection(("127.0.0.1", running.port)) as raw:
        body = str(tmp_path / "x")
        raw.sendall(f"POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        until(lambda: (tmp_path / "x.began").exists())
        running.end(signal.SIGKILL)
    until(lambda: not Path(f"/proc/{worker}").exists() or "Z" in Path(f"/proc/{worker}/stat").read_text().split()[2])


def test_in_the_foreground_the_log_is_the_terminal_and_the_ready_line_says_the_address(
    launch: Callable[..., Launch], tmp_path: Path
) -> None:
    script = "import sys\ndef init(): print('said'); sys.stderr.write('raw\\n')\ndef run(data): return 1\n"
    running = start_process(ServerSpec(launch=launch(script), port=0), tmp_path)
    try:
        until(lambda: f"serving http://127.0.0.1:{running.port}/score (1 worker, Python" in running.text)
        assert running.ask(body="").status == 200
        until(lambda: " azmlinfsrv - POST /score 200 " in running.text)
        assert "azmlinfsrv.print - said\n" in running.text
        assert "raw\n" in running.said
        assert sorted(path.name for path in tmp_path.iterdir()) == ["app0", "spec.json"]
    finally:
        assert running.end() == 0


@pytest.mark.parametrize("minor", ["3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"])
def test_a_model_may_bring_its_own_python(serve: Serve, minor: str) -> None:
    script = "import sys\ndef init(): pass\ndef run(data): return list(sys.version_info[:2])\n"
    running = serve(script, interpreter=str(need_interpreter(minor)))
    assert running.ask(body="").json == [int(part) for part in minor.split(".")]


def test_two_workers_serve_at_the_same_time(serve: Serve, tmp_path: Path) -> None:
    running = serve(SLOW, workers=2)
    assert len(set(running.worker_pids())) == 2
    replies: list[Reply] = []
    threads = [in_background(running, str(tmp_path / name), replies) for name in ("a", "b")]
    until(lambda: (tmp_path / "a.began").exists() and (tmp_path / "b.began").exists())
    for name in ("a", "b"):
        (tmp_path / name).touch()
    for thread in threads:
        thread.join(30)
    assert len({reply.json["pid"] for reply in replies}) == 2


def test_a_file_that_is_not_what_was_registered_stops_the_start(serve: Serve, launch: Callable[..., Launch]) -> None:
    made = launch()
    document = made.to_json()
    (Path(made.app_root) / "m.pkl").write_text("changed")
    wrong = Launch.from_json(
        {**document, "files": [{"path": "m.pkl", "size": 7, "sha256": "0" * 64}], "models_root": made.app_root}
    )
    running = serve(wrong, wait=False)
    assert running.process.wait(30) == 3
    assert "damaged_model" in (running.folder / "state" / "failure.json").read_text()


def test_the_users_own_modules_here_are_not_the_servers(tmp_path: Path) -> None:
    for name in ("uvicorn", "json", "wire", "orjson"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('of the user')\n")
    (tmp_path / "score.py").write_text("def init(): pass\ndef run(data): return 1\n")
    code = (
        "from homeport.runtimes import serve_in_foreground as serve\n"
        "from homeport.domain.launch import Launch, ServerSpec\n"
        f"launch = Launch(interpreter={sys.executable!r}, entry_script={str(tmp_path / 'score.py')!r}, app_root='/')\n"
        "serve(ServerSpec(launch=launch, port=0))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", code] if sys.version_info >= (3, 11) else [sys.executable, "-I", "-c", code],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": ""},
    )
    assert process.stderr is not None
    with process.stderr:
        line = process.stderr.readline()
        process.terminate()
    assert process.wait(30) == 0
    assert line.startswith(b"serving http://127.0.0.1:")
