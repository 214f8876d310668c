"""What the bytes of a model file say, found without running any of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal, cast

from homeport.domain.json import JsonObject

Sure = Literal["certain", "likely", "guess"]
Danger = Literal["runs_code", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """A distribution that the file needs, as far as the bytes tell which."""

    distribution: str  # "scikit-learn"
    specifier: str = ""  # "==0.22.1", ">=1.0,<1.3", or empty where only the name is known
    why: str  # "`_sklearn_version` of sklearn.svm._classes.SVC"
    sure: Sure


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonNeeded:
    """What is known of the interpreter that wrote the file, or can read it; PEP 440."""

    specifier: str  # "==3.7.*", ">=3.8"
    why: str  # "byte code of CPython 3.7 in a cloudpickled function"
    sure: Sure


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """A global that loading would call or hand out, and that no list knows as harmless."""

    name: str  # "posix.system"
    danger: Danger  # known to run what the file says, or known to nobody
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The whole report on a file or a folder; every statement says how sure it is."""

    format: str  # "pickle", "joblib", "cloudpickle", "onnx", "xgboost-json", "mlflow" ...
    framework: str | None = None  # as `Model.Framework` spells it where it does: "ScikitLearn", "Onnx", ...
    framework_version: str | None = None
    model_class: str | None = None  # "sklearn.svm._classes.SVC", of the outermost object
    size: int = 0  # bytes
    protocol: int | None = None  # of a pickle
    needed: tuple[Needed, ...] = ()
    pythons: tuple[PythonNeeded, ...] = ()
    own_modules: tuple[str, ...] = ()  # modules that no distribution has: "__main__", "features"
    globals: tuple[str, ...] = ()  # all that a pickle names, "module.name", sorted
    risks: tuple[Risk, ...] = ()  # empty: only harmless globals, or a format that runs nothing
    not_before: date | None = None  # the file cannot be older than this
    facts: Mapping[str, Any] = field(default_factory=dict)  # what else is known, JSON: n_features, classes, opset ...

    @property
    def runs_code(self) -> bool:
        """Loading it would call something that is known to run what the file says."""
        return any(risk.danger == "runs_code" for risk in self.risks)

    def to_json(self) -> JsonObject:
        document = asdict(self)
        document["not_before"] = self.not_before.isoformat() if self.not_before else None
        return cast(JsonObject, document)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Findings:
        """The inverse of `to_json`."""
        told = dict(document)
        return cls(
            **{
                **told,
                "needed": tuple(Needed(**each) for each in told["needed"]),
                "pythons": tuple(PythonNeeded(**each) for each in told["pythons"]),
                "risks": tuple(Risk(**each) for each in told["risks"]),
                "own_modules": tuple(told["own_modules"]),
                "globals": tuple(told["globals"]),
                "not_before": date.fromisoformat(told["not_before"]) if told["not_before"] else None,
            }
        )
