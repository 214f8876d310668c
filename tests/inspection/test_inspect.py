from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.domain.findings import Findings
from homeport.errors import MissingPathError
from homeport.inspection import inspect_model

FILES = Path(__file__).with_name("files")

# file -> format, framework, version, class, needed packages
KNOWN = {
    "new.json": ("xgboost-json", "XGBoost", "3.2.0", "xgboost.core.Booster", ["xgboost==3.2.0", "numpy"]),
    "new_classifier.json": ("xgboost-json", "XGBoost", "3.2.0", "xgboost.core.Booster", ["xgboost==3.2.0", "numpy"]),
    "mid.json": ("xgboost-json", "XGBoost", "1.3.3", "xgboost.core.Booster", ["xgboost==1.3.3", "numpy"]),
    "new.ubj": ("xgboost-ubj", "XGBoost", "3.2.0", "xgboost.core.Booster", ["xgboost==3.2.0", "numpy"]),
    "mid.xgb": ("xgboost-binary", "XGBoost", "1.3", "xgboost.core.Booster", ["xgboost==1.3.*", "numpy"]),
    "old.xgb": ("xgboost-binary", "XGBoost", None, "xgboost.core.Booster", ["xgboost<1.0", "numpy"]),
    "new.lgb": ("lightgbm", "LightGBM", None, "lightgbm.basic.Booster", ["lightgbm>=4", "numpy"]),
    "old.lgb": ("lightgbm", "LightGBM", None, "lightgbm.basic.Booster", ["lightgbm>=2.3,<3.2", "numpy"]),
    "new.cbm": ("catboost", "CatBoost", "1.2.10", "catboost.core.CatBoostClassifier", ["catboost==1.2.10"]),
    "old.cbm": ("catboost", "CatBoost", None, "catboost.core.CatBoostClassifier", ["catboost>0.17.5,<0.21"]),
    "new_catboost.json": ("catboost-json", "CatBoost", "1.2.10", "catboost.core.CatBoostClassifier", None),
    "new.onnx": ("onnx", "Onnx", None, None, ["onnxruntime>=1.18"]),
    "new.safetensors": ("safetensors", "PyTorch", None, None, ["safetensors", "torch"]),
    "new.skops": ("skops", "ScikitLearn", "1.9.1", "sklearn.pipeline.Pipeline", None),
    "object.npy": ("npy", None, None, None, ["numpy>=2"]),
    "object.npz": ("npz", None, None, None, ["numpy>=2"]),
    "keras2.h5": ("keras-h5", "TfKeras", "2.15.0", "keras.Sequential", ["tensorflow==2.15.*"]),
    "keras3.h5": ("keras-h5", "TfKeras", "3.15.1", "keras.Sequential", ["keras==3.15.1", "tensorflow"]),
    "keras2.weights.h5": ("keras-h5-weights", "TfKeras", None, None, ["keras"]),
    "keras2.keras": ("keras", "TfKeras", "2.15.0", "keras.Sequential", ["tensorflow==2.15.*"]),
    "keras3.keras": ("keras", "TfKeras", "3.15.1", "keras.Sequential", ["keras==3.15.1", "tensorflow"]),
    "saved_model": ("saved-model", "TensorFlow", "2.15.0", None, ["tensorflow==2.15.0"]),
    "state.pt": ("torch", "PyTorch", None, "collections.OrderedDict", ["torch"]),
    "module.pt": ("torch", "PyTorch", None, "torch.nn.modules.container.Sequential", ["torch"]),
    "state_legacy.pt": ("torch-legacy", "PyTorch", None, "collections.OrderedDict", ["torch"]),
    "script.pt": ("torchscript", "PyTorch", None, "torch.jit.ScriptModule", ["torch>=1.4"]),
    "mlflow": ("mlflow", "ScikitLearn", "1.9.1", "sklearn.linear_model._logistic.LogisticRegression", None),
}


def packages(found: Findings) -> list[str]:
    return [f"{each.distribution}{each.specifier}" for each in found.needed]


@pytest.mark.parametrize("name", KNOWN)
def test_a_file_of_the_real_library_is_known_with_its_version_and_is_no_danger(name: str) -> None:
    found = inspect_model(FILES / name)
    form, framework, version, kind, needed = KNOWN[name]
    assert (found.format, found.framework, found.framework_version, found.model_class) == (
        form,
        framework,
        version,
        kind,
    )
    assert found.risks == ()
    assert "damaged" not in found.facts
    assert found.size > 0
    if needed is not None:
        assert packages(found) == needed
    assert Findings.from_json(found.to_json()).format == form


@pytest.mark.parametrize("name", [name for name in KNOWN if (FILES / name).is_file()])
def test_the_name_of_a_file_says_nothing(name: str, tmp_path: Path) -> None:
    other = tmp_path / "model.pkl"
    other.write_bytes((FILES / name).read_bytes())
    assert inspect_model(other).format == KNOWN[name][0]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("new.json", {"objective": "binary:logistic", "n_features": 3, "feature_names": ["a", "b", "c"]}),
        ("new.ubj", {"objective": "binary:logistic", "n_features": 3, "feature_names": ["a", "b", "c"]}),
        ("new_classifier.json", {"scikit_learn": "classifier"}),
        ("mid.xgb", {"objective": "binary:logistic", "n_features": 3, "booster": "gbtree"}),
        ("new.lgb", {"objective": "binary sigmoid:1", "n_features": 3, "file_version": "v4"}),
        ("new.cbm", {"loss": "Logloss", "classes": [0, 1]}),
        ("new.onnx", {"producer": "skl2onnx", "ir_version": 10, "opsets": {"ai.onnx": 9, "ai.onnx.ml": 1}}),
        ("new.onnx", {"inputs": [{"name": "X", "type": "float32", "shape": [None, 3]}]}),
        ("new.safetensors", {"tensors": 1, "first_tensors": {"w": [60, 3]}, "weights_only": True}),
        ("object.npy", {"type": "|O", "shape": [2]}),
        ("keras3.h5", {"backend": "tensorflow", "layers": ["InputLayer", "Dense"], "input_shape": [None, 3]}),
        ("saved_model", {"tags": ["serve"], "model_file": "saved_model.pb"}),
        ("state.pt", {"kind": "state_dict", "tensors": 2}),
        ("module.pt", {"kind": "module", "weights_only": False}),
        ("script.pt", {"kind": "torchscript"}),
        ("mlflow", {"loader": "mlflow.sklearn", "model_file": "model.skops", "input_example": "input_example.json"}),
    ],
)
def test_what_else_the_bytes_show(name: str, facts: dict[str, Any]) -> None:
    found = inspect_model(FILES / name).facts
    assert {key: found.get(key) for key in facts} == facts


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError, match="does not exist"):
        inspect_model(tmp_path / "nothing")
