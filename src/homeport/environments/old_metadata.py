"""Releases whose metadata uv cannot read, so that it would silently take a much older one.

pandas until 0.24.2 requires `pytz (>=2011k)`, which PEP 440 does not allow. The same requirements are told to uv in a
form that it reads (its setting `dependency-metadata`); a `uv.toml` in the working folder is laid over the user's own.
"""

from __future__ import annotations

from pathlib import Path

UV_FILE = "uv.toml"
_SINCE_24 = ("numpy>=1.12.0", "python-dateutil>=2.5.0", "pytz>=2011")
_SINCE_20 = ("numpy>=1.9.0", "python-dateutil>=2.5.0", "pytz>=2011")
_BEFORE = ("numpy>=1.7.0", "python-dateutil>=2", "pytz>=2011")
PANDAS = {
    _SINCE_24: ("0.24.0", "0.24.1", "0.24.2"),
    _SINCE_20: ("0.23.0", "0.23.1", "0.23.2", "0.23.3", "0.23.4"),
    _BEFORE: ("0.19.0", "0.19.1", "0.19.2", "0.20.0", "0.20.1", "0.20.2", "0.20.3", "0.21.0", "0.21.1", "0.22.0"),
}


def write_old_metadata(folder: Path) -> None:
    """Into the folder that uv is run in."""
    tables = [_table("pandas", version, requires) for requires, versions in PANDAS.items() for version in versions]
    (folder / UV_FILE).write_text("\n".join(tables), encoding="utf-8")


def _table(name: str, version: str, requires: tuple[str, ...]) -> str:
    lines = ", ".join(f'"{line}"' for line in requires)
    return f'[[dependency-metadata]]\nname = "{name}"\nversion = "{version}"\nrequires-dist = [{lines}]\n'
