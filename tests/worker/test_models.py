from __future__ import annotations

from pathlib import Path

import pytest

from homeport.worker.models import Model, ModelNotFoundException, WebserviceException


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AML_APP_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "azureml-models"


def test_without_a_version_the_highest_number_is_taken(root: Path) -> None:
    for version in ("9", "10", "notes"):
        (root / "iris" / version).mkdir(parents=True)
        (root / "iris" / version / "m.pkl").write_text("")
    assert Model.get_model_path("iris") == str(root / "iris" / "10" / "m.pkl")


def test_a_file_here_stands_in_for_a_model_that_was_not_deployed(root: Path) -> None:
    Path("iris").write_text("")
    assert Model.get_model_path("iris") == "iris"


def test_a_model_that_is_nowhere_is_told_by_name(root: Path) -> None:
    with pytest.raises(ModelNotFoundException, match="ModelNotFound: model `iris`"):
        Model.get_model_path("iris")
    with pytest.raises(WebserviceException, match="ModelNotFound: model `iris:3`"):
        Model.get_model_path("iris", version=3)


def test_a_version_must_be_a_number(root: Path) -> None:
    with pytest.raises(WebserviceException, match="whole number"):
        Model.get_model_path("iris", version="3")


def test_a_version_folder_with_two_entries_cannot_be_one_path(root: Path) -> None:
    for name in ("a", "b"):
        (root / "iris" / "1" / name).mkdir(parents=True)
    with pytest.raises(WebserviceException, match="must hold one entry, it holds 2"):
        Model.get_model_path("iris")


def test_a_service_has_no_workspace_to_look_in(root: Path) -> None:
    with pytest.raises(WebserviceException, match="get_model_path"):
        Model(None, name="iris")
