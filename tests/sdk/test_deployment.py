"""What a script passes to `deploy` and `update`, as a runtime takes it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from homeport import Environment, InferenceConfig, LocalWebservice, Model, Workspace
from homeport.domain.progress import Silent
from homeport.sdk.deployment import as_local, change_of, deployment_of, sources_of

SCRIPT = "def init(): pass\ndef run(data): return data\n"


@pytest.fixture
def script(project: Path) -> Path:
    path = project / "score.py"
    path.write_text(SCRIPT)
    return path


def test_models_are_objects_ids_and_paths(workspace: Workspace, weights: Path, tmp_path: Path) -> None:
    model = Model.register(workspace, weights, "iris")
    long = tmp_path / ("x" * 40)
    long.write_text("x")
    sources = sources_of(workspace, [model, "iris:1", "weights.pkl", weights, str(long)])
    assert [source.ref for source in sources] == ["iris:1", "iris:1", "weights.pkl:0", "weights.pkl:0", "x" * 30 + ":0"]
    placed = [source.place(tmp_path / str(number)) for number, source in enumerate(sources)]
    assert placed[0].digest == sources[0].digest == placed[2].digest
    assert (tmp_path / "0" / "weights.pkl").read_bytes() == b"weights"


def test_a_path_that_looks_like_an_id_is_a_path_where_it_exists(workspace: Workspace, project: Path) -> None:
    (project / "iris:1").write_text("x")
    assert sources_of(workspace, ["iris:1"])[0].version == 0


def test_no_models_are_fine(workspace: Workspace) -> None:
    assert sources_of(workspace, []) == sources_of(workspace, None) == ()


def test_without_an_environment_it_is_the_interpreter_of_the_script(workspace: Workspace, script: Path) -> None:
    settings = as_local(LocalWebservice.deploy_configuration(workers=3))
    deployment = deployment_of(workspace, "svc", [], InferenceConfig("score.py"), settings, Silent())
    assert deployment.environment.interpreter == sys.executable
    assert (deployment.environment.name, deployment.environment.lock) == (None, None)
    assert (deployment.entry_script, deployment.source_directory, deployment.workers) == ("score.py", None, 3)


def test_a_source_folder_and_an_interpreter_of_ones_own(workspace: Workspace, script: Path, project: Path) -> None:
    environment = Environment("mine")
    environment.python.user_managed_dependencies = True
    environment.python.interpreter_path = sys.executable
    environment.environment_variables["A"] = "b"
    config = InferenceConfig("score.py", source_directory=str(project), environment=environment)
    settings = as_local(LocalWebservice.deploy_configuration())
    deployment = deployment_of(workspace, "svc", [], config, settings, Silent())
    assert deployment.source_directory == project.resolve()
    assert (deployment.environment.name, deployment.environment.interpreter) == ("mine", sys.executable)
    assert deployment.variables["A"] == "b"


def test_an_update_names_only_what_changes(workspace: Workspace, script: Path, weights: Path) -> None:
    nothing = change_of(workspace, "svc", None, None, None, Silent())
    assert (nothing.models, nothing.entry_script, nothing.environment, nothing.workers) == (None, None, None, None)
    settings = as_local(LocalWebservice.deploy_configuration(workers=2))
    change = change_of(workspace, "svc", [], InferenceConfig("score.py"), settings, Silent())
    assert (change.models, change.entry_script, change.workers) == ((), "score.py", 2)
    assert change.environment is not None
