"""`Run` in a script that was not submitted anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport import Model, Run, Workspace
from homeport.errors import RunEnvironmentException, UserErrorException


def test_metrics_are_printed_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    with Run() as run:
        run.log("alpha", 0.5)
        run.log_list("losses", [3, 2])
        run.log("loss", 1)
        run.log("loss", 0)
        run.log_row("point", x=1, y=2)
        run.tag("colour", "blue")
    assert run.get_metrics() == {"alpha": 0.5, "losses": [3, 2], "loss": [1, 0], "point": {"x": 1, "y": 2}}
    assert run.get_metrics("alpha") == {"alpha": 0.5}
    assert run.get_metrics("nothing") == {}
    assert run.get_tags() == {"colour": "blue"}
    assert capsys.readouterr().out.splitlines()[:2] == ["alpha: 0.5", "losses: [3, 2]"]


def test_the_context_is_one_run_and_is_offline() -> None:
    assert Run.get_context() is Run.get_context()
    assert Run.get_context().id.startswith("OfflineRun")
    with pytest.raises(RunEnvironmentException):
        Run.get_context(allow_offline=False)


def test_a_model_is_registered_in_the_folders_workspace(workspace: Workspace, weights: Path) -> None:
    workspace.write_config()
    run = Run()
    assert run.experiment.workspace.name == "tests"  # type: ignore[attr-defined]
    model = run.register_model("iris", model_path="weights.pkl", tags={"a": "b"}, model_framework="ScikitLearn")
    assert (model.id, model.run_id, model.model_framework) == ("iris:1", run.id, "ScikitLearn")
    assert [found.id for found in Model.list(workspace, run_id=run.id)] == ["iris:1"]


def test_the_name_is_the_path_where_none_is_given(workspace: Workspace, weights: Path) -> None:
    workspace.write_config()
    assert Run().register_model("weights.pkl").name == "weights.pkl"


def test_without_a_workspace_it_says_so(home: Path, project: Path) -> None:
    with pytest.raises(UserErrorException, match="homeport init"):
        Run().register_model("x")
