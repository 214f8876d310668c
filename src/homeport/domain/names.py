"""The rules for names. Sources: the facts of the original's behaviour (workspace, model, service names)."""

from __future__ import annotations

import re

from homeport.errors import InvalidCallError, InvalidConfigError

_MODEL = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-._]{0,254}")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_WORKSPACE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_\-]{2,32}")
_NOT_WORKSPACE = re.compile(r"[^a-zA-Z0-9_\-]+")


def check_model_name(name: object) -> str:
    """1 to 255 letters, digits, `-`, `.` and `_`, beginning with a letter or digit; `None` is a `TypeError`."""
    if name is None:
        raise TypeError("a model name is needed, got None")
    if not isinstance(name, str) or not _MODEL.fullmatch(name):
        raise InvalidCallError(
            f"`{name}` is not a usable model name",
            hint="use 1 to 255 letters, digits, `-`, `.` and `_`, beginning with a letter or digit",
        )
    return name


def check_service_name(name: object) -> str:
    """3 to 32 lower-case letters, digits and `-`; a letter first, no `-` last."""
    if not isinstance(name, str) or not 3 <= len(name) <= 32 or not _SERVICE.fullmatch(name):
        raise InvalidCallError(
            f"`{name}` is not a usable service name",
            hint="use 3 to 32 lower-case letters, digits and `-`; begin with a letter, do not end with `-`",
        )
    return name


def check_workspace_name(name: object) -> str:
    """3 to 33 letters, digits, `_` and `-`, beginning with a letter or digit."""
    if not isinstance(name, str) or not _WORKSPACE.fullmatch(name):
        raise InvalidConfigError(
            f"`{name}` is not a usable workspace name",
            hint="use 3 to 33 letters, digits, `_` and `-`, beginning with a letter or digit",
        )
    return name


def legal_workspace_name(text: str) -> str:
    """The nearest name that `check_workspace_name` takes, for a folder called `text`."""
    name = _NOT_WORKSPACE.sub("-", text).strip("-_")[:33]
    return name if len(name) >= 3 else f"{name or 'my'}-workspace"
