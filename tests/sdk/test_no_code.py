"""A model file alone, in real environments of its time: found out once, remembered, deployed, compared."""

from __future__ import annotations

import json
import pickle
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from homeport import Environment, LocalWebservice, Model, Workspace
from homeport.domain.load_policy import LoadPolicy
from homeport.domain.progress import Silent
from homeport.errors import EntryScriptError, InvalidConfigError, RefusedModelError, UserErrorException
from homeport.sdk import services, trial_memory
from homeport.sdk.model_at_hand import at_path, of_record, request_of
from homeport.sdk.model_comparison import compare_models
from homeport.sdk.no_code import NoEnvironmentError, Workbench, prepare, prepare_with
from homeport.sdk.no_code_trust import Trust, guard_for
from tests.conftest import SHARED, lacking, shared_file
from tests.zoo.serve import Kept, zoo

OLD = next(kept for kept in zoo() if kept.name == "logistic-py37-2020")


@dataclass
class Heard:
    """A `Progress` that keeps what is said."""

    steps: list[str] = field(default_factory=list)

    def step(self, text: str) -> None:
        self.steps.append(text)

    def advance(self, label: str, done: int, total: int) -> None:
        return None

    def __contains__(self, words: str) -> bool:
        return any(words in step for step in self.steps)


@pytest.fixture(scope="session")
def found_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the environment of the zoo's model of 2020 has been found out, built and tried."""
    home = tmp_path_factory.mktemp("found-out") / "home"
    try:
        prepare(at_path(OLD.path), Workbench(home=home, progress=Silent()))
    except NoEnvironmentError as wrong:
        if "client error (Connect)" in str(wrong):
            lacking("a package index")
        raise
    return home


@pytest.fixture
def warm(home: Path, found_out: Path) -> Path:
    """This test's own home, with the environments and the memory of `found_out`."""
    home.mkdir(exist_ok=True)
    (home / "environments").symlink_to(found_out / "environments")
    for name in ("trials", "no-code"):
        shutil.copytree(found_out / name, home / name)
    return home


@pytest.fixture
def workspace(warm: Path, project: Path) -> Iterator[Workspace]:
    yield Workspace.create("tests")
    for name in services.service_names():
        services.delete(name, Silent())


def request(kept: Kept, method: Any = "predict") -> dict[str, Any]:
    return {"data": kept.record["data"], "method": method}


def test_the_environment_is_of_the_models_time_and_its_predictions_are_too(workspace: Workspace) -> None:
    model = Model.register(
        workspace, OLD.path, "old", sample_input_dataset=request(OLD, list(OLD.record["predictions"]))
    )
    heard = Heard()
    prepared = prepare(of_record(model, workspace._home), Workbench(home=workspace._home, progress=heard))
    assert prepared.learnt is not None
    assert prepared.learnt.proposal.python == "3.7"
    assert "scikit-learn==0.22.1" in prepared.learnt.proposal.packages
    assert prepared.learnt.result.answers[0] == OLD.record["predictions"]
    assert "resolving" not in heard  # the bytes were known already; only the sample was tried anew


def test_a_second_start_resolves_builds_and_tries_nothing(warm: Path) -> None:
    heard = Heard()
    prepared = prepare(at_path(OLD.path), Workbench(home=warm, progress=heard))
    assert prepared.interpreter.is_file()
    assert prepared.example == {"data": [[0.0, 0.0, 0.0, 0.0]]}
    for words in ("resolving", "installing", "tried"):
        assert words not in heard


def test_the_same_bytes_under_another_name_are_known(warm: Path, project: Path) -> None:
    copy = project / "copied.bin"
    copy.write_bytes(OLD.path.read_bytes())
    heard = Heard()
    prepared = prepare(at_path(copy), Workbench(home=warm, progress=heard))
    assert json.loads((prepared.script / "model.json").read_text())["path"] == "copied.bin"
    assert "resolving" not in heard


def test_a_damaged_memory_is_made_again(warm: Path) -> None:
    kept = next((warm / "trials").glob("*.json"))
    kept.write_text("{")
    heard = Heard()
    prepare(at_path(OLD.path), Workbench(home=warm, progress=heard))
    assert "tried: it loads" in heard
    assert json.loads(kept.read_text())["format"] == trial_memory.FORMAT


def test_one_model_is_deployed_by_itself_with_its_lock(workspace: Workspace) -> None:
    model = Model.register(workspace, OLD.path, "old")
    service = Model.deploy(workspace, "alone", [model])
    service.wait_for_deployment()
    assert service.run(request(OLD)) == {"predict": OLD.record["predictions"]["predict"]}
    environment = Environment.get(workspace, "alone-env")
    assert environment.version == "1"
    view = services.look_at("alone")
    assert view.current.environment == "alone-env:1"
    assert refusal(service, {"data": [[1]]}) == (
        400,
        "the rows of `data` have 1 values; the model takes rows of 4 values",
    )
    swagger = json.load(urllib.request.urlopen(str(service.swagger_uri)))
    assert "predict_proba" in json.dumps(swagger["definitions"]["ServiceInput"])


def refusal(service: LocalWebservice, body: object) -> tuple[int, str]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(str(service.scoring_uri), json.dumps(body).encode())
    with caught.value as answer:
        return answer.code, json.load(answer)["message"]


def test_an_update_to_another_model_brings_its_own_script_and_tells_the_difference_first(
    workspace: Workspace, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = Model.deploy(workspace, "alone", [Model.register(workspace, OLD.path, "old")])
    service.wait_for_deployment()
    shutil.copy(OLD.path, project / "renamed.pkl")
    service.update([Model.register(workspace, project / "renamed.pkl", "old")], verify=request(OLD))
    assert "verify: it answers as what serves now" in capsys.readouterr().out
    assert services.look_at("alone").current.models == ("old:2",)
    assert service.run(request(OLD)) == {"predict": OLD.record["predictions"]["predict"]}


def test_a_deployment_that_does_not_answer_what_it_is_verified_with_changes_nothing(workspace: Workspace) -> None:
    model = Model.register(workspace, OLD.path, "old", sample_input_dataset={"data": [[1]]})
    with pytest.raises(InvalidConfigError, match="the sample input does not fit it: the rows of `data` have 1 values"):
        Model.deploy(workspace, "alone", [model])
    with pytest.raises(EntryScriptError, match="does not answer the request that it was to be verified with"):
        Model.deploy(workspace, "alone", [str(OLD.path)], verify=[[1]])
    assert services.service_names() == []
    assert services.service_names() == []


@pytest.mark.parametrize("models", [[], None])
def test_without_a_script_it_is_exactly_one_model(workspace: Workspace, models: Any) -> None:
    with pytest.raises(UserErrorException, match="exactly one model"):
        Model.deploy(workspace, "alone", models)
    twice = [str(OLD.path), str(OLD.path)]
    with pytest.raises(UserErrorException, match="exactly one model, and 2 were given"):
        Model.deploy(workspace, "alone", twice)


def test_a_file_that_is_no_model_is_refused_before_anything_is_built(workspace: Workspace, weights: Path) -> None:
    with pytest.raises(InvalidConfigError):
        Model.deploy(workspace, "alone", [str(weights)])
    assert services.service_names() == []


def test_two_models_are_compared_on_the_same_request(workspace: Workspace) -> None:
    one = Model.register(workspace, OLD.path, "old")
    found = compare_models(workspace, (one, str(OLD.path)), request(OLD, ["predict", "predict_proba"]), Silent())
    assert found.within(0)
    assert found.names == ("old:1", "model.pkl")
    assert found.environments[0].startswith("Python 3.7")
    assert found.differences["predict_proba"].count == 2 * len(OLD.record["data"])


class RunsCode:
    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit",)


@pytest.mark.parametrize("rule", ["refuse", "warn", "allow"])
def test_a_file_that_runs_code_is_refused_or_warned_of_by_the_policy(home: Path, tmp_path: Path, rule: Any) -> None:
    path = tmp_path / "runs.pkl"
    path.write_bytes(pickle.dumps(RunsCode()))
    heard = Heard()
    trust = Trust(policy=LoadPolicy(rule=rule))
    bench = Workbench(home=home, progress=heard, guard=guard_for("runs.pkl", trust, heard), trust=trust)
    from homeport.sdk.no_code import inspected

    findings = inspected(at_path(path), bench)
    if rule == "refuse":
        with pytest.raises(RefusedModelError, match=r"`builtins.exec`"):
            prepare(at_path(path), bench)
        said = Trust(policy=trust.policy, said=True)
        guard_for("runs.pkl", said, heard)(findings)
        return
    bench.guard(findings)
    assert ("warning: loading `runs.pkl` runs more than a model needs" in heard) == (rule == "warn")


def test_the_file_that_is_loaded_is_the_one_that_is_looked_at(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "shown.pkl").write_bytes(pickle.dumps({"coef": [1.0]}))
    (folder / "hidden.csv").write_bytes(pickle.dumps(RunsCode()))
    (tmp_path / "MLmodel").write_text("flavors:\n  sklearn:\n    pickled_model: hidden.csv\n")
    (folder / "MLmodel").symlink_to("../MLmodel")  # a look at the folder follows no link out of it
    trust = Trust(policy=LoadPolicy(rule="refuse"))
    bench = Workbench(home=home, progress=Silent(), guard=guard_for("model", trust, Silent()), trust=trust)
    with pytest.raises(RefusedModelError, match=r"`builtins.exec`"):
        prepare_with(at_path(folder), bench, Path(sys.executable))
    (tmp_path / "MLmodel").write_text("flavors:\n  sklearn:\n    pickled_model: ../hidden.csv\n")
    (tmp_path / "hidden.csv").write_bytes(pickle.dumps(RunsCode()))
    with pytest.raises(InvalidConfigError, match="lies outside of it"):
        prepare_with(at_path(folder), bench, Path(sys.executable))


def test_a_sample_is_a_request_or_its_data() -> None:
    assert request_of([[1, 2]]) == {"data": [[1, 2]]}
    assert request_of({"data": [[1]], "method": "predict", "note": "mine"}) == {"data": [[1]], "method": "predict"}
    assert request_of('{"data": [[1]]}') == {"data": [[1]]}
    assert request_of({"a": [1]}) == {"data": {"a": [1]}}
    assert request_of("text") is None
    assert request_of(None) is None


def test_the_pages_model_answers_the_pages_request(home: Path) -> None:
    sample = json.loads(shared_file("data", "page_payload.json").read_text())
    heard = Heard()
    prepared = prepare(
        at_path(SHARED / "data" / "sklearn_mnist_model.pkl", sample), Workbench(home=home, progress=heard)
    )
    assert prepared.learnt is not None
    assert prepared.learnt.result.answers == ({"predict": [2]},)
    assert prepared.learnt.proposal.python in ("3.6", "3.7", "3.8")
    assert str(prepared.learnt.proposal.as_of).startswith("2020-0")
