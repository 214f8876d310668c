"""`Model.get_model_path`: models by name in the `azureml-models` folder, fetched there where a workspace is known."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from homeport.domain.bundle import MODELS_FOLDER
from homeport.errors import InvalidCallError, ModelNotFoundError

MODELS_DIR = os.path.join(os.environ.get("AML_APP_ROOT", ""), MODELS_FOLDER)  # noqa: PTH118 - a str in the original

Fetch = Callable[[str, int | None, str], str]  # name, version or newest, folder of the cache -> path of what it wrote


def locate(name: str, version: int | None, fetch: Fetch | None) -> str:
    """The path of a model's file or folder; `fetch` is None where no workspace is known.

    Without a version the newest is fetched, else the highest version of the cache is taken, else `./NAME`.
    With one, the cache is looked at first.
    """
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        raise InvalidCallError(f"`{version!r}` is not a model version", hint="pass a whole number, or leave it out")
    if version is not None:
        found = _only_entry(Path(MODELS_DIR, name, str(version)))
        return found or _fetched(name, version, fetch)
    if fetch is not None:
        return fetch(name, None, MODELS_DIR)
    cached = _versions(Path(MODELS_DIR, name))
    if cached:
        return _only_entry(Path(MODELS_DIR, name, str(cached[-1]))) or ""
    local = os.path.join(os.curdir, name)  # noqa: PTH118 - `./` must stay in front
    if name and Path(local).exists():
        return local
    raise _missing(name)


def _fetched(name: str, version: int, fetch: Fetch | None) -> str:
    if fetch is None:
        raise _missing(f"{name}:{version}")
    return fetch(name, version, MODELS_DIR)


def _missing(wanted: str) -> ModelNotFoundError:
    hint = f"`{MODELS_DIR}` does not hold it: pass `_workspace=ws` to fetch it"
    return ModelNotFoundError(wanted, hint=hint)


def _versions(folder: Path) -> list[int]:
    if not folder.is_dir():
        return []
    return sorted(int(entry.name) for entry in folder.iterdir() if entry.name.isdigit() and entry.is_dir())


def _only_entry(folder: Path) -> str | None:
    """The path of the one file or folder in a version's folder, or None where that is not there."""
    if not folder.is_dir():
        return None
    entries = list(folder.iterdir())
    if len(entries) != 1:
        raise InvalidCallError(
            f"`{folder}` holds {len(entries)} entries, so it does not say which is the model",
            hint="remove the folder to have it fetched again, or use `Model.download`",
        )
    return str(entries[0])
