from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from homeport.domain.launch import Launch, ServerSpec
from homeport.domain.progress import Silent
from homeport.runtimes import ProcessRuntime
from homeport.runtimes.host import HostFailedError, end_host, host_variables, lock_holders, start_host
from homeport.runtimes.service_folder import ServiceFolder
from tests.runtimes.conftest import Deploy, Words, serves


def test_a_stuck_host_is_called_so_and_ended_by_force_with_its_workers(
    runtime: ProcessRuntime, deploy: Deploy, home: Path
) -> None:
    service = deploy()
    pid = runtime.status("iris").pid
    assert pid is not None
    folder = ServiceFolder(home, "iris")
    assert lock_holders(folder) == [pid]
    workers = psutil.Process(pid).children(recursive=True)
    assert workers
    os.kill(pid, signal.SIGSTOP)
    status = runtime.status("iris")
    assert (status.state, status.error) == ("failed", "its host lives but does not answer")
    assert "homeport service stop iris" in str(status.hint)
    words = Words()
    end_host(folder, Path(service.control_socket), words, patience=0.1)
    assert len(words.said) == 1
    assert "does not answer (timed out): ending it by force" in words.said[0]
    assert not folder.is_alive()
    assert not serves(service.port)
    assert psutil.wait_procs(workers, timeout=20)[1] == []


def test_nobody_holds_a_service_without_a_host(runtime: ProcessRuntime, deploy: Deploy, home: Path) -> None:
    deploy()
    runtime.stop("iris")
    folder = ServiceFolder(home, "iris")
    assert lock_holders(folder) == []
    end_host(folder, folder.control_socket, Silent())


def spec(folder: Path, port: int) -> ServerSpec:
    launch = Launch(interpreter="/nowhere/python", entry_script="/nowhere/score.py", app_root=str(folder))
    return ServerSpec(launch=launch, port=port, state_folder=str(folder), control_socket=str(folder / "s"))


def test_a_host_that_cannot_listen_says_why(tmp_path: Path, runtime: ProcessRuntime, deploy: Deploy) -> None:
    with pytest.raises(HostFailedError) as raised:
        start_host(tmp_path, spec(tmp_path, deploy().port))
    assert raised.value.failure.kind == "port_in_use"


def test_a_host_that_breaks_before_it_can_speak_leaves_its_own_words(tmp_path: Path) -> None:
    folder = tmp_path / "service"
    folder.mkdir()
    (folder / "host.lock").mkdir()  # cannot be opened as a file
    with pytest.raises(HostFailedError, match="ended before it listened") as raised:
        start_host(folder, spec(folder, 0))
    assert "IsADirectoryError" in raised.value.failure.detail


def test_what_belongs_to_the_deployers_python_stays_with_it() -> None:
    found = {"PATH": "/bin", "PYTHONPATH": "/x", "VIRTUAL_ENV": "/v", "AZUREML_MODEL_DIR": "/m", "OMP_NUM_THREADS": "2"}
    assert host_variables(found) == {"PATH": "/bin", "OMP_NUM_THREADS": "2"}
