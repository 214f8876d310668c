"""debugpy for a model's Python, kept beside its environment and never in it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from homeport.domain.progress import Progress
from homeport.environments.interpreter import probe
from homeport.environments.uv import UvError, run_uv
from homeport.errors import EnvironmentBuildError, UnavailableError

TOOLS_FOLDER = "tools"


def debugger_folder(interpreter: Path, home: Path, *, progress: Progress) -> Path:
    """The folder to import debugpy from: the newest that this minor version can run, installed at the first call."""
    found = probe(interpreter)
    if found is None:
        raise UnavailableError(f"`{interpreter}` does not run as a Python interpreter")
    minor = f"{found.version[0]}.{found.version[1]}"
    folder = home.absolute() / TOOLS_FOLDER / f"debugpy-{minor}"
    if folder.is_dir():
        return folder
    progress.step(f"installing debugpy for Python {minor} into `{folder}`")
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = folder.with_name(f".{folder.name}.{os.getpid()}")
    # our own interpreter does the work: uv does not run on the oldest ones, but installs for them
    words = ["pip", "install", "--quiet", "--python", sys.executable, "--python-version", minor]
    try:
        run_uv([*words, "--target", str(staging), "debugpy"], folder=folder.parent, progress=progress)
        staging.rename(folder)
    except UvError as wrong:
        message = f"debugpy for Python {minor} could not be installed:\n{wrong.text}"
        raise EnvironmentBuildError(message, hint="it comes from the package index: check the network") from wrong
    except OSError:
        if not folder.is_dir():  # else another process was faster
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder
