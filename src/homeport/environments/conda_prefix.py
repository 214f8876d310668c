"""A conda environment on this machine, read from its own records: no conda is needed."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from homeport.domain.json import JsonObject
from homeport.environments.candidates import conda_prefixes


def read_conda_prefix(
    wanted: str, *, environ: Mapping[str, str] = os.environ, home: Path | None = None
) -> JsonObject | None:
    """The specification of an environment, by its name or its path, as `conda env export --no-builds` gives it.

    None where there is no such environment.
    """
    prefix = _prefix(wanted, environ, home or Path.home())
    if prefix is None:
        return None
    records = [json.loads(file.read_text(encoding="utf-8")) for file in sorted((prefix / "conda-meta").glob("*.json"))]
    pip_lines = sorted(_pip_packages(prefix, {file for record in records for file in record.get("files", ())}))
    dependencies: list[Any] = sorted(f"{record['name']}={record['version']}" for record in records)
    if pip_lines:
        dependencies.append({"pip": pip_lines})
    return {"name": prefix.name, "channels": _channels(records), "dependencies": dependencies}


def _prefix(wanted: str, environ: Mapping[str, str], home: Path) -> Path | None:
    given = Path(wanted).expanduser()
    if (given / "conda-meta").is_dir():
        return given
    for prefix in conda_prefixes(environ, home):
        is_base = wanted == "base" and prefix.parent.name != "envs"
        if prefix.name == wanted or is_base:
            return prefix
    return None


def _channels(records: list[dict[str, Any]]) -> list[str]:
    """Each once, by its short name; `https://host/conda-forge/linux-64` is `conda-forge`; a folder by its address."""
    names: dict[str, None] = {}
    for record in records:
        parts = [part for part in str(record.get("channel", "")).split("/") if part]
        if parts and parts[-1] in (record.get("subdir"), "noarch"):
            parts.pop()
        if parts and parts[0] == "file:":
            names["file:///" + "/".join(parts[1:])] = None
        elif parts:
            names[parts[-1]] = None
    return list(names) or ["defaults"]


def _pip_packages(prefix: Path, of_conda: Collection[str]) -> Iterator[str]:
    """Packages that conda did not install there."""
    for folder in prefix.glob("lib/python3*/site-packages/*.dist-info"):
        installer = folder / "INSTALLER"
        metadata = folder / "METADATA"
        if (
            not metadata.is_file()
            or str(metadata.relative_to(prefix)) in of_conda
            or (installer.is_file() and installer.read_text(encoding="utf-8").strip() == "conda")
        ):
            continue
        headers = HeaderParser().parsestr(metadata.read_text(encoding="utf-8", errors="replace"))
        yield f"{headers['Name']}=={headers['Version']}"
