"""debugpy for a model's Python, kept beside its environment and never in it."""

from __future__ import annotations

from pathlib import Path

from homeport.domain.progress import Progress
from homeport.environments.beside import TOOLS_FOLDER, tool_folder

__all__ = ["TOOLS_FOLDER", "debugger_folder"]


def debugger_folder(interpreter: Path, home: Path, *, progress: Progress) -> Path:
    """The folder to import debugpy from: the newest that this minor version can run, installed at the first call."""
    return tool_folder("debugpy", interpreter, home, progress=progress)
