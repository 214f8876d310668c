"""A bundle: the self-contained folder that every runtime and export takes. `bundle.json` describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from homeport.domain.json import JsonObject
from homeport.domain.model import ModelFile
from homeport.errors import InvalidInputError

BUNDLE_FORMAT = 1
BUNDLE_FILE = "bundle.json"
APP_FOLDER = "app"  # the worker's working directory, AML_APP_ROOT
MODELS_FOLDER = "azureml-models"  # below app/: NAME/VERSION/<stored path>


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledModel:
    """One model inside a bundle; version 0 stands for a path that was never registered."""

    name: str
    version: int
    digest: str
    files: tuple[ModelFile, ...]

    @property
    def ref(self) -> str:
        return f"{self.name}:{self.version}"

    @property
    def folder(self) -> str:
        """Below `app/`."""
        return f"{MODELS_FOLDER}/{self.name}/{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledEnvironment:
    """Which interpreter runs the bundle, and what that came from.

    `lock` is the lock's hash, or None where an existing interpreter is used as it is.
    """

    name: str | None
    version: str | None
    lock: str | None
    interpreter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What `bundle.json` says. Paths are relative to `app/`."""

    entry_script: str  # `<source folder>/<script>`, or `score.py`
    source_directory: str | None  # the source folder's own name, on sys.path; None for a lone script
    models: tuple[BundledModel, ...]
    environment: BundledEnvironment
    variables: Mapping[str, str]  # the environment definition's variables
    created: datetime

    @property
    def model_dir(self) -> str:
        """What AZUREML_MODEL_DIR names, relative to `app/`: the one model's folder, else the folder of all."""
        return self.models[0].folder if len(self.models) == 1 else MODELS_FOLDER

    def to_json(self) -> JsonObject:
        document: dict[str, Any] = {"format": BUNDLE_FORMAT, **asdict(self)}
        document["created"] = self.created.isoformat()
        return cast(JsonObject, document)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Bundle:
        """Read `bundle.json`; an unknown format is refused with the way out."""
        check_format(document, BUNDLE_FORMAT, BUNDLE_FILE)
        try:
            models = tuple(
                BundledModel(
                    name=model["name"],
                    version=model["version"],
                    digest=model["digest"],
                    files=tuple(ModelFile(**file) for file in model["files"]),
                )
                for model in document["models"]
            )
            return cls(
                entry_script=document["entry_script"],
                source_directory=document["source_directory"],
                models=models,
                environment=BundledEnvironment(**document["environment"]),
                variables=dict(document["variables"]),
                created=datetime.fromisoformat(document["created"]),
            )
        except (KeyError, TypeError, ValueError) as wrong:
            raise InvalidInputError(
                f"`{BUNDLE_FILE}` is not complete: {wrong!r}", hint="deploy the service again to have it rewritten"
            ) from wrong


def check_format(document: Mapping[str, Any], known: int, what: str) -> None:
    """Refuse a document whose `format` is not the one we write."""
    found = document.get("format")
    if found == known:
        return
    newer = isinstance(found, int) and found > known
    raise InvalidInputError(
        f"`{what}` has format {found!r}; this Homeport reads format {known}",
        hint="upgrade Homeport: a newer one wrote this file" if newer else "deploy again with this Homeport",
    )
