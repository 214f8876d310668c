"""Conda definitions, and what a built environment says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from homeport.domain.environment import EnvironmentDefinition

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def conda_definition(
    channels: list[str], *entries: str, pip: list[str] | None = None, **document: object
) -> EnvironmentDefinition:
    """Of these channels; `pip` is the section of that name."""
    dependencies: list[object] = [*entries, *([{"pip": pip}] if pip else [])]
    spec = {"channels": channels, "dependencies": dependencies}
    return EnvironmentDefinition.from_json({"name": "science", "python": {"condaDependencies": spec}, **document})


def python_says(interpreter: Path, code: str, *words: str) -> str:
    done = subprocess.run([str(interpreter), "-c", code, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()
