"""Reads what uv resolved: a pylock.toml (PEP 751)."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from homeport.domain.lock import LockedFile, LockedPackage, without_credentials

# The standard library's from 3.11 on; on 3.10 the same module under its first name.
tomllib: Any = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

FILE_SOURCE = "file:"  # a locked package's source: `file:alpha-1.0-py3-none-any.whl`
PYLOCK_FILE = "pylock.toml"
EMPTY_PYLOCK = 'lock-version = "1.0"\ncreated-by = "uv"\npackages = []\n'


def locked_packages(text: str) -> tuple[LockedPackage, ...]:
    """The packages, by name; of each its wheels, or its source archive where it has no wheel for this platform."""
    packages = tomllib.loads(text).get("packages", [])
    return tuple(sorted((_package(package) for package in packages), key=lambda package: package.name))


def hosts(text: str) -> tuple[str, ...]:
    """Where the files of a pylock.toml are, sorted: hosts, and `file` for folders of this machine."""
    found = set()
    for package in tomllib.loads(text).get("packages", []):
        for file in (*package.get("wheels", ()), package.get("sdist") or {}, package.get("archive") or {}):
            parts = urlsplit(file.get("url", ""))
            if parts.scheme == "file" or "path" in file:
                found.add("file")
            elif parts.hostname:
                found.add(parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}")
    return tuple(sorted(found))


def undated(text: str) -> tuple[str, ...]:
    """Names of packages of which no file says when it was published."""
    packages = tomllib.loads(text).get("packages", [])
    return tuple(
        package["name"]
        for package in packages
        if not any("upload-time" in file for file in (*package.get("wheels", ()), package.get("sdist") or {}))
        and "vcs" not in package
        and "archive" not in package
    )


def portable(text: str, minor: str) -> str:
    """Without credentials, and for every patch release of `minor`: the nearest one there is may install it."""
    return re.sub(r"(?m)^requires-python = .*$", f'requires-python = ">={minor}"', without_credentials(text))


def _package(package: Mapping[str, Any]) -> LockedPackage:
    files = package.get("wheels") or [part for part in (package.get("sdist"), package.get("archive")) if part]
    return LockedPackage(
        name=package["name"],
        version=package.get("version"),
        files=tuple(_file(file) for file in files),
        source=_source(package),
    )


def _file(file: Mapping[str, Any]) -> LockedFile:
    place = file.get("name") or file.get("url") or file.get("path") or ""
    name = PurePosixPath(unquote(urlsplit(place).path)).name
    return LockedFile(name=name, sha256=file.get("hashes", {}).get("sha256", ""))


def _source(package: Mapping[str, Any]) -> str | None:
    if "vcs" in package:
        vcs = package["vcs"]
        return f"{vcs.get('type')}+{vcs.get('url') or vcs.get('path')}@{vcs.get('commit-id')}"
    if "path" in package.get("archive", {}):
        return FILE_SOURCE + PurePosixPath(package["archive"]["path"]).name
    if "url" in package.get("archive", {}):
        return without_credentials(package["archive"]["url"])
    if "directory" in package:
        return str(package["directory"].get("path"))
    return None
