"""Changes under load, by several processes at once, and broken off in the middle."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from homeport.errors import EntryScriptError, ServiceError
from homeport.runtimes import DeploymentChange, ProcessRuntime
from homeport.runtimes.control import ask
from homeport.runtimes.service_folder import ServiceFolder
from tests.conftest import count
from tests.runtimes.conftest import RAISES, Deploy, Words, free_port, generation_folders, score, word, write_script
from tests.runtimes.load import load

RELOAD = (
    "import sys; from pathlib import Path; from homeport.runtimes import ProcessRuntime\n"
    "runtime = ProcessRuntime(Path(sys.argv[1]))\n"
    "print('ready', flush=True)\n"
    "for _ in range(int(sys.argv[2])): print(runtime.reload('iris').generations[-1].number, flush=True)\n"
)


def reloading(home: Path, times: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RELOAD, str(home), str(times)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.soak
def test_updates_under_load_lose_no_request(runtime: ProcessRuntime, deploy: Deploy, source: Path) -> None:
    port = deploy(workers=2).port
    times = count(3, 50)
    with load(lambda: port) as seen:
        for number in range(times):
            write_script(source, f"word {number}")
            runtime.reload("iris")
            assert word(runtime.service("iris")) == f"word {number}"
            seen.more(20)
    assert seen.failures == []
    assert set(seen.answers) == {"one", *(f"word {number}" for number in range(times))}


@pytest.mark.soak
def test_failed_updates_under_load_switch_nothing(runtime: ProcessRuntime, deploy: Deploy, source: Path) -> None:
    port = deploy(workers=2).port
    (source / "score.py").write_text(RAISES)
    with load(lambda: port) as seen:
        for _ in range(count(2, 20)):
            with pytest.raises(EntryScriptError, match="broken on purpose"):
                runtime.reload("iris")
    assert seen.failures == []
    assert set(seen.answers) == {"one"}
    assert generation_folders() == ["1"]


@pytest.mark.soak
def test_port_changes_under_load_lose_no_request(runtime: ProcessRuntime, deploy: Deploy, source: Path) -> None:
    deploy(workers=2)
    ports = [runtime.service("iris").port]
    with load(lambda: runtime.service("iris").port) as seen:
        for _ in range(count(2, 10)):
            ports.append(runtime.update("iris", DeploymentChange(), port=free_port()).port)
            seen.more(20)
    assert seen.failures == []
    assert len(set(ports)) == len(ports)


@pytest.mark.soak
def test_updates_from_two_processes_happen_one_after_the_other(
    runtime: ProcessRuntime, deploy: Deploy, home: Path
) -> None:
    deploy()
    times = count(2, 10)
    both = [reloading(home, times) for _ in range(2)]
    outcomes = [process.communicate(timeout=240) for process in both]
    assert [process.returncode for process in both] == [0, 0], outcomes
    numbers = sorted(int(line) for out, _ in outcomes for line in out.split()[1:])
    assert numbers == list(range(2, 2 + 2 * times))
    assert runtime.status("iris").generation == numbers[-1]
    assert word(runtime.service("iris")) == "one"


@pytest.mark.soak
def test_a_client_killed_in_the_middle_leaves_service_and_host_agreeing(
    runtime: ProcessRuntime, deploy: Deploy, source: Path, home: Path
) -> None:
    port = deploy().port
    chosen = random.Random(7)
    with load(lambda: port) as seen:
        for _ in range(count(3, 20)):
            client = reloading(home, 100)
            assert client.stdout is not None
            assert client.stdout.readline() == "ready\n"
            seen.more(chosen.randrange(1, 200))
            client.send_signal(signal.SIGKILL)
            client.communicate()
            service, status = runtime.service("iris"), runtime.status("iris")
            assert status.state == "running"
            assert status.generation in [generation.number for generation in service.generations]
            assert service.port == status.port == port
    assert seen.failures == []
    write_script(source, "after all")
    service = runtime.reload("iris")
    assert word(service) == "after all"
    assert runtime.status("iris").generation == service.generations[-1].number
    assert len(service.generations) <= 5
    assert generation_folders() == sorted(str(generation.number) for generation in service.generations)
    recorded = json.loads((home / "services/iris/service.json").read_text())
    assert [generation["number"] for generation in recorded["generations"]] == [
        generation.number for generation in service.generations
    ]


GATED = """\
import os, time

def init():
    print("at the gate", flush=True)
    while not os.path.exists({gate!r}):
        time.sleep(0.01)
    {then}

def run(data):
    return {{"word": "gated"}}
"""


def reach_the_gate(runtime: ProcessRuntime) -> None:
    """Until the host is in the middle of a switch, and the new generation's init() has begun."""
    socket = Path(runtime.service("iris").control_socket)
    while ask(socket, {"do": "status"})["switching"] != 2 or "at the gate" not in runtime.logs("iris", 100):
        pass


@pytest.mark.parametrize(("then", "numbers"), [("pass", [1, 2, 3]), ("raise ValueError('late')", [1, 2])])
def test_a_change_that_was_left_behind_is_waited_for_and_kept_if_it_came_to_something(
    runtime: ProcessRuntime, deploy: Deploy, source: Path, home: Path, tmp_path: Path, then: str, numbers: list[int]
) -> None:
    service = deploy()
    gate = tmp_path / "gate"
    (source / "score.py").write_text(GATED.format(gate=str(gate), then=then))
    client = reloading(home, 1)
    reach_the_gate(runtime)
    client.kill()
    client.communicate()
    assert word(service) == "one"
    assert (runtime.status("iris").state, runtime.status("iris").generation) == ("running", 1)
    words = Words()
    write_script(source, "three")
    with ThreadPoolExecutor(1) as thread:
        reload = thread.submit(runtime.reload, "iris", progress=words)
        while not words.said:
            pass
        gate.touch()
        service = reload.result(60)
    assert words.said[0] == "waiting for a change that was left behind to end"
    assert word(service) == "three"
    assert [generation.number for generation in service.generations] == numbers
    assert generation_folders() == [str(number) for number in numbers]


def test_a_host_that_dies_in_the_middle_of_a_change_is_told_and_a_start_serves_the_old(
    runtime: ProcessRuntime, deploy: Deploy, source: Path, tmp_path: Path
) -> None:
    deploy()
    (source / "score.py").write_text(GATED.format(gate=str(tmp_path / "gate"), then="pass"))
    with ThreadPoolExecutor(1) as thread:
        reload = thread.submit(runtime.reload, "iris")
        reach_the_gate(runtime)
        pid = runtime.status("iris").pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(ServiceError, match="went away during the change") as raised:
            reload.result(60)
    assert "homeport service show iris" in str(raised.value.hint)
    assert generation_folders() == ["1"]
    assert runtime.status("iris").state == "failed"
    runtime.start("iris")
    assert word(runtime.wait("iris")) == "one"


def test_a_request_in_hand_is_finished_before_a_stop(
    runtime: ProcessRuntime, deploy: Deploy, source: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    (source / "score.py").write_text(
        "import os, time\ndef init(): ...\n"
        "def run(data):\n"
        "    print('in hand', flush=True)\n"
        f"    while not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
        "    return {'word': 'finished'}\n"
    )
    service = deploy()
    with ThreadPoolExecutor(2) as threads:
        answer = threads.submit(score, service)
        while "in hand" not in runtime.logs("iris", 100):
            pass
        stopped = threads.submit(runtime.stop, "iris")
        while runtime.service("iris").desired != "stopped":
            pass
        gate.touch()
        assert answer.result(60) == {"word": "finished"}
        stopped.result(60)
    assert runtime.status("iris").state == "stopped"


@pytest.mark.soak
def test_asking_whether_a_host_lives_never_keeps_one_from_starting(
    runtime: ProcessRuntime, deploy: Deploy, home: Path
) -> None:
    deploy()
    folder, end = ServiceFolder(home, "iris"), threading.Event()

    def ask_on_and_on() -> None:
        while not end.is_set():
            folder.is_alive()

    askers = [threading.Thread(target=ask_on_and_on) for _ in range(2)]
    for asker in askers:
        asker.start()
    try:
        for _ in range(count(2, 20)):
            runtime.stop("iris")
            runtime.start("iris")
            assert word(runtime.wait("iris")) == "one"
    finally:
        end.set()
        for asker in askers:
            asker.join()
