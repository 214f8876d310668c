"""Changes under load, by several processes at once, and broken off in the middle."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.errors import EntryScriptError
from homeport.runtimes import DeploymentChange, ProcessRuntime
from tests.conftest import count
from tests.runtimes.conftest import RAISES, Deploy, word, write_script
from tests.runtimes.load import load
from tests.runtimes.test_process import free_port_of, generation_folders

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
    assert generation_folders(runtime) == ["1"]


@pytest.mark.soak
def test_port_changes_under_load_lose_no_request(runtime: ProcessRuntime, deploy: Deploy, source: Path) -> None:
    deploy(workers=2)
    ports = [runtime.service("iris").port]
    with load(lambda: runtime.service("iris").port) as seen:
        for _ in range(count(2, 10)):
            ports.append(runtime.update("iris", DeploymentChange(), port=free_port_of(runtime)).port)
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
    assert generation_folders(runtime) == sorted(str(generation.number) for generation in service.generations)
    recorded = json.loads((home / "services/iris/service.json").read_text())
    assert [generation["number"] for generation in recorded["generations"]] == [
        generation.number for generation in service.generations
    ]
