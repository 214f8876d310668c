"""Services that ask for a key, and serving options, as scripts use them: real processes."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from homeport import InferenceConfig, LocalWebservice, Model, Workspace
from homeport.errors import WebserviceException

pytestmark = pytest.mark.usefixtures("no_service_stays")

SCRIPT = "import os\ndef init(): pass\ndef run(data): return os._exit(1) if data == '\"end\"' else data\n"


@pytest.fixture
def config(project: Path) -> InferenceConfig:
    (project / "score.py").write_text(SCRIPT)
    return InferenceConfig("score.py")


def deployed(workspace: Workspace, config: InferenceConfig, **told: object) -> LocalWebservice:
    settings = LocalWebservice.deploy_configuration(**told)  # type: ignore[arg-type]
    service = Model.deploy(workspace, "svc", [], config, settings, overwrite=True)
    service.wait_for_deployment()
    return service


def status_with(service: LocalWebservice, key: str | None) -> int:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    request = urllib.request.Request(str(service.scoring_uri), b"x", headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as wrong:
        with wrong:
            return wrong.code


def test_a_service_that_asks_for_a_key_has_two_which_can_be_exchanged(
    workspace: Workspace, config: InferenceConfig
) -> None:
    service = deployed(workspace, config, auth_enabled=True)
    primary, secondary = service.get_keys()
    assert service.run({"a": 1}) == '{"a": 1}'
    assert [status_with(service, key) for key in (None, "wrong", primary, secondary)] == [401, 401, 200, 200]
    service.regen_key("Primary")
    service.regen_key("Secondary", set_key="mine")
    renewed = service.get_keys()
    assert (renewed[0] != primary, renewed[1]) == (True, "mine")
    assert [status_with(service, key) for key in (primary, secondary, *renewed)] == [401, 401, 200, 200]
    assert service.run("x") == "x"
    with pytest.raises(WebserviceException, match="third"):
        service.regen_key("third")


def test_keys_stay_through_reloads_and_deployments_and_may_be_given(
    workspace: Workspace, config: InferenceConfig
) -> None:
    service = deployed(workspace, config, auth_enabled=True, primary_key="one")
    assert service.get_keys()[0] == "one"
    before = service.get_keys()
    service.reload()
    assert status_with(service, "one") == 200
    assert deployed(workspace, config, auth_enabled=True).get_keys() == before
    with pytest.raises(WebserviceException, match="callers need none"):
        LocalWebservice.deploy_configuration(primary_key="one")


def test_a_service_without_keys_has_none_to_show_or_exchange(workspace: Workspace, config: InferenceConfig) -> None:
    service = deployed(workspace, config)
    assert status_with(service, None) == 200
    with pytest.raises(NotImplementedError):
        service.get_keys()
    with pytest.raises(NotImplementedError):
        service.regen_key("Primary")
    with pytest.raises(WebserviceException, match="auth_enabled"):
        service.update(deployment_config=LocalWebservice.deploy_configuration(auth_enabled=True))


def test_serving_options_are_kept_by_updates_reloads_rollbacks_and_starts(
    workspace: Workspace, config: InferenceConfig, home: Path
) -> None:
    service = deployed(workspace, config, queue_size=7, deadline_status=500)
    service.update(deployment_config=LocalWebservice.deploy_configuration(queue_size=8))
    service.reload()
    service.rollback(1)
    document = json.loads((home / "services" / "svc" / "service.json").read_text())
    found = [(g["options"]["queue_size"], g["options"]["deadline_status"]) for g in document["generations"]]
    assert found == [(7, 500), (8, 500), (8, 500), (7, 500)]
    with pytest.raises(WebserviceException, match="queue_size"):
        LocalWebservice.deploy_configuration(queue_size=-1)
    with pytest.raises(WebserviceException, match="no_such"):
        LocalWebservice.deploy_configuration(no_such=1)  # type: ignore[call-arg]


def test_a_description_from_before_there_were_options_still_reads(
    workspace: Workspace, config: InferenceConfig, home: Path
) -> None:
    service = deployed(workspace, config)
    path = home / "services" / "svc" / "service.json"
    document = json.loads(path.read_text())
    del document["auth_enabled"], document["generations"][0]["options"]
    path.write_text(json.dumps(document))
    service.reload()
    assert service.run("x") == "x"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"host": "0.0.0.0"}, "can be reached from other machines, so that callers need a key"),
        ({"host": "somewhere"}, "host is `somewhere`"),
        ({"auth_enabled": True, "no_key": True}, "exclude each other"),
    ],
)
def test_off_this_machine_a_service_needs_keys_or_says_that_it_has_none(told: dict[str, object], words: str) -> None:
    with pytest.raises(WebserviceException, match=words):
        LocalWebservice.deploy_configuration(**told)  # type: ignore[arg-type]


def test_a_service_listens_where_it_was_told_and_its_address_is_true(
    workspace: Workspace, config: InferenceConfig, home: Path
) -> None:
    service = deployed(workspace, config, host="127.0.0.2")
    assert service.scoring_uri == f"http://127.0.0.2:{service.port}/score"
    assert service.run("x") == "x"
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", int(str(service.port)))):
        pass
    service.update(deployment_config=LocalWebservice.deploy_configuration(queue_size=5))
    service.reload()
    assert service.run("y") == "y"
    with pytest.raises(WebserviceException, match="the service listens on"):
        service.update(deployment_config=LocalWebservice.deploy_configuration(host="127.0.0.1"))
    everywhere = deployed(workspace, config, host="0.0.0.0", auth_enabled=True)
    assert everywhere.scoring_uri == f"http://localhost:{everywhere.port}/score"
    assert everywhere.run("z") == "z"
    assert status_with(everywhere, None) == 401
    open_to_all = deployed(workspace, config, host="0.0.0.0", no_key=True)
    assert (open_to_all.run("z"), status_with(open_to_all, None)) == ("z", 200)
