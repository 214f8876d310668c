"""Which loader reads which file, and the folder that a service is made of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport.domain.findings import Findings
from homeport.errors import InvalidConfigError, MissingPathError
from homeport.inspection import inspect_model
from homeport.sdk.no_code_script import FILES, Loading, loading_of, needs_modules, settings_of, write_script


@pytest.mark.parametrize(
    ("format_", "loader"),
    [
        ("pickle", "pickle"),
        ("cloudpickle", "pickle"),
        ("dill", "dill"),
        ("joblib", "joblib"),
        ("xgboost-ubj", "xgboost"),
        ("lightgbm", "lightgbm"),
        ("catboost", "catboost"),
        ("onnx", "onnx"),
        ("keras-h5", "keras"),
        ("torchscript", "torchscript"),
        ("torch-zip", "torch"),
        ("skops", "skops"),
    ],
)
def test_the_format_decides_the_loader(tmp_path: Path, format_: str, loader: str) -> None:
    (tmp_path / "model").write_bytes(b"bytes")
    assert loading_of(tmp_path / "model", Findings(format=format_)).loader == loader


@pytest.mark.parametrize(
    ("findings", "words"),
    [
        (Findings(format="safetensors"), "weights, and not the model"),
        (Findings(format="keras-h5-weights"), "weights, and not the model"),
        (Findings(format="npy"), "an array is no model"),
        (Findings(format="torch", facts={"weights_only": True}), "weights .a state dict., and not the model"),
        (Findings(format="pickle", globals=("__main__.Net",)), "`Net` was defined in the script that saved it"),
        (Findings(format="unknown", facts={"looks_like": "a picture"}), "`model` is a picture"),
        (Findings(format="pickle", facts={"damaged": "it is cut short"}), "is damaged: it is cut short"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_reason(tmp_path: Path, findings: Findings, words: str) -> None:
    (tmp_path / "model").write_bytes(b"bytes")
    with pytest.raises(InvalidConfigError, match=words):
        loading_of(tmp_path / "model", findings)


def test_a_folder_is_served_by_its_one_model_file(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "features.py").write_text("")
    with pytest.raises(MissingPathError, match=r"no model file is in it"):
        loading_of(tmp_path, Findings(format="folder"))
    (tmp_path / "inside" / "model.joblib").write_bytes(b"bytes")
    assert loading_of(tmp_path, Findings(format="folder")) == Loading("joblib", "inside/model.joblib", {})
    (tmp_path / "other.pkl").write_bytes(b"bytes")
    with pytest.raises(InvalidConfigError, match=r"it holds `inside/model.joblib`, `other.pkl`"):
        loading_of(tmp_path, Findings(format="folder"))


@pytest.mark.parametrize(
    ("flavors", "file", "loading"),
    [
        ("sklearn:\n    pickled_model: model.pkl\n", "model.pkl", ("pickle", "model.pkl")),
        ("lightgbm:\n    data: model.lgb\n", "model.lgb", ("lightgbm", "model.lgb")),
        ("onnx:\n    data: model.onnx\n", "model.onnx", ("onnx", "model.onnx")),
        (
            "xgboost:\n    data: model.xgb\n    model_class: xgboost.core.Booster\n",
            "model.xgb",
            ("xgboost", "model.xgb"),
        ),
        ("tensorflow:\n    data: data\n", "data/model.keras", ("keras", "data/model.keras")),
        ("python_function:\n    loader_module: mine\n", "x", ("pyfunc", ".")),
    ],
)
def test_an_mlflow_folder_is_read_without_mlflow_where_its_library_can(
    tmp_path: Path, flavors: str, file: str, loading: tuple[str, str]
) -> None:
    (tmp_path / "MLmodel").write_text(f"flavors:\n  {flavors}")
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_bytes(b"bytes")
    found = loading_of(tmp_path, Findings(format="mlflow"))
    assert (found.loader, found.path) == loading


def test_the_script_is_written_once_for_equal_settings(tmp_path: Path) -> None:
    settings = settings_of("model.pkl", Loading("pickle"))
    folder = write_script(tmp_path, settings)
    before = folder.stat().st_ino
    assert write_script(tmp_path, settings) == folder
    assert folder.stat().st_ino == before
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, "__init__.py", "model.json"])
    assert json.loads((folder / "model.json").read_text())["path"] == "model.pkl"
    assert write_script(tmp_path, settings_of("other.pkl", Loading("pickle"))) != folder


def test_only_skops_is_told_whom_the_workspace_trusts() -> None:
    assert settings_of("m", Loading("skops"), trusted=["a.B"])["trusted"] == ["a.B"]
    assert settings_of("m", Loading("pickle"), trusted=["a.B"])["trusted"] == []


def test_of_several_models_in_a_folder_none_is_served_by_chance(tmp_path: Path) -> None:
    found = Findings(format="pickle", facts={"model_file": "a.pkl", "as_good": ["a.pkl", "b.pkl"]})
    with pytest.raises(InvalidConfigError, match=r"must hold one model file .* it holds `a.pkl`, `b.pkl`"):
        loading_of(tmp_path, found)


def test_what_is_damaged_is_refused_whatever_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("note: &a x\nflavors:\n  sklearn:\n    pickled_model: model.pkl\n")
    (tmp_path / "model.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(InvalidConfigError, match="is damaged: its `MLmodel`"):
        loading_of(tmp_path, inspect_model(tmp_path))


def test_what_is_not_known_as_a_model_is_not_loaded_for_its_suffix(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "outer.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    (tmp_path / "model" / "model.pkl").symlink_to("../outer.pkl")
    with pytest.raises(MissingPathError, match="no model file is in it"):
        loading_of(tmp_path / "model", inspect_model(tmp_path / "model"))
    (tmp_path / "model" / "model.pkl").unlink()
    (tmp_path / "model" / "model.pkl").write_bytes(b"cevil\nrun\n(tR\xff\xff")
    with pytest.raises(MissingPathError, match="no model file is in it"):
        loading_of(tmp_path / "model", inspect_model(tmp_path / "model"))


def test_modules_beside_a_model_are_only_there_for_one_that_names_some() -> None:
    assert not needs_modules(Findings(format="pickle"))
    assert settings_of("m", Loading("pickle"), modules=False)["modules"] == []
    assert needs_modules(Findings(format="pickle", own_modules=("features",)))
    assert settings_of("m", Loading("pickle"))["modules"] == [".", "m", "m/code"]
