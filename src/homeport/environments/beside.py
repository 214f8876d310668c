"""Tools for a model's Python, kept beside its environment and never in it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from homeport.domain.progress import Progress
from homeport.environments.interpreter import probe
from homeport.environments.pip_settings import uv_settings
from homeport.environments.uv import UvError, run_uv
from homeport.errors import EnvironmentBuildError, UnavailableError

TOOLS_FOLDER = "tools"


def tool_folder(tool: str, interpreter: Path, home: Path, *, progress: Progress) -> Path:
    """The folder to import `tool` from: the newest that this minor version can run, installed at the first call."""
    found = probe(interpreter)
    if found is None:
        raise UnavailableError(f"`{interpreter}` does not run as a Python interpreter")
    minor = f"{found.version[0]}.{found.version[1]}"
    folder = home.absolute() / TOOLS_FOLDER / f"{tool}-{minor}"
    if folder.is_dir():
        return folder
    progress.step(f"installing {tool} for Python {minor} into `{folder}`")
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = folder.with_name(f".{folder.name}.{os.getpid()}")
    # our own interpreter does the work: uv does not run on the oldest ones, but installs for them
    words = ["pip", "install", "--quiet", "--python", sys.executable, "--python-version", minor]
    words += ["--target", str(staging), tool]
    try:
        run_uv(words, folder=folder.parent, progress=progress, variables=uv_settings(os.environ))
        staging.rename(folder)
    except UvError as wrong:
        message = f"{tool} for Python {minor} could not be installed:\n{wrong.text}"
        raise EnvironmentBuildError(message, hint="it comes from the package index: check the network") from wrong
    except OSError:
        if not folder.is_dir():  # else another process was faster
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder
