"""The entry script of a service that is made from a model file: which loader it takes, and its files in a folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from homeport.domain.bundle import BUNDLE_FILE
from homeport.domain.findings import Findings
from homeport.domain.json import Json, JsonObject
from homeport.errors import InvalidConfigError, MissingPathError

PACKAGE = "homeport_model"  # the folder's name: the package that the script's own modules are imported from
ENTRY_SCRIPT = "model_script.py"
SETTINGS_FILE = "model.json"
FOLDER = "no-code"  # below the home: HASH/homeport_model
FILES = (
    ENTRY_SCRIPT,
    "model_answers.py",
    "model_confine.py",
    "model_kinds.py",
    "model_loading.py",
    "model_request.py",
    "model_sample.py",
    "model_tensors.py",
    "model_trial.py",
    "model_values.py",
    "model_wanted.py",
)
# what the name of a format begins with -> the loader; the first that fits
LOADERS = (
    ("xgboost", "xgboost"),
    ("lightgbm", "lightgbm"),
    ("catboost", "catboost"),
    ("onnx", "onnx"),
    ("keras", "keras"),
    ("hdf5", "keras"),
    ("torchscript", "torchscript"),
    ("torch", "torch"),
    ("pytorch", "torch"),
    ("skops", "skops"),
    ("savedmodel", "savedmodel"),
    ("saved-model", "savedmodel"),
    ("tensorflow", "savedmodel"),
    ("joblib", "joblib"),
    ("pickle", "pickle"),
    ("cloudpickle", "pickle"),
    ("dill", "dill"),
)
NOT_MODELS = {
    "keras-h5-weights": "the file holds weights, and not the model that they belong to",
    "safetensors": "safetensors holds weights, and not the model that they belong to",
    "numpy": "an array is no model",
    "npy": "an array is no model",
    "npz": "arrays are no model",
}
MAKE_A_SCRIPT = "write a score.py with init() and run() that loads it, and serve that"
SUFFIXES = {  # of a folder's one model file, where no other format is recognised
    ".pkl": "joblib",
    ".pickle": "pickle",
    ".joblib": "joblib",
    ".onnx": "onnx",
    ".cbm": "catboost",
    ".ubj": "xgboost",
    ".h5": "keras",
    ".keras": "keras",
    ".pt": "torch",
    ".pth": "torch",
    ".skops": "skops",
}


@dataclass(frozen=True, slots=True)
class Loading:
    """Which loader reads which file; `path` is relative to the model's file or folder ("." is that itself)."""

    loader: str
    path: str = "."
    more: Mapping[str, Any] | None = None  # what the loader needs besides


def loading_of(path: Path, findings: Findings) -> Loading:
    """How the file or folder is loaded. InvalidConfigError for what holds no model that can be asked."""
    if "damaged" in findings.facts:  # first of all: the guard leaves it to this to refuse them
        raise InvalidConfigError(f"`{path.name}` is damaged: {findings.facts['damaged']}", hint="get the file again")
    if (path / "MLmodel").is_file():
        return _of_mlflow(path)
    kind = findings.format.lower()
    for beginning, why in NOT_MODELS.items():
        if kind.startswith(beginning):
            raise InvalidConfigError(f"`{path.name}` cannot be served by itself: {why}", hint=MAKE_A_SCRIPT)
    if missing := _out_of_reach(path, findings):  # said before gigabytes are installed for it
        raise InvalidConfigError(f"`{path.name}` cannot be served by itself: {missing}", hint=MAKE_A_SCRIPT)
    if path.is_dir() and not (path / "saved_model.pb").is_file():
        return _of_folder(path, findings)
    loader = next((loader for beginning, loader in LOADERS if kind.startswith(beginning)), None)
    if loader is None:
        looks = findings.facts.get("looks_like")
        if looks:
            raise InvalidConfigError(f"`{path.name}` is {looks}", hint="name the file or folder of a model")
        raise InvalidConfigError(
            f"`{path.name}` is of a format that is not served: {findings.format}", hint=MAKE_A_SCRIPT
        )
    return Loading(loader, ".", _more(loader, path, kind))


def _out_of_reach(path: Path, findings: Findings) -> str | None:
    """What no environment has: the class of a state dict, or one of the script that saved the file."""
    if findings.format.startswith("torch") and findings.facts.get("weights_only"):
        return "the file holds weights (a state dict), and not the model that they belong to"
    if not path.is_file() or not findings.format.startswith(("pickle", "joblib", "cloudpickle", "torch")):
        return None
    own = next((name for name in findings.globals if name.startswith("__main__.")), None)
    if own is None:
        return None
    return f"`{own.partition('.')[2]}` was defined in the script that saved it (`__main__`), and is not in the file"


def _more(loader: str, path: Path, kind: str) -> Mapping[str, Any]:
    if loader == "catboost":
        return {"format": "json" if "json" in kind or path.suffix == ".json" else "onnx" if "onnx" in kind else "cbm"}
    if loader == "keras" and (kind.startswith("keras-3") or path.suffix == ".keras"):
        return {"format": "keras"}
    return {}


def _of_folder(path: Path, findings: Findings) -> Loading:
    """The one file of a folder that is a model, beside modules and whatever else it carries."""
    several = findings.facts.get("as_good")
    if isinstance(several, list):
        raise _several(path, [str(name) for name in several])
    named = findings.facts.get("model_file") or findings.facts.get("file")
    if isinstance(named, str) and (path / named).is_file():
        kind = findings.format.lower().rpartition("/")[2]
        loader = next((loader for beginning, loader in LOADERS if kind.startswith(beginning)), None)
        return Loading(
            loader or SUFFIXES.get(Path(named).suffix, "joblib"), named, _more(loader or "", path / named, kind)
        )
    files = [file for file in sorted(path.rglob("*")) if file.suffix in SUFFIXES and file.is_file()]
    if not files or findings.format == "unknown":  # a suffix alone does not make a model of what is not known as one
        raise MissingPathError(
            f"`{path.name}` is a folder without a `{BUNDLE_FILE}`, and no model file is in it",
            hint="name an entry script, a model file or folder, or a bundle",
        )
    if len(files) != 1:
        raise _several(path, [str(file.relative_to(path)) for file in files])
    kind = SUFFIXES[files[0].suffix]
    return Loading(kind, files[0].relative_to(path).as_posix(), _more(kind, files[0], kind))


def _several(path: Path, files: list[str]) -> InvalidConfigError:
    names = ", ".join(f"`{name}`" for name in files[:5]) + (f" and {len(files) - 5} more" if len(files) > 5 else "")
    return InvalidConfigError(
        f"`{path.name}` must hold one model file to be served by itself; it holds {names}",
        hint="name the file itself, or " + MAKE_A_SCRIPT,
    )


def _of_mlflow(folder: Path) -> Loading:
    """By the flavor whose files a library reads without mlflow; else by mlflow itself."""
    from ruamel.yaml import YAML  # the YAML library costs 60 ms
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="safe", pure=True).load((folder / "MLmodel").read_text(encoding="utf-8"))
        flavors = document["flavors"]
    except (OSError, UnicodeDecodeError, YAMLError, KeyError, TypeError) as wrong:
        raise InvalidConfigError(f"`{folder / 'MLmodel'}` cannot be read: {wrong}") from wrong
    for name, read in MLFLOW_FLAVORS.items():
        told = flavors.get(name)
        found: Loading | None = read(told, folder) if isinstance(told, dict) else None
        if found is not None and (folder / found.path).exists():
            return found
    if "python_function" in flavors:
        return Loading("pyfunc")
    raise InvalidConfigError(f"`{folder.name}` has no flavor that can be served: {', '.join(flavors)}")


def _mlflow_sklearn(told: Mapping[str, Any], folder: Path) -> Loading:
    name = str(told.get("pickled_model", "model.pkl"))
    return Loading("skops" if told.get("serialization_format") == "skops" else "pickle", name)


def _mlflow_native(loader: str, default: str) -> Any:
    def read(told: Mapping[str, Any], folder: Path) -> Loading:
        name = str(told.get("data", default))
        if name.endswith((".pkl", ".pickle")):
            return Loading("pickle", name)
        kind = told.get("model_class")
        more = {"class": kind} if loader == "xgboost" and isinstance(kind, str) else {}
        if loader == "catboost":
            more = {"format": str(told.get("save_format", "cbm"))}
        return Loading(loader, name, more)

    return read


def _mlflow_keras(told: Mapping[str, Any], folder: Path) -> Loading | None:
    data = folder / str(told.get("data", "data"))
    for name in ("model.keras", "model.h5", "model"):
        if (data / name).exists():
            return Loading("keras", (data / name).relative_to(folder).as_posix())
    return None


def _mlflow_torch(told: Mapping[str, Any], folder: Path) -> Loading | None:
    data = folder / str(told.get("model_data", "data")) / "model.pth"
    return Loading("torch", data.relative_to(folder).as_posix()) if data.is_file() else None


MLFLOW_FLAVORS: dict[str, Any] = {
    "sklearn": _mlflow_sklearn,
    "xgboost": _mlflow_native("xgboost", "model.xgb"),
    "lightgbm": _mlflow_native("lightgbm", "model.lgb"),
    "catboost": _mlflow_native("catboost", "model.cb"),
    "onnx": _mlflow_native("onnx", "model.onnx"),
    "statsmodels": lambda told, folder: Loading("pickle", str(told.get("data", "model.statsmodels"))),
    "tensorflow": _mlflow_keras,
    "keras": _mlflow_keras,
    "pytorch": _mlflow_torch,
}


def needs_modules(findings: Findings) -> bool:
    """Whether it names what no library has: otherwise nothing that lies beside it may be imported."""
    return bool(findings.risks or findings.own_modules)


def settings_of(
    name: str, loading: Loading, *, trusted: Collection[str] = (), example: Json = None, modules: bool = True
) -> JsonObject:
    """`model.json` for a model whose file or folder is `name` below AZUREML_MODEL_DIR.

    `modules`: whether those that lie beside the model can be imported.
    """
    inside = os.path.normpath(os.path.join(name, loading.path))  # noqa: PTH118 - below a folder that is not known yet
    return {
        "loader": loading.loader,
        "path": inside,
        "modules": [".", name, f"{name}/code"] if modules else [],
        "trusted": sorted(trusted) if loading.loader == "skops" else [],
        "example": example,
        **(loading.more or {}),
    }


def write_script(home: Path, settings: JsonObject) -> Path:
    """The folder `homeport_model` with the script and `model.json`, found by its contents or written once."""
    packaged = resources.files("homeport.worker")
    contents = {name: (packaged / name).read_text(encoding="utf-8") for name in FILES}
    contents["__init__.py"] = '"""Serves one model file."""\n'
    contents[SETTINGS_FILE] = json.dumps(settings, indent=2, sort_keys=True) + "\n"
    digest = hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()[:32]
    target = home / FOLDER / digest
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        staging = Path(tempfile.mkdtemp(prefix=f".{digest}.", dir=target.parent))
        (staging / PACKAGE).mkdir()
        for name, text in contents.items():
            (staging / PACKAGE / name).write_text(text, encoding="utf-8")
        try:
            staging.rename(target)
        except OSError:  # another process was quicker
            shutil.rmtree(staging, ignore_errors=True)
    return target / PACKAGE
