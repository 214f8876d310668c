from __future__ import annotations

from pathlib import Path

import pytest

from homeport import CondaDependencies, Environment, InferenceConfig, LocalWebservice, Model, Workspace
from homeport.sdk.environment_locks import built_folder
from homeport.sdk.environment_proof import prove
from tests.environments.conftest import HERE, Lines
from tests.environments.wheels import make_wheel

pytestmark = pytest.mark.usefixtures("no_service_stays")

SCRIPT = """
import alpha
def init():
    pass
def run(data):
    return {"version": alpha.version, "got": 0.5}
"""


@pytest.fixture
def served(workspace: Workspace, weights: Path, project: Path) -> str:
    """A service that runs in `tiny:1`, whose model has a sample input and output."""
    make_wheel(project / "shelf", "alpha", "1.0")
    make_wheel(project / "shelf", "setuptools", "59.0")
    packages = ["--no-index", f"--find-links {project / 'shelf'}", "alpha"]
    environment = Environment("tiny")
    environment.python.conda_dependencies = CondaDependencies.create(pip_packages=packages, python_version=HERE)
    (project / "score.py").write_text(SCRIPT)
    output = {"version": "1.0", "got": 0.25}
    model = Model.register(workspace, weights, "iris", sample_input_dataset={"data": [1]}, sample_output_dataset=output)
    config = InferenceConfig("score.py", environment=environment)
    service = Model.deploy(workspace, "svc", [model], config, LocalWebservice.deploy_configuration())
    service.wait_for_deployment()
    return "tiny:1"


def test_a_clean_rebuild_holds_the_same_bytes_and_answers_bit_equal(workspace: Workspace, served: str) -> None:
    proof = prove(workspace, served, progress=Lines())
    assert (proof.holds, proof.same_files, proof.digest) == (True, True, proof.rebuilt_digest)
    (prediction,) = proof.predictions
    assert (prediction.service, prediction.equal, prediction.difference) == ("svc", True, None)
    assert prediction.from_recorded is not None
    assert prediction.from_recorded.largest == 0.25
    assert {"python", "libc", "cpu", "blas"} <= set(proof.fingerprint)


def test_what_was_changed_in_place_does_not_come_through_the_cache(
    workspace: Workspace, served: str, project: Path
) -> None:
    changed = next(built_folder(workspace, served).glob("lib/python3*/site-packages/alpha/__init__.py"))
    kept = changed.read_text()
    changed.write_text("version = '6.6.6'\n")  # the cache's copy is the same file
    try:
        proof = prove(workspace, served, progress=Lines())
    finally:
        changed.write_text(kept)
    assert not proof.holds
    (prediction,) = proof.predictions
    assert '"1.0"' in str(prediction.after)
    assert prediction.difference is not None
    assert prediction.difference.changed == 1
