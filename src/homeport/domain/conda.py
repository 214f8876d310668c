"""What a conda specification says: name, channels, and dependencies with a pip list inside. No YAML here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, cast

from homeport.domain.json import Json, JsonObject

SPEC_KEYS = ("name", "channels", "dependencies", "prefix", "variables")
DEFAULT_PYTHON = "3.8.13"  # of a fresh specification; facts, section 4
DEFAULT_SPEC: JsonObject = {
    "name": "project_environment",
    "dependencies": [f"python={DEFAULT_PYTHON}", {"pip": ["azureml-defaults"]}],
    "channels": ["anaconda", "conda-forge"],
}

_CONDA_NAME = re.compile(r"(?:[^:\s]+::)?([A-Za-z0-9_.\-]+)")
_VERSION_FIELD = re.compile(r"\[.*version\s*=\s*['\"]?([^'\",\]]+).*\]")
_EXACT = re.compile(r"=?=?\s*(\d+(?:\.\d+)*)(?:\.?\*)?(?:=\S*|\s+\S+)?$")
_PIP_NAME_ENDS = re.compile(r"[\[=<>~!]")


def conda_name(entry: str) -> str:
    """`conda-forge::numpy=1.2` is `numpy`."""
    found = _CONDA_NAME.match(entry.strip())
    return found.group(1).lower() if found else entry.strip()


def is_pip_option(line: str) -> bool:
    """`--index-url ...`, `-f ...`: a line of a requirements file that is no requirement."""
    return line.lstrip().startswith("-")


def pip_name(line: str) -> str:
    """The distribution that a pip entry names, by the original's rule: cut at the first of `[ = < > ~ !`.

    Of a wheel's address or path it is the file's name. Case is kept (facts, section 5).
    """
    text = line.strip()
    if text.split("#")[0].split("?")[0].endswith(".whl"):
        return PurePosixPath(text.split("#")[0].split("?")[0]).name
    return _PIP_NAME_ENDS.split(text, maxsplit=1)[0].strip()


def python_version(entry: str) -> str | None:
    """What a conda `python` entry asks for: `3.7.3`, a range such as `>=3.6,<3.8`, or None for any.

    A build string is dropped; `3.7.*` is `3.7`.
    """
    text = entry.strip()
    field = _VERSION_FIELD.search(text)
    if field:
        return field.group(1).strip()
    rest = text[len(_matched(text)) :].strip()
    if not rest.strip("=* "):
        return None
    exact = _EXACT.match(rest)
    return exact.group(1) if exact else rest.replace(" ", "")


def _matched(text: str) -> str:
    found = _CONDA_NAME.match(text)
    return found.group(0) if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CondaSpec:
    """A specification taken apart; the pip list is split into requirement lines and option lines."""

    python: str | None = None
    python_entry: str | None = None  # as it is written: `conda-forge::python=3.7.3=h0371630_0`
    pip: str | None = None  # the conda entry `pip` or `pip=20.0`, where there is one
    packages: tuple[str, ...] = ()  # other conda entries, as they are written
    pip_packages: tuple[str, ...] = ()  # blanks and comments left out
    pip_options: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> CondaSpec:
        """Never refuses: what is not text where text belongs is left out, and None counts as empty."""
        entries = _sequence(document.get("dependencies"))
        texts = [entry.strip() for entry in entries if isinstance(entry, str) and entry.strip()]
        lines = [
            line.strip()
            for entry in entries
            if isinstance(entry, Mapping)
            for line in _sequence(entry.get("pip"))
            if isinstance(line, str)
        ]
        pythons = [entry for entry in texts if conda_name(entry) == "python"]
        pips = [entry for entry in texts if conda_name(entry) == "pip"]
        return cls(
            python=python_version(pythons[-1]) if pythons else None,
            python_entry=pythons[-1] if pythons else None,
            pip=pips[-1] if pips else None,
            packages=tuple(entry for entry in texts if conda_name(entry) not in ("python", "pip")),
            pip_packages=tuple(line for line in lines if line and line[0] not in "#-"),
            pip_options=tuple(line for line in lines if is_pip_option(line)),
            channels=tuple(text for text in _sequence(document.get("channels")) if isinstance(text, str)),
        )


def _sequence(value: object) -> Sequence[Json]:
    if isinstance(value, str):
        return (value,)
    return cast("Sequence[Json]", value) if isinstance(value, Sequence) else ()
