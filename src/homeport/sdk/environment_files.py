"""An environment as a folder: `azureml_environment.json`, `conda_dependencies.yml` and, where set, `BaseDockerfile`."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeport.domain.lock import Lock
from homeport.environments.kept_files import kept_file, take_files
from homeport.errors import InvalidConfigError, MissingPathError, PathExistsError, UnreadableConfigError
from homeport.sdk.conda_dependencies import CondaDependencies

DEFINITION_FILE = "azureml_environment.json"
CONDA_FILE = "conda_dependencies.yml"
DOCKERFILE = "BaseDockerfile"
LOCK_FILES = "homeport-lock.{platform}.json"
WHEELS_FOLDER = "files"  # wheels that the definition names by path
_SECTIONS = ("python", "docker", "spark", "databricks", "r", "environmentVariables")


def write_environment_folder(
    path: str | os.PathLike[str],
    document: Mapping[str, Any],
    conda: CondaDependencies | None,
    *,
    overwrite: bool,
) -> None:
    """Write the folder; an existing one is a `FileExistsError` unless `overwrite`, and other files in it stay."""
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=overwrite)
    except FileExistsError as wrong:
        raise PathExistsError(f"`{path}` exists", hint="choose a new folder, or pass overwrite=True") from wrong
    python = {key: value for key, value in document["python"].items() if key != "condaDependencies"}
    docker = {key: value for key, value in document["docker"].items() if key != "baseDockerfile"}
    _write(folder / DEFINITION_FILE, json.dumps({**document, "python": python, "docker": docker}, indent=4) + "\n")
    if conda is not None:
        _write(folder / CONDA_FILE, conda.serialize_to_string())
    if document["docker"].get("baseDockerfile"):
        _write(folder / DOCKERFILE, document["docker"]["baseDockerfile"])


def read_environment_folder(path: str | os.PathLike[str]) -> tuple[dict[str, Any], CondaDependencies | None]:
    """The definition's document, Dockerfile inline, and the conda file where there is one.

    Raises `FileNotFoundError` where the definition is missing, `json.JSONDecodeError` where it is not JSON.
    """
    folder = Path(path)
    document = read_document(folder / DEFINITION_FILE)
    if (folder / DOCKERFILE).is_file():
        docker = document.get("docker") or {}
        document["docker"] = {**docker, "baseDockerfile": (folder / DOCKERFILE).read_text(encoding="utf-8")}
    conda = CondaDependencies(folder / CONDA_FILE) if (folder / CONDA_FILE).is_file() else None
    return document, conda


def write_locks(folder: Path, locks: Mapping[str, Any], home: Path) -> None:
    """Each platform's lock, and the wheels that only this home has, beside the definition."""
    for platform, document in locks.items():
        _write(folder / LOCK_FILES.format(platform=platform), json.dumps(document, indent=2) + "\n")
        for package in Lock.from_json(document).packages:
            kept = kept_file(package, home)
            if kept is not None and kept.is_file():
                (folder / WHEELS_FOLDER).mkdir(exist_ok=True)
                shutil.copyfile(kept, folder / WHEELS_FOLDER / kept.name)


def read_locks(folder: Path, home: Path) -> dict[str, Any]:
    """What `write_locks` wrote, by platform; wheels are taken into `home`."""
    found = {}
    for file in sorted(folder.glob(LOCK_FILES.format(platform="*"))):
        document = read_object(file)
        lock = Lock.from_json(document)
        take_files(lock, home, (folder, folder / WHEELS_FOLDER))
        found[lock.platform] = document
    return found


def read_document(file: Path) -> dict[str, Any]:
    """A definition's JSON object."""
    document = read_object(file)
    check_document(document)
    return document


def read_object(file: Path) -> dict[str, Any]:
    """A JSON object. Raises what `read_environment_folder` does."""
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError) as wrong:
        raise MissingPathError(
            f"`{file}` does not exist", hint=f"an environment's folder holds `{DEFINITION_FILE}`"
        ) from wrong
    except json.JSONDecodeError as wrong:
        raise UnreadableConfigError(f"`{file}` is not JSON: {wrong}", wrong, hint="correct that line") from wrong
    except (OSError, UnicodeDecodeError) as wrong:
        raise InvalidConfigError(f"`{file}` cannot be read: {wrong}") from wrong
    if not isinstance(document, dict):
        raise InvalidConfigError(f"`{file}` is not an environment's definition", hint="it must be a JSON object")
    return document


def is_reference(document: Mapping[str, Any]) -> bool:
    """A name and a version alone, which point at a registered environment."""
    return bool(document.get("name")) and not set(document) - {"name", "version"}


def check_document(document: Mapping[str, Any]) -> None:
    """Refuse a definition whose parts are not what they have to be; parts that are missing or null are fine."""
    for key in _SECTIONS:
        if not isinstance(document.get(key), Mapping | None):
            raise InvalidConfigError(
                f"`{key}` in an environment's definition is `{document[key]!r}`",
                hint="it must be a JSON object, or null",
            )
    if not isinstance(document.get("name"), str | None):
        raise InvalidConfigError(
            f"`name` in an environment's definition is `{document['name']!r}`", hint="it must be a text"
        )


def _write(target: Path, text: str) -> None:
    partial = target.with_name(f"{target.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(target)
