"""Requirements that lie beside a model: what its author said it needs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from homeport.domain.findings import Needed, PythonNeeded

_LARGEST = 128 << 10  # bytes of such a file that are read
_LINES = 500

PIP_FILES = ("requirements.txt",)
CONDA_FILES = ("conda.yaml", "conda.yml", "conda_dependencies.yml", "environment.yml", "environment.yaml")
OTHER_FILES = ("python_env.yaml", "pyproject.toml", "Pipfile", "Pipfile.lock", "poetry.lock", "uv.lock", "setup.py")


def read_requirements(folder: Path) -> tuple[list[Needed], list[PythonNeeded], list[str]]:
    """Packages, interpreter and the names of the files that said so, or that might."""
    needed: list[Needed] = []
    pythons: list[PythonNeeded] = []
    found = [name for name in (*PIP_FILES, *CONDA_FILES, *OTHER_FILES) if (folder / name).is_file()]
    for name in found:
        if name in PIP_FILES:
            needed += _from_lines((text_of(folder / name) or "").splitlines(), name)
        elif name in CONDA_FILES:
            more, python = _from_conda(yaml_of(folder / name), name)
            needed, pythons = [*needed, *more], [*pythons, *python]
    return needed, pythons, found


def text_of(path: Path) -> str | None:
    """A small text file; None where it is none."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        return content.decode("utf-8-sig") if len(content) <= _LARGEST else None
    except (OSError, UnicodeDecodeError):
        return None


def yaml_of(path: Path) -> dict[str, Any] | None:
    """A small YAML mapping; None where it is none, or where parts are shared (`&`, `*`): those can grow without end."""
    from ruamel.yaml import YAML  # costs more to import than most inspections
    from ruamel.yaml.error import YAMLError

    text = text_of(path)
    if text is None or any(word[0] in "&*" and word[1:2].isalnum() for word in text.split()):
        return None
    try:
        document = YAML(typ="safe", pure=True).load(io.StringIO(text))
    except (YAMLError, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return None
    return document if isinstance(document, dict) else None


def _from_lines(lines: list[Any], name: str) -> Iterator[Needed]:
    for line in lines[:_LINES]:
        text = str(line).partition(" #")[0].split(" --")[0].strip().rstrip("\\").strip()
        if not text or text[0] in "#-":
            continue
        try:
            wanted = Requirement(text)
        except InvalidRequirement:
            continue
        yield Needed(
            distribution=canonicalize_name(wanted.name),
            specifier=str(wanted.specifier),
            why=f"`{name}` beside the model",
            sure="certain",
        )


def _from_conda(document: dict[str, Any] | None, name: str) -> tuple[list[Needed], list[PythonNeeded]]:
    needed: list[Needed] = []
    pythons: list[PythonNeeded] = []
    entries = (document or {}).get("dependencies")
    for entry in entries[:_LINES] if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("pip"), list):
            needed += _from_lines(entry["pip"], name)
        elif isinstance(entry, str) and entry.split("=")[0].strip() == "python":
            version = entry.partition("=")[2].strip("= ")
            if version[:1].isdigit():
                pythons.append(python_needed(version, f"`{name}` beside the model"))
        elif isinstance(entry, str) and entry != "pip" and not entry.startswith("pip="):
            parts = [part for part in entry.split("=") if part]
            pinned = f"=={parts[1]}" if len(parts) > 1 and parts[1][:1].isdigit() else ""
            needed += _from_lines([f"{parts[0].split('::')[-1]}{pinned}"], name)
    return needed, pythons


def python_needed(version: str, why: str) -> PythonNeeded:
    """The minor of a version that was written down."""
    return PythonNeeded(specifier=f"=={'.'.join(version.split('.')[:2])}.*", why=why, sure="certain")
