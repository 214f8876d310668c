"""`Model.get_model_path`: the `azureml-models` folder, with and without a workspace."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from homeport import Model, Workspace
from homeport.errors import ModelNotFoundException, WebserviceException


def cached(name: str, version: int, *files: str) -> None:
    for file in files:
        path = Path("azureml-models", name, str(version), file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file)


def test_with_a_workspace_the_newest_is_fetched_each_time(workspace: Workspace, weights: Path) -> None:
    Model.register(workspace, weights, "iris")
    assert Model.get_model_path("iris", _workspace=workspace) == "azureml-models/iris/1/weights.pkl"
    weights.write_bytes(b"newer")
    Model.register(workspace, weights, "iris")
    path = Model.get_model_path("iris", _workspace=workspace)
    assert (path, Path(path).read_bytes()) == ("azureml-models/iris/2/weights.pkl", b"newer")
    Path(path).write_bytes(b"spoilt")
    assert Path(Model.get_model_path("iris", _workspace=workspace)).read_bytes() == b"newer"


def test_a_named_version_comes_from_the_cache_first(workspace: Workspace, weights: Path) -> None:
    Model.register(workspace, weights, "iris")
    path = Path(Model.get_model_path("iris", 1, workspace))
    path.write_bytes(b"cached")
    assert Path(Model.get_model_path("iris", version=1, _workspace=workspace)).read_bytes() == b"cached"
    assert Model.get_model_path("iris", version=1) == str(path)


def test_without_a_workspace_the_highest_version_of_the_cache_is_taken(project: Path) -> None:
    cached("iris", 2, "m.pkl")
    cached("iris", 10, "folder/a", "folder/b")
    assert Model.get_model_path("iris") == "azureml-models/iris/10/folder"


def test_then_a_path_of_that_name(project: Path) -> None:
    Path("iris").write_text("x")
    assert Model.get_model_path("iris") == "./iris"


def test_then_it_is_not_found_as_both_exceptions(project: Path) -> None:
    with pytest.raises(ModelNotFoundException, match="ModelNotFound"):
        Model.get_model_path("iris")
    with pytest.raises(WebserviceException, match="ModelNotFound"):
        Model.get_model_path("iris", version=3)


@pytest.mark.parametrize("version", ["1", 1.0, True])
def test_a_version_is_a_number(project: Path, version: object) -> None:
    with pytest.raises(WebserviceException, match="not a model version"):
        Model.get_model_path("iris", version=version)  # type: ignore[arg-type]


def test_a_version_folder_with_several_entries_does_not_say_which(project: Path) -> None:
    cached("iris", 1, "a", "b")
    with pytest.raises(WebserviceException, match="holds 2 entries"):
        Model.get_model_path("iris")


def test_the_folder_is_below_aml_app_root(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached("iris", 1, "m.pkl")
    code = "import homeport; print(homeport.Model.get_model_path('iris'))"
    monkeypatch.setenv("AML_APP_ROOT", str(project))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{project}/azureml-models/iris/1/m.pkl\n"
