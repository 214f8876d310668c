"""Batching as scripts ask for it: the sample input is the model's own where the deployment has none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport import InferenceConfig, LocalWebservice, Model, Workspace
from homeport.errors import WebserviceException

pytestmark = pytest.mark.usefixtures("no_service_stays")

SCRIPT = "import json\ndef init(): pass\ndef run(data): return [sum(row) for row in json.loads(data)['data']]\n"
SAMPLE = {"data": [[1.5, 2.5]]}


@pytest.fixture
def config(project: Path) -> InferenceConfig:
    (project / "score.py").write_text(SCRIPT)
    (project / "weights.txt").write_text("1")
    return InferenceConfig("score.py")


def options_of(home: Path) -> list[tuple[int, object]]:
    document = json.loads((home / "services" / "svc" / "service.json").read_text())
    found = [generation["options"] for generation in document["generations"]]
    return [(options["batch_max_size"], options["sample_input"]) for options in found]


def test_the_sample_of_the_one_model_that_has_one_proves_batching(
    workspace: Workspace, config: InferenceConfig, home: Path
) -> None:
    models = [
        Model.register(workspace, "weights.txt", "plain"),
        Model.register(workspace, "weights.txt", "sampled", sample_input_dataset=SAMPLE),
    ]
    settings = LocalWebservice.deploy_configuration(batch_max_size=4, batch_max_delay_ms=1.0)
    service = Model.deploy(workspace, "svc", models, config, settings)
    service.wait_for_deployment()
    assert service.run(json.dumps(SAMPLE)) == [4.0]
    service.update(models=["sampled:1"], deployment_config=LocalWebservice.deploy_configuration(batch_max_size=8))
    assert options_of(home) == [(4, SAMPLE), (8, SAMPLE)]


def test_an_update_that_turns_batching_on_asks_the_models_that_are_served(
    workspace: Workspace, config: InferenceConfig, home: Path
) -> None:
    """One of them was never registered."""
    Model.register(workspace, "weights.txt", "sampled", sample_input_dataset=SAMPLE)
    service = Model.deploy(workspace, "svc", ["weights.txt", "sampled:1"], config)
    service.wait_for_deployment()
    service.update(deployment_config=LocalWebservice.deploy_configuration(batch_max_size=8))
    assert options_of(home)[-1] == (8, SAMPLE)
    other = {"data": [[0.5, 1.5, 2.5]]}
    service.update(deployment_config=LocalWebservice.deploy_configuration(batch_max_size=4, sample_input=other))
    service.update(deployment_config=LocalWebservice.deploy_configuration(batch_max_size=2))
    assert options_of(home)[-2:] == [(4, other), (2, other)]


def test_two_models_with_samples_leave_the_choice_to_the_caller(workspace: Workspace, config: InferenceConfig) -> None:
    models = [
        Model.register(workspace, "weights.txt", name, sample_input_dataset=SAMPLE) for name in ("first", "second")
    ]
    settings = LocalWebservice.deploy_configuration(batch_max_size=4)
    service = Model.deploy(workspace, "svc", models, config, settings)
    with pytest.raises(WebserviceException, match="sample_input"):
        service.wait_for_deployment()


def test_a_tolerance_that_cannot_be_right_is_refused_at_once() -> None:
    with pytest.raises(WebserviceException, match="batch_tolerance"):
        LocalWebservice.deploy_configuration(batch_tolerance=-1.0)
