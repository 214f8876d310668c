"""Environments that are there without being registered: ours, and the original's names for what they held.

What an `AzureML-` environment held is taken from its name: the framework's version and the Python. The rest is what was
current when that framework was, so it is like the original's list and not the very same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from homeport.errors import EnvironmentNotFoundError

VERSION = "1"  # of every curated environment: another content gets another name
SCORING = "azureml-defaults"


@dataclass(frozen=True, slots=True)
class Curated:
    """A Python, packages, and the day as of which the rest is resolved."""

    python: str
    packages: tuple[str, ...]
    as_of: str

    def document(self, name: str) -> dict[str, Any]:
        """As azureml_environment.json, partial: what is not there is empty."""
        pip = {"pip": [*self.packages, SCORING]}
        spec = {"name": "project_environment", "dependencies": [f"python={self.python}", "pip", pip]}
        return {
            "name": name,
            "version": VERSION,
            "environmentVariables": {},
            "python": {"interpreterPath": "python", "userManagedDependencies": False, "condaDependencies": spec},
            "asOf": self.as_of,
        }


_DATA = ("numpy", "pandas", "scipy", "joblib")
CURATED: Mapping[str, Curated] = {
    "homeport-minimal": Curated("3.10", (), "2025-06-01"),
    "homeport-sklearn-0.20": Curated("3.6", ("scikit-learn==0.20.3", *_DATA), "2020-03-01"),
    "homeport-sklearn-0.22": Curated("3.7", ("scikit-learn==0.22.1", *_DATA), "2020-03-01"),
    "homeport-sklearn-0.24": Curated("3.7", ("scikit-learn==0.24.2", *_DATA), "2021-10-01"),
    "homeport-sklearn-1.0": Curated("3.8", ("scikit-learn==1.0.2", *_DATA), "2022-06-01"),
    "homeport-sklearn-1.5": Curated("3.10", ("scikit-learn==1.5.2", *_DATA), "2024-12-01"),
    "homeport-xgboost-0.90": Curated("3.7", ("xgboost==0.90", "scikit-learn", *_DATA), "2021-01-01"),
    "homeport-xgboost-2.1": Curated("3.10", ("xgboost==2.1.3", "scikit-learn", *_DATA), "2024-12-15"),
    "homeport-lightgbm-3.2": Curated("3.7", ("lightgbm==3.2.1", "scikit-learn", *_DATA), "2021-10-01"),
    "homeport-onnxruntime-1.6": Curated("3.7", ("onnxruntime==1.6.0", "numpy"), "2021-06-01"),
    "homeport-pytorch-1.10": Curated("3.8", ("torch==1.10.2", "numpy"), "2022-06-01"),
    "homeport-tensorflow-2.4": Curated("3.7", ("tensorflow==2.4.1", "numpy"), "2021-06-01"),
}
_OF_THE_ORIGINAL: Mapping[str, str] = {
    "AzureML-Minimal": "homeport-minimal",
    "AzureML-minimal-ubuntu18.04-py37-cpu-inference": "homeport-minimal",
    "AzureML-minimal-ubuntu20.04-py38-cpu-inference": "homeport-minimal",
    "AzureML-minimal-ubuntu22.04-py39-cpu-inference": "homeport-minimal",
    "AzureML-Scikit-learn-0.20.3": "homeport-sklearn-0.20",
    "AzureML-Tutorial": "homeport-sklearn-0.22",
    "AzureML-sklearn-0.24-ubuntu18.04-py37-cpu": "homeport-sklearn-0.24",
    "AzureML-sklearn-0.24.1-ubuntu18.04-py37-cpu-inference": "homeport-sklearn-0.24",
    "AzureML-sklearn-1.0-ubuntu20.04-py38-cpu": "homeport-sklearn-1.0",
    "AzureML-sklearn-1.5": "homeport-sklearn-1.5",
    "AzureML-xgboost-0.9-ubuntu18.04-py37-cpu-inference": "homeport-xgboost-0.90",
    "AzureML-lightgbm-3.2-ubuntu18.04-py37-cpu": "homeport-lightgbm-3.2",
    "AzureML-onnxruntime-1.6-ubuntu18.04-py37-cpu-inference": "homeport-onnxruntime-1.6",
    "AzureML-pytorch-1.10-ubuntu18.04-py38-cuda11-gpu": "homeport-pytorch-1.10",
    "AzureML-tensorflow-2.4-ubuntu18.04-py37-cpu-inference": "homeport-tensorflow-2.4",
}


def curated_names() -> list[str]:
    """Ours first, then the original's."""
    return [*CURATED, *_OF_THE_ORIGINAL]


def curated_document(name: str, version: str | None = None) -> dict[str, Any] | None:
    """The definition of a curated environment; None where there is none of that name and version."""
    found = CURATED.get(_OF_THE_ORIGINAL.get(name, name))
    return found.document(name) if found is not None and version in (None, VERSION) else None


def named_nearly(wrong: EnvironmentNotFoundError, name: str) -> EnvironmentNotFoundError:
    """The same error, with the curated name that may have been meant where no registered one is near."""
    by_folded = {known.lower(): known for known in curated_names()}
    near = get_close_matches(name.lower(), by_folded, n=1, cutoff=0.75)
    if not near or (wrong.hint or "").startswith("did you mean"):
        return wrong
    return EnvironmentNotFoundError(wrong.message, hint=f"did you mean the curated `{by_folded[near[0]]}`?")
