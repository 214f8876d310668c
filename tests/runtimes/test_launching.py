from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.errors import (
    DamagedStoreError,
    EntryScriptError,
    InvalidCallError,
    ServiceError,
    UnavailableError,
)
from homeport.runtimes import DeploymentChange, ProcessRuntime
from homeport.runtimes.status import answers_health
from tests.runtimes.conftest import (
    ENVIRONMENT,
    RAISES,
    Deploy,
    Words,
    deployment,
    free_port,
    model,
    runtime_folder,
    word,
    write_script,
)


def test_a_script_that_raises_is_told_with_its_traceback_and_can_be_mended(
    runtime: ProcessRuntime, source: Path
) -> None:
    (source / "score.py").write_text(RAISES)
    runtime.deploy("iris", "ws", deployment(source, model("iris", 1, "weights")))
    with pytest.raises(EntryScriptError, match="broken on purpose") as raised:
        runtime.wait("iris")
    assert "ValueError: broken on purpose" in raised.value.detail
    assert 'score.py", line 2, in init' in raised.value.detail
    assert "model.txt" in raised.value.detail
    assert "homeport service reload iris" in str(raised.value.hint)
    status = runtime.status("iris")
    assert status.state == "failed"
    assert "broken on purpose" in str(status.error)
    assert status.hint == raised.value.hint
    write_script(source, "mended")
    assert word(runtime.reload("iris")) == "mended"
    assert runtime.status("iris").state == "running"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("def init(:\n", "SyntaxError"),
        ("import no_such_module\n", "no_such_module"),
        ("def run(data): return 1\n", "init"),
        ("import os\ndef init(): os._exit(9)\ndef run(data): return 1\n", "status 9"),
        ("import sys\ndef init(): sys.exit(0)\ndef run(data): return 1\n", "SystemExit"),
    ],
)
def test_each_way_to_fail_at_the_start_is_the_scripts_error(
    runtime: ProcessRuntime, source: Path, script: str, message: str
) -> None:
    (source / "score.py").write_text(script)
    runtime.deploy("iris", "ws", deployment(source))
    with pytest.raises(EntryScriptError, match=message):
        runtime.wait("iris")
    assert runtime.status("iris").state == "failed"


def test_a_port_in_use_is_refused_with_who_has_it_and_a_free_one(
    runtime: ProcessRuntime, deploy: Deploy, source: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(ServiceError, match=rf"port {port} is taken: .*\(pid {os.getpid()}\)") as raised:
            runtime.deploy("iris", "ws", deployment(source), port=port)
    assert "use another port, for example" in str(raised.value.hint)
    assert runtime.services() == []
    taken = deploy(name="first").port
    with pytest.raises(ServiceError, match=f"port {taken} is taken: service `first` listens on it"):
        runtime.deploy("second", "ws", deployment(source), port=taken)
    other = deploy(name="second")
    with pytest.raises(ServiceError, match=f"port {taken} is taken: service `first`"):
        runtime.update("second", DeploymentChange(), port=taken)
    assert word(other) == "one"
    assert runtime.service("second").port == other.port
    words = Words()
    with pytest.raises(ServiceError):
        runtime.update("second", DeploymentChange(), port=taken, progress=words)
    assert words.said == []  # it is refused before anything is written


def test_a_chosen_port_is_kept_and_one_taken_meanwhile_is_told(runtime: ProcessRuntime, deploy: Deploy) -> None:
    service = deploy()
    runtime.stop("iris")
    runtime.start("iris")
    assert runtime.wait("iris").port == service.port
    runtime.stop("iris")
    with socket.create_server(("127.0.0.1", service.port)):
        with pytest.raises(ServiceError, match=f"port {service.port} is taken"):
            runtime.start("iris")
        status = runtime.status("iris")
        assert status.state == "failed"
        assert f"port {service.port} is taken" in str(status.error)
        moved = runtime.update("iris", DeploymentChange(), port=free_port())
        assert moved.port != service.port
        assert word(moved) == "one"


@pytest.mark.parametrize("port", [0, 65536, "80", True])
def test_a_port_that_is_none_is_refused(runtime: ProcessRuntime, source: Path, port: int) -> None:
    with pytest.raises(InvalidCallError, match="is not a usable port"):
        runtime.deploy("iris", "ws", deployment(source), port=port)


def test_waiting_has_an_end(runtime: ProcessRuntime, source: Path) -> None:
    (source / "score.py").write_text("import time\ndef init(): time.sleep(600)\ndef run(data): return 1\n")
    service = runtime.deploy("iris", "ws", deployment(source))
    with pytest.raises(ServiceError, match=r"still starting after 0\.2 s") as raised:
        runtime.wait("iris", timeout=0.2)
    assert "homeport service logs iris" in str(raised.value.hint)
    assert runtime.status("iris").state == "deploying"
    assert not answers_health("127.0.0.1", service.port)
    runtime.stop("iris")
    assert runtime.status("iris").state == "stopped"


def test_a_missing_interpreter_is_told_and_the_service_is_failed(runtime: ProcessRuntime, source: Path) -> None:
    gone = replace(deployment(source), environment=replace(ENVIRONMENT, interpreter="/nowhere/python"))
    with pytest.raises(UnavailableError, match="`/nowhere/python`"):
        runtime.deploy("iris", "ws", gone)
    status = runtime.status("iris")
    assert status.state == "failed"
    assert "the interpreter of service `iris` has gone" in str(status.error)
    assert runtime.update("iris", DeploymentChange(environment=ENVIRONMENT)).generations[-1].number == 2
    assert runtime.status("iris").state == "running"


def test_a_changed_model_file_is_not_loaded(runtime: ProcessRuntime, deploy: Deploy) -> None:
    deploy(model("iris", 1, "weights"))
    runtime.stop("iris")
    stored = runtime_folder() / "iris/generations/1/app/azureml-models/iris/1/model.txt"
    stored.write_text("Weights")
    runtime.start("iris")
    with pytest.raises(DamagedStoreError, match=r"model\.txt"):
        runtime.wait("iris")
    assert runtime.status("iris").state == "failed"
