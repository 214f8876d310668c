"""Services on this machine, as scripts deploy, use, change and find them: real processes and sockets."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from homeport import InferenceConfig, LocalWebservice, Model, Workspace
from homeport.errors import EntryScriptError, InUseError, ServiceError, ServiceNotFoundError, WebserviceException
from homeport.runtimes import ProcessRuntime

pytestmark = pytest.mark.usefixtures("no_service_stays")

SCRIPT = """
import json, os
def init():
    print("this is init")
def run(data):
    return {"version": 1, "got": json.loads(data), "models": sorted(os.listdir(os.environ["AZUREML_MODEL_DIR"]))}
"""
BROKEN = "def init():\n    open('/no/such/weights')\ndef run(data):\n    return data\n"


@pytest.fixture
def script(project: Path) -> Path:
    path = project / "score.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def model(workspace: Workspace, weights: Path) -> Model:
    return Model.register(workspace, weights, "iris")


@pytest.fixture
def service(workspace: Workspace, model: Model, script: Path) -> LocalWebservice:
    return deployed(workspace, [model])


def deployed(workspace: Workspace, models: list[Model | str], port: int | None = None) -> LocalWebservice:
    settings = LocalWebservice.deploy_configuration(port)
    service = Model.deploy(workspace, "svc", models, InferenceConfig("score.py"), settings)
    service.wait_for_deployment()
    return service


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_a_deployment_goes_from_deploying_to_running(
    workspace: Workspace, model: Model, script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    service = Model.deploy(
        workspace=workspace,
        name="svc",
        models=[model],
        inference_config=InferenceConfig(entry_script="score.py"),
        deployment_config=LocalWebservice.deploy_configuration(port=port),
        overwrite=True,
        show_output=True,
    )
    assert service.state == "deploying"
    service.wait_for_deployment(show_output=True)
    assert service.state == LocalWebservice.STATE_RUNNING
    assert service.port == str(port)
    assert service.scoring_uri == f"http://localhost:{port}/score"
    assert service.swagger_uri == f"http://localhost:{port}/swagger.json"
    assert service.run('{"a": 1}') == {"version": 1, "got": {"a": 1}, "models": ["weights.pkl"]}
    said = capsys.readouterr().out
    for part in ("Models: iris:1", "Entry script: score.py", "this is init", f"running at http://localhost:{port}"):
        assert part in said
    assert "this is init" in service.get_logs()
    assert service.get_logs(num_lines=1).count("\n") <= 1


def test_running_waits_for_a_deployment(workspace: Workspace, script: Path) -> None:
    service = Model.deploy(workspace, "svc", [], InferenceConfig("score.py"))
    assert service.run(b"[1]")["got"] == [1]
    assert service.state == "running"


def test_its_attributes_are_plain(service: LocalWebservice, workspace: Workspace) -> None:
    assert {"name": "svc", "workspace": workspace, "compute_type": "Local", "state": "running"}.items() <= vars(
        service
    ).items()
    keys = (
        "name description tags properties state createdTime updatedTime error computeType workspaceName imageId "
        "scoringUri swaggerUri port"
    )
    document = service.serialize()
    assert list(document) == keys.split()
    assert (document["computeType"], document["workspaceName"], document["port"]) == ("Local", "tests", service.port)
    json.dumps(document)
    assert "name=svc, state=running" in repr(service)


def test_another_process_finds_it_by_name(service: LocalWebservice, workspace: Workspace, project: Path) -> None:
    workspace.write_config()
    code = (
        "from homeport import LocalWebservice, Workspace\n"
        "service = LocalWebservice(Workspace.from_config(), 'svc')\n"
        "print(service.state, service.run('7')['got'], service.port)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True)
    assert done.stdout == f"running 7 {service.port}\n"


def test_a_script_that_cannot_start_fails_with_its_own_traceback(workspace: Workspace, script: Path) -> None:
    script.write_text(BROKEN)
    service = Model.deploy(workspace, "svc", [], InferenceConfig("score.py"))
    with pytest.raises(EntryScriptError, match="/no/such/weights") as caught:
        service.wait_for_deployment()
    assert 'score.py", line 2, in init' in caught.value.detail
    assert isinstance(caught.value, WebserviceException)
    assert service.state == "failed"
    assert "/no/such/weights" in service.get_logs()
    assert (service.port, service.scoring_uri) == (None, None)
    for call in (service.run, service.wait_for_deployment):
        with pytest.raises(ServiceError, match="not possible in state `failed`"):
            call("{}")  # type: ignore[operator]
    script.write_text(SCRIPT)
    service.reload()
    assert service.run("1")["got"] == 1


def test_an_error_of_run_is_an_exception_with_the_status_and_the_service_goes_on(service: LocalWebservice) -> None:
    with pytest.raises(WebserviceException) as caught:
        service.run("no json")
    assert caught.value.status_code == 500
    assert service.state == "running"
    assert service.run("1")["got"] == 1


def test_reload_serves_the_edited_script(service: LocalWebservice, script: Path) -> None:
    script.write_text(SCRIPT.replace('"version": 1', '"version": 2'))
    assert service.run("1")["version"] == 1
    service.reload(wait=True)
    assert (service.state, service.run("1")["version"]) == ("running", 2)


def test_update_takes_the_documentations_positional_form(
    service: LocalWebservice, workspace: Workspace, script: Path, project: Path
) -> None:
    (project / "other.txt").write_text("x")
    script.write_text(SCRIPT.replace('"version": 1', '"version": 3'))
    port = free_port()
    service.update(
        ["iris:1", "other.txt"], InferenceConfig("score.py"), LocalWebservice.deploy_configuration(port=port)
    )
    service.wait_for_deployment()
    assert service.port == str(port)
    assert service.run("1") == {"version": 3, "got": 1, "models": ["iris", "other.txt"]}


def test_update_keeps_what_is_not_named(service: LocalWebservice, workspace: Workspace, weights: Path) -> None:
    port = service.port
    service.update(models=[Model.register(workspace, weights, "iris")])
    assert (service.port, service.run("1")["version"]) == (port, 1)
    assert [found.name for found in LocalWebservice.list(workspace, model_id="iris:2")] == ["svc"]
    assert LocalWebservice.list(workspace, model_id="iris:1") == []


def test_an_update_that_cannot_start_leaves_the_old_state_serving(service: LocalWebservice, script: Path) -> None:
    script.write_text(BROKEN)
    with pytest.raises(EntryScriptError, match="/no/such/weights"):
        service.update(inference_config=InferenceConfig("score.py"))
    assert (service.state, service.run("1")["version"]) == ("running", 1)
    service.update_deployment_state()
    assert service.state == "running"


def test_rollback_serves_what_was_before(service: LocalWebservice, script: Path) -> None:
    script.write_text(SCRIPT.replace('"version": 1', '"version": 2'))
    service.reload()
    service.rollback()
    assert service.run("1")["version"] == 1
    service.rollback(2)
    assert service.run("1")["version"] == 2


def test_a_service_is_replaced_by_the_next_of_its_name_and_its_handle_is_stale(
    service: LocalWebservice, workspace: Workspace, script: Path
) -> None:
    script.write_text(SCRIPT.replace('"version": 1', '"version": 2'))
    newer = deployed(workspace, [])
    for call in (lambda: service.run("1"), service.get_logs, service.reload):
        with pytest.raises(ServiceError, match="deployed again"):
            call()
    service.delete()
    assert service.state == "deleted"
    assert newer.run("1")["version"] == 2
    service.update_deployment_state()
    assert service.run("1")["version"] == 2


def test_a_deleted_service_is_gone_and_its_address_stays_known(
    service: LocalWebservice, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    other = LocalWebservice(workspace, "svc")
    address = service.scoring_uri
    service.delete()
    assert "Service svc is deleted" in capsys.readouterr().out
    assert (service.state, service.scoring_uri) == ("deleted", address)
    with pytest.raises(ServiceError, match="state `deleted`"):
        service.delete()
    with pytest.raises(ServiceError, match="deployed again, or deleted"):
        other.run("1")
    other.delete()
    assert LocalWebservice.list(workspace) == []
    with pytest.raises(ServiceNotFoundError, match="WebserviceNotFound"):
        LocalWebservice(workspace, "svc")
    assert LocalWebservice(workspace, "svc", must_exist=False).state == "unknown"


def test_a_stopped_service_is_failed_without_a_port(service: LocalWebservice, workspace: Workspace, home: Path) -> None:
    ProcessRuntime(home).stop("svc")
    found = LocalWebservice(workspace, "svc")
    assert (found.state, found.port, found.scoring_uri) == ("failed", None, None)
    ProcessRuntime(home).start("svc")
    found.update_deployment_state(must_exist=True)
    assert found.run("1")["got"] == 1


def test_all_services_are_listed_or_those_of_a_model(service: LocalWebservice, workspace: Workspace) -> None:
    assert [found.state for found in LocalWebservice.list(None)] == ["running"]
    assert [found.name for found in LocalWebservice.list(Workspace.create("other"), all=True)] == ["svc"]
    assert [found.name for found in LocalWebservice.list(workspace, model_name="iris")] == ["svc"]
    assert LocalWebservice.list(workspace, model_name="other") == []
    assert workspace.webservices == {}


def test_what_a_service_holds_is_not_deleted(service: LocalWebservice, workspace: Workspace, model: Model) -> None:
    with pytest.raises(InUseError, match="`svc`"):
        model.delete()
    with pytest.raises(InUseError, match="`svc`"):
        workspace.delete()
    service.delete()
    model.delete()
    workspace.delete()


def test_a_port_that_is_taken_says_by_whom_where_that_is_known(
    service: LocalWebservice, workspace: Workspace, script: Path
) -> None:
    settings = LocalWebservice.deploy_configuration(port=int(str(service.port)))
    with pytest.raises(ServiceError, match="`svc`"):
        Model.deploy(workspace, "second", [], InferenceConfig("score.py"), settings)
    with socket.socket() as mine:
        mine.bind(("127.0.0.1", 0))
        mine.listen()
        with pytest.raises(WebserviceException, match=str(mine.getsockname()[1])):
            deployed(workspace, [], port=mine.getsockname()[1])
    assert service.run("1")["got"] == 1


def test_two_workers_are_two_processes(workspace: Workspace, script: Path) -> None:
    script.write_text("import os\ndef init(): pass\ndef run(data): return os.getpid()\n")
    settings = LocalWebservice.deploy_configuration(workers=2)
    service = Model.deploy(workspace, "svc", [], InferenceConfig("score.py"), settings)
    service.wait_for_deployment()
    assert ProcessRuntime(workspace._home).status("svc").workers == 2
