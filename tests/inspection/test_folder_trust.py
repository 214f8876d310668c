"""What a folder would run besides the one file that looks like its model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport.inspection import inspect_model
from homeport.inspection.keras import config_risks

EVIL = b"cos\nsystem\n(S'true'\ntR."
BOOSTER = b"\x80\x02cxgboost.core\nBooster\n)\x81."


def mlmodel(path: str, more: str = "") -> str:
    return f"flavors:\n  sklearn:\n    pickled_model: {path}\n{more}"


@pytest.mark.parametrize("path", ["model.csv", "model.py", "__pycache__/model.pkl", "a/b/c/d/e/f/g/h/i/j/model.pkl"])
def test_what_an_mlmodel_names_is_looked_into_however_it_is_called(tmp_path: Path, path: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_bytes(EVIL)
    (tmp_path / "MLmodel").write_text(mlmodel(path))
    assert inspect_model(tmp_path).runs_code


def test_what_an_mlmodel_names_outside_of_its_folder_is_a_risk(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "outer.pkl").write_bytes(EVIL)
    (tmp_path / "model" / "link.pkl").symlink_to("../outer.pkl")
    for path in ("../outer.pkl", str(tmp_path / "outer.pkl"), "link.pkl"):
        (tmp_path / "model" / "MLmodel").write_text(mlmodel(path))
        assert any("outside of the folder" in risk.why for risk in inspect_model(tmp_path / "model").risks), path


@pytest.mark.parametrize(
    "flavor",
    [
        "loader_module: mlflow.pyfunc.model\n    model_code_path: agent.py\n",
        "loader_module: mlflow.pyfunc.loaders.code_model\n",
    ],
)
def test_a_model_that_is_a_script_runs_code(tmp_path: Path, flavor: str) -> None:
    (tmp_path / "agent.py").write_text("")
    (tmp_path / "MLmodel").write_text(f"flavors:\n  python_function:\n    {flavor}")
    assert inspect_model(tmp_path).runs_code


@pytest.mark.parametrize(
    ("model", "module"), [(BOOSTER, "xgboost/__init__.py"), (b"\x80\x02c_loss\nCyHalf\n)\x81.", "_loss.py")]
)
def test_a_module_in_place_of_a_library_runs_code(tmp_path: Path, model: bytes, module: str) -> None:
    (tmp_path / "model.pkl").write_bytes(model)
    assert not inspect_model(tmp_path).risks
    (tmp_path / module).parent.mkdir(exist_ok=True)
    (tmp_path / module).write_text("")
    assert inspect_model(tmp_path).runs_code


def test_a_package_that_nobody_knows_is_told_before_it_is_installed(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(BOOSTER)
    (tmp_path / "requirements.txt").write_text("xgboost==1.2.0\nsk1earn==1.0\n-e .\n--index-url http://127.0.0.1\n")
    assert [risk.name for risk in inspect_model(tmp_path).risks] == ["package sk1earn"]


def wrapper(filename: str) -> bytes:
    """As joblib before 0.10 wrote an array that it kept in a file beside."""
    name = filename.encode()
    return (
        b"\x80\x02cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}(X\x08\x00\x00\x00filenameX"
        + len(name).to_bytes(4, "little")
        + name
        + b"X\x08\x00\x00\x00subclasscnumpy\nndarray\nub."
    )


def test_files_that_joblib_loads_with_the_model_are_looked_into(tmp_path: Path) -> None:
    model = tmp_path / "model.pkl"
    model.write_bytes(wrapper("model.pkl_01.npy"))
    assert not inspect_model(model).risks
    (tmp_path / "model.pkl_01.npy").write_bytes(EVIL)
    assert inspect_model(model).runs_code
    assert inspect_model(tmp_path).runs_code


@pytest.mark.parametrize("name", ["data.csv", "../model.pkl_01.npy", ".npy"])
def test_joblib_is_not_to_load_any_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "model.pkl").write_bytes(wrapper(name))
    assert inspect_model(tmp_path / "model.pkl").runs_code


@pytest.mark.parametrize(
    ("part", "risky"),
    [
        ({"class_name": "function", "module": "builtins", "config": "exec"}, True),
        ({"class_name": "function", "module": "builtins", "config": "relu"}, False),
        ({"class_name": "function", "module": "keras.utils", "config": "get_file"}, True),
        ({"class_name": "function", "module": "tensorflow.python.ops", "config": "load"}, True),
        ({"class_name": "function", "module": "os", "config": "system"}, True),
        ({"class_name": "function", "module": "keras.src.activations.activations", "config": "relu"}, False),
        ({"class_name": "Dense", "module": "keras.layers", "config": {}}, False),
        ({"class_name": "TorchModuleWrapper", "module": "keras.layers", "config": {}}, True),
    ],
)
def test_a_configuration_of_keras_names_functions_of_layers_only(part: dict[str, object], risky: bool) -> None:
    config = {"class_name": "Functional", "module": "keras", "config": {"layers": [part]}}
    assert bool(config_risks(json.dumps(config), ())) == risky
