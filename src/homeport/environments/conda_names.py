"""Conda entries as requirements of the package index, where a person asks for that; a table says which is which."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from homeport.domain.conda import conda_name
from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.progress import Progress
from homeport.errors import EnvironmentBuildError, InvalidConfigError

TABLE_FILE = "conda_names.json"
_ENTRY = re.compile(r"(?:[^:\s]+::)?([A-Za-z0-9_.\-]+)\s*(.*)", re.DOTALL)
_FIELDS = re.compile(r"(version|build)\s*=\s*['\"]?([^'\"\]]+?)['\"]?\s*(?:,\s*\w+\s*=|$)")
_PLAIN = re.compile(r"\d[\w.!+]*")


def python_package(name: str) -> str | None:
    """What the package index calls a conda package, where that is another name."""
    found: str | None = _table()["names"].get(name.lower())
    return found


def as_pip_packages(definition: EnvironmentDefinition, progress: Progress) -> EnvironmentDefinition:
    """The definition with its conda entries in the pip list, each swap told.

    Runtime libraries that wheels bring are left out with a word; `EnvironmentBuildError` names what the index lacks.
    """
    lines: list[str] = []
    refused: list[str] = []
    has_torch = any(python_package(conda_name(entry)) == "torch" for entry in definition.conda_packages)
    for entry in definition.conda_packages:
        name = conda_name(entry)
        if name in _table()["brought_by_wheels"] or (has_torch and name in _table()["brought_by_torch"]):
            progress.step(f"`{entry}` is left out: wheels bring their own")
        elif name in _table()["not_python"]:
            refused.append(f"`{entry}` is {_table()['not_python'][name]}")
        elif name.startswith("r-"):
            refused.append(f"`{entry}` is a package of R")
        else:
            line = requirement(entry)
            progress.step(f"`{entry}` is taken from the package index as `{line}`")
            lines.append(line)
    if refused:
        raise EnvironmentBuildError(
            f"the package index cannot give what {definition.label} asks for: {'; '.join(refused)}",
            hint="leave these out where the model does without them, or build with `--engine conda`",
        )
    return replace(definition, conda_packages=(), pip_packages=(*lines, *definition.pip_packages))


def requirement(entry: str) -> str:
    """`pytorch=1.9=py3.8_cpu_0` is `torch==1.9`: a build string has no meaning on the index."""
    found = _ENTRY.fullmatch(entry.strip())
    if found is None:
        raise InvalidConfigError(f"`{entry}` is no conda entry", hint="write it as `numpy=1.19` or `numpy>=1.19,<2`")
    name, rest = found.group(1).lower(), found.group(2).strip()
    if rest.startswith("["):
        rest = dict(_FIELDS.findall(rest.strip("[]"))).get("version", "")
        rest = f"={rest}" if _PLAIN.fullmatch(rest) else rest
    return f"{python_package(name) or name}{_specifier(rest, entry)}"


def _specifier(rest: str, entry: str) -> str:
    if "|" in rest:
        raise InvalidConfigError(
            f"`{entry}` allows one version or another, which a requirement cannot say", hint="name a range instead"
        )
    if not rest.strip("=* "):
        return ""
    if rest.startswith("==") or rest[0] in "<>!~":
        return re.sub(r"\s+", "", re.split(r"(?<=[\w*])\s*(?:=(?!=)|\s)(?=\S)", rest, maxsplit=1)[0])
    version, _, build = re.sub(r"^=\s*", "", rest).replace(" ", "=", 1).partition("=")
    if build and "*" not in version:
        return f"=={version}"  # with a build string a version is exact
    version = version.rstrip("*").rstrip(".")
    return f"=={version}.*"


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads((Path(__file__).parent / TABLE_FILE).read_text(encoding="utf-8"))
    return table
