from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.errors import (
    EntryScriptError,
    InvalidCallError,
    InvalidInputError,
    MissingPathError,
    ServiceError,
    ServiceNotFoundError,
)
from homeport.runtimes import DeploymentChange, ProcessRuntime
from tests.runtimes.conftest import (
    ENVIRONMENT,
    RAISES,
    Deploy,
    Words,
    deployment,
    free_port,
    generation_folders,
    model,
    runtime_folder,
    score,
    serves,
    word,
    write_script,
)


def test_a_life(runtime: ProcessRuntime, source: Path) -> None:
    words, lines = Words(), list[str]()
    deployed = runtime.deploy(
        "iris", "ws", deployment(source, model("iris", 7, "weights")), progress=words, tags={"a": 1}
    )
    assert deployed.desired == "running"
    service = runtime.wait("iris", service_id=deployed.id, on_line=lines.append)
    assert any("init of one" in line for line in lines)
    assert score(service, "hello") == {"word": "one", "model": "weights", "data": "hello"}
    status = runtime.status("iris")
    assert (status.state, status.generation, status.port, status.ready_workers) == ("running", 1, service.port, 1)
    assert (status.error, status.hint) == (None, None)
    assert "init of one" in runtime.logs("iris", 100)
    assert runtime.service("iris").tags == {"a": 1}

    write_script(source, "two")
    assert word(runtime.reload("iris")) == "two"
    assert word(runtime.rollback("iris")) == "one"
    runtime.stop("iris")
    assert runtime.status("iris").state == "stopped"
    assert not serves(service.port)
    runtime.start("iris")
    assert word(runtime.wait("iris")) == "one"
    runtime.delete("iris")
    assert not serves(service.port)
    assert runtime.services() == []
    with pytest.raises(ServiceNotFoundError):
        runtime.service("iris")


def test_a_service_survives_the_process_that_deployed_it(runtime: ProcessRuntime, source: Path, home: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from homeport.runtimes import ProcessRuntime\n"
        "from tests.runtimes.conftest import deployment\n"
        "runtime = ProcessRuntime(Path(sys.argv[1]))\n"
        "print(runtime.deploy('iris', 'ws', deployment(Path(sys.argv[2]))).id)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, str(home), str(source)], cwd=root, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    service = runtime.wait("iris", service_id=done.stdout.strip())
    assert word(service) == "one"
    pid = runtime.status("iris").pid
    assert pid is not None
    assert os.getsid(pid) == pid  # neither Ctrl-C nor the end of a terminal reaches it


def test_the_host_gets_nothing_of_the_deployers_python(
    runtime: ProcessRuntime, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("AZUREML_SOURCE_DIRECTORY", "mine")
    monkeypatch.setenv("KEPT", "yes")
    (source / "score.py").write_text(
        "import os\ndef init(): ...\n"
        "names = ['PYTHONPATH', 'AZUREML_SOURCE_DIRECTORY', 'KEPT', 'MINE']\n"
        "def run(data): return {'folder': os.getcwd(), 'found': list(map(os.environ.get, names))}\n"
    )
    alone = replace(deployment(source, MINE="1"), entry_script=str(source / "score.py"), source_directory=None)
    runtime.deploy("iris", "ws", alone)
    service = runtime.wait("iris")
    answer = score(service)
    assert answer["found"] == [None, None, "yes", "1"]
    assert Path(str(answer["folder"])).name == "app"


def test_deploying_again_replaces_and_the_old_handle_is_stale(
    runtime: ProcessRuntime, deploy: Deploy, source: Path
) -> None:
    first = deploy(port=None)
    write_script(source, "two")
    second = deploy(port=first.port)
    assert word(second) == "two"
    assert second.id != first.id
    assert [generation.number for generation in second.generations] == [1]
    for call in (runtime.wait, runtime.reload, runtime.rollback, runtime.start, runtime.stop, runtime.delete):
        with pytest.raises(ServiceError, match="has been replaced by a later deployment"):
            call("iris", service_id=first.id)
    with pytest.raises(ServiceError, match="has been replaced"):
        runtime.update("iris", DeploymentChange(), service_id=first.id)
    assert word(runtime.service("iris", service_id=second.id)) == "two"


def test_a_deployment_that_cannot_be_made_leaves_the_old_one_serving(
    runtime: ProcessRuntime, deploy: Deploy, source: Path
) -> None:
    first = deploy()
    (source / "score.py").unlink()
    with pytest.raises(MissingPathError):
        runtime.deploy("iris", "ws", deployment(source), port=first.port)
    assert word(first) == "one"
    assert runtime.service("iris").id == first.id
    assert {path.name for path in runtime_folder().iterdir()} == {"iris", ".iris.lock"}


def test_an_update_exchanges_what_it_is_given_and_keeps_the_rest(
    runtime: ProcessRuntime, deploy: Deploy, source: Path, tmp_path: Path
) -> None:
    deploy(model("iris", 1, "first"))
    write_script(source, "edited, and only a reload may see it")
    words = Words()
    service = runtime.update("iris", DeploymentChange(models=(model("iris", 2, "second"),)), progress=words)
    assert score(service) == {"word": "one", "model": "second", "data": "x"}
    assert any("init of one" in line for line in words.said)
    other = tmp_path / "other"
    other.mkdir()
    write_script(other, "other")
    service = runtime.update("iris", DeploymentChange(entry_script="score.py", source_directory=other, workers=2))
    assert score(service) == {"word": "other", "model": "second", "data": "x"}
    assert service.source == str(other)
    assert runtime.status("iris").ready_workers == 2
    service = runtime.update("iris", DeploymentChange(variables={"X": "1"}, environment=ENVIRONMENT))
    assert word(service) == "other"
    assert [(generation.number, generation.cause, generation.models) for generation in service.generations] == [
        (1, "deploy", ("iris:1",)),
        (2, "update", ("iris:2",)),
        (3, "update", ("iris:2",)),
        (4, "update", ("iris:2",)),
    ]
    assert runtime.status("iris").generation == 4


def test_an_update_that_fails_changes_nothing(runtime: ProcessRuntime, deploy: Deploy, source: Path) -> None:
    before = deploy()
    (source / "score.py").write_text(RAISES)
    for call in (
        lambda: runtime.reload("iris"),
        lambda: runtime.update("iris", DeploymentChange(entry_script="score.py", source_directory=source)),
    ):
        with pytest.raises(EntryScriptError, match="broken on purpose") as raised:
            call()
        assert "ValueError: broken on purpose" in raised.value.detail
        assert word(before) == "one"
        assert [generation.number for generation in runtime.service("iris").generations] == [1]
        assert runtime.status("iris").state == "running"
        assert generation_folders() == ["1"]


def test_a_port_change_moves_the_service_and_frees_the_old_port(runtime: ProcessRuntime, deploy: Deploy) -> None:
    before = deploy()
    after = runtime.update("iris", DeploymentChange(), port=free_port())
    assert after.port != before.port
    assert word(after) == "one"
    assert not serves(before.port)
    assert runtime.service("iris").port == runtime.status("iris").port == after.port
    assert word(runtime.rollback("iris")) == "one"
    assert runtime.service("iris").port == after.port


def test_an_update_starts_a_stopped_service_and_one_that_fails_leaves_it_stopped(
    runtime: ProcessRuntime, deploy: Deploy, source: Path
) -> None:
    deploy()
    runtime.stop("iris")
    (source / "score.py").write_text(RAISES)
    with pytest.raises(EntryScriptError, match="broken on purpose"):
        runtime.reload("iris")
    status = runtime.status("iris")
    assert (status.state, status.error) == ("stopped", None)
    assert "homeport service start iris" in str(status.hint)
    assert generation_folders() == ["1"]
    write_script(source, "two")
    assert word(runtime.reload("iris")) == "two"
    assert runtime.status("iris").state == "running"


def test_a_reload_needs_the_place_where_the_code_came_from(
    runtime: ProcessRuntime, deploy: Deploy, source: Path
) -> None:
    service = deploy()
    source.rename(source.with_name("elsewhere"))
    with pytest.raises(MissingPathError, match=f"no longer at `{source}`") as raised:
        runtime.reload("iris")
    assert "update the service" in str(raised.value.hint)
    assert word(service) == "one"


def test_a_lone_script_reloads(runtime: ProcessRuntime, source: Path) -> None:
    alone = replace(deployment(source), entry_script=str(source / "score.py"), source_directory=None)
    runtime.deploy("iris", "ws", alone)
    assert word(runtime.wait("iris")) == "one"
    write_script(source, "two")
    assert word(runtime.reload("iris")) == "two"


def test_rolling_back_goes_to_the_one_before_or_the_one_asked_for(
    runtime: ProcessRuntime, deploy: Deploy, source: Path
) -> None:
    deploy(model("iris", 1, "first"))
    with pytest.raises(ServiceError, match="has no earlier generation"):
        runtime.rollback("iris")
    for text in ("two", "three"):
        write_script(source, text)
        runtime.reload("iris")
    assert word(runtime.rollback("iris")) == "two"
    assert word(runtime.rollback("iris")) == "three"
    service = runtime.rollback("iris", 1)
    assert score(service) == {"word": "one", "model": "first", "data": "x"}
    assert [(generation.number, generation.cause) for generation in service.generations] == [
        (2, "reload"),
        (3, "reload"),
        (4, "rollback to 2"),
        (5, "rollback to 3"),
        (6, "rollback to 1"),
    ]
    with pytest.raises(InvalidInputError, match="is the one that serves"):
        runtime.rollback("iris", 6)
    with pytest.raises(InvalidInputError, match="has no generation 1") as raised:
        runtime.rollback("iris", 1)
    assert raised.value.hint == "it keeps 2, 3, 4, 5, 6"


def test_five_generations_are_kept_and_never_less_than_what_serves(
    runtime: ProcessRuntime, deploy: Deploy, source: Path
) -> None:
    deploy(model("iris", 1, "weights"))
    for number in range(2, 8):
        write_script(source, f"word {number}")
        service = runtime.reload("iris")
    assert [generation.number for generation in service.generations] == [3, 4, 5, 6, 7]
    assert generation_folders() == ["3", "4", "5", "6", "7"]
    assert score(service) == {"word": "word 7", "model": "weights", "data": "x"}
    runtime.stop("iris")
    runtime.start("iris")
    assert word(runtime.wait("iris")) == "word 7"


def test_models_of_every_kept_generation_are_in_use(runtime: ProcessRuntime, deploy: Deploy) -> None:
    deploy(model("iris", 1, "first"))
    deploy(model("iris", 1, "first"), model("rose", 3, "r"), name="both")
    runtime.update("iris", DeploymentChange(models=(model("iris", 2, "second"),)))
    assert runtime.models_in_use("ws") == {"iris:1": ["both", "iris"], "rose:3": ["both"], "iris:2": ["iris"]}
    assert runtime.models_in_use("another") == {}


def test_a_host_that_does_not_answer_is_ended_by_force(runtime: ProcessRuntime, deploy: Deploy) -> None:
    service = deploy()
    pid = runtime.status("iris").pid
    assert pid is not None
    Path(service.control_socket).unlink()
    assert runtime.status("iris").state == "running"  # it serves, though it cannot be asked
    words = Words()
    runtime.delete("iris", words)
    assert any("ending it by force" in text for text in words.said)
    assert not serves(service.port)
    assert runtime.services() == []


def test_starting_what_runs_and_stopping_what_is_stopped_is_harmless(runtime: ProcessRuntime, deploy: Deploy) -> None:
    service = deploy()
    pid = runtime.status("iris").pid
    words = Words()
    runtime.start("iris", words)
    assert words.said == ["service `iris` is started already"]
    assert runtime.status("iris").pid == pid
    assert word(service) == "one"
    runtime.stop("iris")
    runtime.stop("iris")
    assert runtime.status("iris").state == "stopped"
    with pytest.raises(ServiceError, match="is stopped"):
        runtime.wait("iris")


def test_an_update_replaces_a_first_start_that_has_no_end(runtime: ProcessRuntime, source: Path) -> None:
    (source / "score.py").write_text("import time\ndef init(): time.sleep(600)\ndef run(data): return 1\n")
    runtime.deploy("iris", "ws", deployment(source))
    write_script(source, "two")
    assert word(runtime.reload("iris")) == "two"


@pytest.mark.parametrize("name", ["irs", "..", "../workspaces", ".iris.lock", "", "a/b"])
def test_what_is_no_service_is_not_found(runtime: ProcessRuntime, deploy: Deploy, home: Path, name: str) -> None:
    deploy()
    (home / "workspaces").mkdir()
    for call in (
        runtime.status,
        runtime.service,
        runtime.logs,
        runtime.start,
        runtime.stop,
        runtime.delete,
        runtime.reload,
    ):
        with pytest.raises(ServiceNotFoundError, match="WebserviceNotFound"):
            call(name)
    assert (home / "workspaces").is_dir()


def test_a_name_that_no_service_may_have_is_refused(runtime: ProcessRuntime, source: Path) -> None:
    with pytest.raises(InvalidCallError, match="is not a usable service name"):
        runtime.deploy("Iris", "ws", deployment(source))


def test_deleting_takes_the_systemd_unit_along(
    runtime: ProcessRuntime, deploy: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    deploy()
    unit = runtime.install("iris")
    assert unit.is_file()
    runtime.delete("iris")
    assert not unit.exists()


def test_a_supervised_host_is_the_same_service(runtime: ProcessRuntime, deploy: Deploy, home: Path) -> None:
    service = deploy()
    with pytest.raises(ServiceError, match="runs already"):
        runtime.start_in_foreground("iris")
    runtime.stop("iris")
    program = (
        "import sys; from pathlib import Path; from homeport.runtimes import ProcessRuntime\n"
        "ProcessRuntime(Path(sys.argv[1])).start_in_foreground('iris')\n"
    )
    supervised = subprocess.Popen([sys.executable, "-c", program, str(home)], stdin=subprocess.DEVNULL)
    try:
        while runtime.status("iris").state != "running":
            assert supervised.poll() is None
        assert word(runtime.service("iris")) == "one"
        assert runtime.status("iris").pid == supervised.pid
        assert runtime.service("iris").port == service.port
        runtime.stop("iris")
        assert supervised.wait(60) == 0
    finally:
        supervised.kill()
        supervised.wait()
    assert runtime.status("iris").state == "stopped"
