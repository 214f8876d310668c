"""MLflow's model folders: `MLmodel` says who wrote what, with which versions. https://mlflow.org/docs/latest/model/"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from homeport.domain.findings import Findings, Needed, Risk
from homeport.inspection.requirement_files import python_needed, yaml_of

FILE = "MLmodel"

# flavor -> `Model.Framework`'s name or the framework's own, the key of its version, its distribution
_FLAVORS = {
    "sklearn": ("ScikitLearn", "sklearn_version", "scikit-learn"),
    "xgboost": ("XGBoost", "xgb_version", "xgboost"),
    "lightgbm": ("LightGBM", "lgb_version", "lightgbm"),
    "catboost": ("CatBoost", "catboost_version", "catboost"),
    "onnx": ("Onnx", "onnx_version", "onnx"),
    "pytorch": ("PyTorch", "pytorch_version", "torch"),
    "keras": ("TfKeras", "keras_version", "keras"),
    "tensorflow": ("TensorFlow", "tensorflow_version", "tensorflow"),
    "statsmodels": ("Statsmodels", "statsmodels_version", "statsmodels"),
    "spacy": ("Spacy", "spacy_version", "spacy"),
    "prophet": ("Prophet", "prophet_version", "prophet"),
    "spark": ("Spark", "pyspark_version", "pyspark"),
    "transformers": ("Transformers", "transformers_version", "transformers"),
}
# where flavors keep the path of what they load
_NAMED = 100
_PATHS = ("pickled_model", "model_path", "model_data", "data", "model_blob", "python_model", "model_binary")


def read_mlmodel(folder: Path, allowed: Collection[str]) -> tuple[Findings, list[str]]:
    """What `MLmodel` says, and the paths in the folder that its flavors load."""
    document = yaml_of(folder / FILE)
    flavors = (document or {}).get("flavors")
    if document is None or not isinstance(flavors, dict):
        return Findings(format="mlflow", facts={"damaged": "its `MLmodel` is not what MLflow writes"}), []
    known = next((name for name in _FLAVORS if isinstance(flavors.get(name), dict)), None)
    framework, key, distribution = _FLAVORS[known] if known else (None, "", "")
    version = _text(flavors[known].get(key)) if known else None
    function = flavors.get("python_function")
    function = function if isinstance(function, dict) else {}
    python = _text(function.get("python_version"))
    created = re.match(r"(\d{4})-(\d\d)-(\d\d)", str(document.get("utc_time_created") or ""))
    found = Findings(
        format="mlflow",
        framework=framework,
        framework_version=version,
        needed=tuple(_needed(document, distribution, version, known)),
        pythons=(python_needed(python, "`python_version` in MLmodel"),) if python and python[0].isdigit() else (),
        risks=_risks(flavors, function, allowed),
        not_before=_date(created),
        facts=_facts(document, flavors, function),
    )
    return found, _paths(flavors)


def _needed(document: dict[str, Any], distribution: str, version: str | None, flavor: str | None) -> list[Needed]:
    needed = []
    if distribution:
        why = f"flavor `{flavor}` in MLmodel"
        pin = f"=={version}" if version else ""
        needed.append(Needed(distribution=distribution, specifier=pin, why=why, sure="certain"))
    mlflow = _text(document.get("mlflow_version"))
    pin = f"=={mlflow}" if mlflow else ""
    why = "`mlflow_version` in MLmodel" if mlflow else "the folder's format"
    return [*needed, Needed(distribution="mlflow", specifier=pin, why=why, sure="likely")]


def _risks(flavors: dict[str, Any], function: dict[str, Any], allowed: Collection[str]) -> tuple[Risk, ...]:
    """MLflow imports the module that the file names, with the folder's own code in front of everything."""
    loader = _text(function.get("loader_module"))
    risks = []
    told = [flavor for flavor in flavors.values() if isinstance(flavor, dict)]
    if loader and not re.fullmatch(r"mlflow(\.\w+)*", loader):
        why = "the module that MLmodel names is imported and its `_load_pyfunc` called"
        risks.append(Risk(name=loader, danger="runs_code", why=why))
    if any(flavor.get("model_code_path") for flavor in told) or (loader or "").startswith("mlflow.pyfunc.loaders"):
        why = "the model is a script of the folder's own, which is run to load it"
        risks.append(Risk(name="mlflow model script", danger="runs_code", why=why))
    if any(flavor.get("code") for flavor in told):
        why = "the folder brings code that is put in front of all that is installed"
        risks.append(Risk(name="mlflow code", danger="unknown", why=why))
    return tuple(risk for risk in risks if risk.name not in allowed)


def _facts(document: dict[str, Any], flavors: dict[str, Any], function: dict[str, Any]) -> dict[str, Any]:
    signature = document.get("signature")
    example = document.get("saved_input_example_info")
    facts = {
        "flavors": [str(name)[:100] for name in list(flavors)[:50]],
        "loader": _text(function.get("loader_module")),
        "mlflow_version": _text(document.get("mlflow_version")),
        "created": _text(document.get("utc_time_created")),
        "signature": _signature(signature) if isinstance(signature, dict) else None,
        "input_example": _text(example.get("artifact_path")) if isinstance(example, dict) else None,
    }
    return {key: value for key, value in facts.items() if value is not None}


def _signature(signature: dict[str, Any]) -> dict[str, Any]:
    """Inputs and outputs, which MLflow writes as JSON inside of YAML."""
    try:
        return {side: json.loads(str(signature.get(side) or "null")) for side in ("inputs", "outputs")}
    except (ValueError, RecursionError):
        return {}


def _paths(flavors: dict[str, Any]) -> list[str]:
    """As they stand there, inside or not; `python_function` last, as others say the same more exactly."""
    ordered = sorted(flavors, key=lambda name: name == "python_function")
    values = [flavors[name].get(key) for name in ordered if isinstance(flavors[name], dict) for key in _PATHS]
    paths = [PurePosixPath(value) for value in values if isinstance(value, str) and value and "\0" not in value]
    return list(dict.fromkeys(str(path) for path in paths))[:_NAMED]


def _text(value: object) -> str | None:
    return str(value)[:300] if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None


def _date(found: re.Match[str] | None) -> date | None:
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None
