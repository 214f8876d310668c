"""Models of eight years: the environment proposed for each, and its predictions in it, with no environment named."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from homeport.domain.progress import Silent
from homeport.domain.proposal import Proposal
from homeport.inspection import inspect_model
from homeport.inspection.proposals import propose
from homeport.sdk.no_code import NoEnvironmentError
from tests.conftest import count, lacking
from tests.inspection.worlds import releases
from tests.zoo.make import ERAS, LARGE
from tests.zoo.serve import Kept, largest, serve, zoo

ZOO = zoo()
# What decides its answers, by recipe; scikit-learn where nothing is listed.
DECIDING = {
    "catboost_file": (),  # its format tells no version, and every later release reads it alike
    "catboost_pickle": (),
    "cloudpickled_callable": (),
    "cloudpickled_class": (),
    "cloudpickled_frame": (),
    "dilled": (),
    "keras_alone_hdf5": ("keras",),
    "keras_hdf5": (),
    "lgbm_booster_pickle": (),
    "lgbm_text": (),
    "onnx_file": ("onnxruntime",),
    "pyfunc_folder": ("mlflow", "cloudpickle"),
    "skops_file": ("scikit-learn", "skops"),
    "statsmodels_formula": (),
    "statsmodels_glm": (),
    "statsmodels_ols": (),
    "torch_script": (),
    "xgb_binary": (),
    "xgb_booster_pickle": ("xgboost",),
    "xgb_classifier": ("xgboost",),
    "xgb_json": ("xgboost",),
    "xgb_regressor_joblib": ("xgboost",),
}
# Only one minor runs them; 3.6 and 3.7 write the same byte code for what these do.
BY_BYTE_CODE = (
    "cloudpickled_callable",
    "cloudpickled_class",
    "cloudpickled_frame",
    "cloudpickled_pipeline",
    "cloudpickled_text",
    "dilled",
)
LARGE_RECIPES = {recipe for era in LARGE for recipe in era.recipes}
SMALL = [kept for kept in ZOO if kept.record["recipe"] not in LARGE_RECIPES]
# Where the arithmetic is a library's of linear algebra, its threads and its build may change the last bit.
LAST_BITS = 1e-12


def names(kept: list[Kept]) -> list[str]:
    return [one.name for one in kept]


def test_the_zoo_holds_what_the_maker_makes() -> None:
    made = {name for era in (*ERAS, *LARGE) for name in era.models()}
    assert set(names(ZOO)) <= made
    assert len(ZOO) >= 30


@pytest.mark.parametrize("kept", ZOO, ids=names(ZOO))
def test_the_environment_of_its_time_is_proposed(kept: Kept) -> None:
    proposal = propose(inspect_model(kept.path), releases=releases())[0]
    pinned = {line.name: line.specifier for line in requirements(proposal)}
    for package in DECIDING.get(kept.record["recipe"], ("scikit-learn",)):
        recorded = Version(kept.record["packages"][package])
        assert pinned[package].contains(recorded), f"{package} {recorded}: {proposal}"
        assert "==" in str(pinned[package])
    if DECIDING.get(kept.record["recipe"], ("scikit-learn",)):
        day = date.fromisoformat(next(era.day for era in (*ERAS, *LARGE) if kept.name in era.models()))
        assert proposal.as_of is not None
        assert abs((proposal.as_of - day).days) < 300, proposal


@pytest.mark.parametrize("kept", ZOO, ids=names(ZOO))
def test_the_python_is_the_one_or_a_neighbour_that_serves_as_well(kept: Kept) -> None:
    """Only byte code needs the very minor; a recorded version whose wheels two minors have is the same on both."""
    recipe = kept.record["recipe"]
    if recipe not in BY_BYTE_CODE and not DECIDING.get(recipe, ("scikit-learn",)):
        return
    proposal = propose(inspect_model(kept.path), releases=releases())[0]
    recorded, given = int(kept.record["python"].split(".")[1]), int(proposal.python.split(".")[1])
    near = 0 if recipe in BY_BYTE_CODE and recorded > 7 else 2
    assert abs(recorded - given) <= near, proposal
    for line in requirements(proposal):
        release = next(
            (one for one in releases().of(line.name) if line.specifier and one.version in line.specifier), None
        )
        assert release is None or "==" not in str(line.specifier) or release.wheel_since((3, given), "x86_64"), line


def requirements(proposal: Proposal) -> list[Requirement]:
    return [Requirement(line) for line in proposal.packages if not line.startswith("-")]


@pytest.fixture(scope="session")
def zoo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("zoo") / "home"


CHOSEN = [kept for kept in SMALL if kept.name in ("logistic-py37-2020", "cloudpickled_class-py311-2024")]


@pytest.mark.soak
@pytest.mark.parametrize("kept", count(1, 0) * CHOSEN or SMALL, ids=lambda kept: kept.name)
def test_it_predicts_what_it_predicted_when_it_was_saved(kept: Kept, zoo_home: Path) -> None:
    try:
        served = serve(kept, zoo_home, Silent())
    except NoEnvironmentError as wrong:
        if "client error (Connect)" in str(wrong):
            lacking("a package index")
        raise
    same = all(kept.record["packages"].get(name, version) == version for name, version in served.versions.items())
    assert served.difference <= LAST_BITS, f"{served} {'with equal packages' if same else ''}"


def test_the_comparison_sees_what_differs() -> None:
    kept = {"predict": [1, 0], "predict_proba": [[0.25, 0.75]]}
    assert largest(kept, json.loads(json.dumps(kept))) == 0
    assert largest(kept, {"predict": [1, 0], "predict_proba": [[0.25, 0.5]]}) == 0.25
    assert largest(["a"], ["b"]) == float("inf")
    assert largest([1], [1, 2]) == float("inf")
