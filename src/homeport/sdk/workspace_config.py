"""The small JSON file that says which workspace a folder uses: where it is looked for, and both of its shapes."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.errors import InvalidConfigError, UnreadableConfigError

FOLDER = ".azureml"
OLD_FOLDER = "aml_config"
FILE = "config.json"
OLD_FILE = "project.json"
_PROVIDER = "Microsoft.MachineLearningServices"
_NEXT = "run `homeport init` in your project's folder: it makes a workspace and writes `.azureml/config.json`"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceConfig:
    """The three identifiers, and the file that they were read from."""

    name: str
    subscription_id: str
    resource_group: str
    file: Path

    @property
    def scope(self) -> str:
        return scope_of(self.subscription_id, self.resource_group, self.name)


def scope_of(subscription_id: str, resource_group: str, name: str) -> str:
    """The one-string form of the three identifiers, shaped like the cloud's resource ids."""
    group = f"/subscriptions/{subscription_id}/resourceGroups/{resource_group}"
    return f"{group}/providers/{_PROVIDER}/workspaces/{name}"


def find_config(start: Path, file_name: str | None = None) -> Path:
    """The file to read for `start`, a file or a folder.

    A folder is searched in three passes, each from `start` up to the root: `.azureml/`, then `aml_config/`, then
    the folders themselves; in each pass `config.json` makes its whole way up before `project.json` is tried.
    So a parent's `.azureml/config.json` comes before a `config.json` right here, as in the original.
    """
    if start.is_file():
        return start
    if not start.exists():
        raise InvalidConfigError(f"`{start}` does not exist, so no workspace configuration was read", hint=_NEXT)
    start = start.absolute()
    for candidate in _candidates(start, (file_name,) if file_name else (FILE, OLD_FILE)):
        if os.path.isfile(candidate):  # noqa: PTH113 - a folder that may not be looked into counts as empty
            return candidate
    raise InvalidConfigError(f"no workspace configuration was found in `{start}` or a folder above it", hint=_NEXT)


def _candidates(start: Path, names: tuple[str, ...]) -> Iterator[Path]:
    for folder in (FOLDER, OLD_FOLDER, "."):
        for name in names:
            for place in (start, *start.parents):
                yield place / folder / name


def read_config(path: str | os.PathLike[str] | None = None, file_name: str | None = None) -> WorkspaceConfig:
    """Find the file for `path` (the current folder where None) and read it; `Scope` wins over the three keys."""
    file = find_config(Path(path or os.curdir).expanduser(), file_name)
    document = _read_json(file)
    scope = document.get("Scope")
    if scope:
        subscription_id, resource_group, name = _parse_scope(scope, file)
    else:
        keys = ("subscription_id", "resource_group", "workspace_name")
        missing = [key for key in keys if not isinstance(document.get(key), str)]
        if missing:
            raise InvalidConfigError(
                f"`{file}` lacks {', '.join(f'`{key}`' for key in missing)}",
                hint=f"it needs {', '.join(f'`{key}`' for key in keys)}; or move it away and {_NEXT}",
            )
        subscription_id, resource_group, name = (document[key] for key in keys)
    return WorkspaceConfig(name=name, subscription_id=subscription_id, resource_group=resource_group, file=file)


def _read_json(file: Path) -> Mapping[str, Any]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
        document = json.loads(text)
    except json.JSONDecodeError as wrong:
        raise UnreadableConfigError(f"`{file}` is not JSON: {wrong}", wrong, hint=f"correct it, or {_NEXT}") from wrong
    except UnicodeDecodeError as wrong:
        broken = json.JSONDecodeError(str(wrong), "", 0)
        raise UnreadableConfigError(f"`{file}` is not UTF-8 text", broken, hint=f"correct it, or {_NEXT}") from wrong
    except OSError as wrong:
        raise InvalidConfigError(f"`{file}` cannot be read: {wrong.strerror}", hint="check its permissions") from wrong
    if not isinstance(document, dict):
        raise InvalidConfigError(f"`{file}` must hold a JSON object", hint=f"correct it, or {_NEXT}")
    return document


def _parse_scope(scope: object, file: Path) -> tuple[str, str, str]:
    parts = scope.strip("/").split("/") if isinstance(scope, str) else []
    named = {key.lower(): value for key, value in zip(parts[::2], parts[1::2], strict=False)}
    wanted = ("subscriptions", "resourcegroups", "workspaces")
    if any(key not in named for key in wanted):
        raise InvalidConfigError(
            f"the `Scope` in `{file}` is `{scope}`, which names no workspace",
            hint=f"it should look like `{scope_of('ID', 'GROUP', 'NAME')}`",
        )
    subscription_id, resource_group, name = (named[key] for key in wanted)
    return subscription_id, resource_group, name


def write_config(scope: str, path: str | os.PathLike[str] | None = None, file_name: str | None = None) -> Path:
    """Write `scope` where `find_config` looks first below `path` (the current folder where None); gives the file.

    An `aml_config/` that is already there is used, and so is a `project.json`; any other `file_name` gets `.json`.
    """
    base = Path(path or os.curdir).expanduser()
    if not base.is_dir():
        raise InvalidConfigError(f"`{base}` is not a folder, so no configuration was written", hint="create it first")
    folder = _config_folder(base)
    if file_name:
        file = folder / Path(file_name).with_suffix(".json").name
    else:
        old = folder / OLD_FILE
        file = old if old.is_file() and not (folder / FILE).exists() else folder / FILE
    try:
        folder.mkdir(exist_ok=True)
        _write_atomically(file, json.dumps({"Id": None, "Scope": scope}, indent=4) + "\n")
    except OSError as wrong:
        raise InvalidConfigError(f"`{file}` cannot be written: {wrong.strerror}", hint="check permissions") from wrong
    return file


def _config_folder(base: Path) -> Path:
    if base.name == FOLDER or base.resolve().name == FOLDER:
        return base
    old = base / OLD_FOLDER
    return old if old.is_dir() else base / FOLDER


def _write_atomically(file: Path, text: str) -> None:
    staged = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        staged.write_text(text, encoding="utf-8")
        staged.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            staged.unlink()
        raise
