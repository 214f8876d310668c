"""`inferenceconfig.json` and `deploymentconfig.json`, as the original's command line read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeport.cli.serving_options import options_in
from homeport.errors import InvalidConfigError, MissingPathError, UnreadableConfigError

LOCAL = "local"
INFERENCE_KEYS = ("entryScript", "sourceDirectory", "environment", "runtime", "condaFile", "description")
INSTEAD = {
    "aci": "a container in the cloud",
    "aks": "a cluster",
    "akscompute": "a cluster",
    "aksendpoint": "a cluster",
}


def read_object(path: Path, what: str) -> dict[str, Any]:
    """The JSON object in a file. Raises MissingPathError, UnreadableConfigError, InvalidConfigError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as missing:
        raise MissingPathError(f"{what} `{path}` does not exist", hint="check the path and the spelling") from missing
    except OSError as wrong:
        raise InvalidConfigError(f"{what} `{path}` cannot be read: {wrong.strerror}") from wrong
    except json.JSONDecodeError as wrong:
        raise UnreadableConfigError(f"{what} `{path}` is not JSON: {wrong}", wrong, hint="correct it") from wrong
    except UnicodeDecodeError as wrong:
        raise InvalidConfigError(f"{what} `{path}` is not UTF-8 text", hint="save it as UTF-8") from wrong
    if not isinstance(document, dict):
        raise InvalidConfigError(f"{what} `{path}` is not a JSON object", hint="it begins with `{`")
    return document


def read_inference_config(path: Path) -> dict[str, Any]:
    """The keys of the file; paths in it that exist only beside the file are given as such.

    `entryScript` is the one key that must be there; keys that are not known are passed over, as in the original.
    """
    document = read_object(path, "the inference configuration")
    if not document.get("entryScript"):
        raise InvalidConfigError(f"`{path}` names no `entryScript`", hint='add, for example, "entryScript": "score.py"')
    known = {key: document[key] for key in INFERENCE_KEYS if document.get(key)}
    for key in ("entryScript", "sourceDirectory", "condaFile"):
        if not isinstance(known.get(key, ""), str):
            raise InvalidConfigError(f"`{key}` in `{path}` is `{known[key]!r}`", hint="it is a path, in quotes")
    for key in ("sourceDirectory", "condaFile"):
        if key in known:
            known[key] = _beside(path, known[key])
    if "sourceDirectory" not in known:
        known["entryScript"] = _beside(path, known["entryScript"])
    return known


def _beside(file: Path, name: str) -> str:
    """As it is, from the current folder; from the file's folder where it exists only there."""
    return str(file.parent / name) if not Path(name).exists() and (file.parent / name).exists() else name


def read_deployment_config(path: Path) -> Mapping[str, Any]:
    """`port`, and Homeport's own `workers`, `host`, keys and `options`, where they are given.

    Raises InvalidConfigError for a cloud target, and for an option that cannot be right.
    """
    document = read_object(path, "the deployment configuration")
    check_local(document.get("computeType", LOCAL), str(path))
    given = {key: document[key] for key in ("port", "workers") if document.get(key) is not None}
    for key, name in (("authEnabled", "auth_enabled"), ("noKey", "no_key")):
        if isinstance(document.get(key), bool):
            given[name] = document[key]
    if isinstance(document.get("host"), str):
        given["host"] = document["host"]
    return {**given, "options": options_in(document, str(path))}


def check_local(compute: object, where: str) -> None:
    """Refuse what is not this machine, and say what to use."""
    if str(compute).lower() == LOCAL:
        return
    meant = INSTEAD.get(str(compute).lower())
    what = f"is {meant}" if meant else "is not a compute type"
    raise InvalidConfigError(
        f"`{compute}` in `{where}` {what}; services run on this machine",
        hint='use "computeType": "local" and "port"',
    )
