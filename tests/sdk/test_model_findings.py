from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from homeport import Model, Workspace
from homeport.domain.load_policy import LoadPolicy
from homeport.domain.progress import Silent
from homeport.errors import InvalidInputError, RefusedModelError, WebserviceException
from homeport.sdk.model_findings import apply_policy, look_into
from homeport.sdk.model_inspection import environment_of, inspect_registered, proposed_for

FILES = Path(__file__).parents[1] / "inspection" / "files"


class Touches:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.path}",)


@pytest.fixture
def workspace(home: Path) -> Workspace:
    return Workspace.create("work", show_output=False)


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    path = tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps({"model": Touches(tmp_path / "canary")}))
    return path


@pytest.mark.parametrize(
    ("file", "given", "framework", "version"),
    [
        ("new.skops", {}, "ScikitLearn", "1.9.1"),
        ("keras2.h5", {}, "TfKeras", "2.15.0"),
        ("new.onnx", {}, "Onnx", None),
        ("saved_model", {}, "TensorFlow", "2.15.0"),
        ("new.json", {}, "Custom", None),  # no framework that scripts know
        ("new.skops", {"model_framework": "ScikitLearn"}, "ScikitLearn", "1.9.1"),
        (
            "new.skops",
            {"model_framework": "ScikitLearn", "model_framework_version": "0.1"},
            "ScikitLearn",
            "0.1",
        ),
        ("new.skops", {"model_framework": "Mine"}, "Mine", None),
        ("new.skops", {"model_framework": "Custom"}, "Custom", None),
    ],
)
def test_framework_and_version_are_filled_in_and_never_changed(
    workspace: Workspace, file: str, given: dict[str, Any], framework: str, version: str | None
) -> None:
    model = Model.register(workspace, FILES / file, "m", **given)
    assert (model.model_framework, model.model_framework_version) == (framework, version)


def test_what_the_files_say_is_kept_with_the_version(workspace: Workspace) -> None:
    Model.register(workspace, FILES / "new.json", "boosted")
    Model.register(workspace, FILES / "new.lgb", "boosted")
    first, second = Model(workspace, id="boosted:1").findings, Model(workspace, "boosted").findings
    assert first is not None
    assert second is not None
    assert (first.format, first.facts["n_features"], first.framework_version) == ("xgboost-json", 3, "3.2.0")
    assert second.format == "lightgbm"
    assert inspect_registered(Model(workspace, "boosted")) == second


def test_only_what_is_registered_of_a_folder_is_looked_into(workspace: Workspace, tmp_path: Path, evil: Path) -> None:
    folder = tmp_path / "net"
    (folder / "part").mkdir(parents=True)
    (folder / "part" / "model.json").write_bytes((FILES / "new.json").read_bytes())
    (folder / "evil.pkl").write_bytes(evil.read_bytes())
    some = Model.register(workspace, folder, "m", child_paths=["part"]).findings
    assert some is not None
    assert (some.format, some.risks, some.facts["model_file"]) == ("xgboost-json", (), "part/model.json")
    everything = Model.register(workspace, folder, "m").findings
    assert everything is not None
    assert everything.runs_code


def test_what_is_no_model_is_registered_as_ever(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(bytes(range(256)) * 40)
    model = Model.register(workspace, path, "m")
    assert model.model_framework == "Custom"
    assert model.findings is not None
    assert model.findings.format == "unknown"


def test_the_policy_warns_by_default(
    workspace: Workspace, evil: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert workspace.load_policy == "warn"
    model = Model.register(workspace, evil, "m")
    assert "warning: loading m would run more than a model needs: `posix.system`" in capsys.readouterr().out
    assert model.findings is not None
    assert [risk.name for risk in model.findings.risks] == ["posix.system"]
    assert not (tmp_path / "canary").exists()


def test_a_workspace_that_refuses_keeps_nothing(workspace: Workspace, evil: Path, home: Path) -> None:
    workspace.load_policy = "refuse"
    with pytest.raises(RefusedModelError, match="refuses files that may run code") as refused:
        Model.register(workspace, evil, "m")
    assert isinstance(refused.value, InvalidInputError)
    assert isinstance(refused.value, WebserviceException)
    assert refused.value.hint is not None
    assert "allow-global posix.system" in refused.value.hint
    assert Model.list(workspace) == []
    assert [path for path in (home / "workspaces/work/blobs").rglob("*") if path.is_file()] == []
    workspace.allow_globals("posix.system")
    assert workspace.allowed_globals == ("posix.system",)
    assert Model.register(workspace, evil, "m").version == 1
    workspace.disallow_globals("posix.system")
    with pytest.raises(RefusedModelError):
        Model.register(workspace, evil, "m")


def test_a_file_that_cannot_be_read_to_its_end_is_refused_too(workspace: Workspace, tmp_path: Path) -> None:
    """What nobody can read may be anything."""
    path = tmp_path / "model.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00")
    workspace.load_policy = "refuse"
    with pytest.raises(RefusedModelError, match="unread"):
        Model.register(workspace, path, "m")


class Faulty(type(Path())):  # type: ignore[misc]
    """A path at which a reader fails in a way that nobody has thought of."""

    def stat(self, **how: Any) -> Any:
        raise ZeroDivisionError("what a fault")


def test_a_fault_of_a_reader_is_recorded_and_costs_nothing(tmp_path: Path) -> None:
    found = look_into(Faulty(tmp_path / "model.pkl"), None)
    assert found is not None
    assert (found.format, found.facts) == ("unknown", {"unread": "ZeroDivisionError: what a fault"})
    with pytest.raises(RefusedModelError):  # nobody knows what it would run
        apply_policy(LoadPolicy(rule="refuse"), found, "m", tmp_path / "model.pkl", Silent())


def test_a_path_that_registering_refuses_is_left_to_it(workspace: Workspace, tmp_path: Path) -> None:
    assert look_into(tmp_path / "nothing", None) is None
    with pytest.raises(FileNotFoundError):
        Model.register(workspace, tmp_path / "nothing", "m")


def test_a_proposal_is_an_environment(workspace: Workspace, tmp_path: Path) -> None:
    found = look_into(FILES / "keras2.h5", None)
    assert found is not None
    proposal = proposed_for(found)
    assert proposal is not None
    environment = environment_of(proposal, "keras")
    environment.register(workspace)
    assert workspace.environments["keras"].as_of == (proposal.as_of.isoformat() if proposal.as_of else None)
