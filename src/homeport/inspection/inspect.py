"""`inspect_model`: the one entry to reading model files. Nothing of a file is run, imported or unpacked to disk."""

from __future__ import annotations

import stat
from collections.abc import Collection, Sequence
from pathlib import Path

from homeport.domain.findings import Findings
from homeport.errors import InvalidCallError, MissingPathError
from homeport.inspection.folders import inspect_folder, with_files_beside
from homeport.inspection.formats import inspect_source
from homeport.inspection.source import opened
from homeport.inspection.told import as_told


def inspect_model(path: Path, *, allowed: Collection[str] = (), only: Sequence[str] | None = None) -> Findings:
    """What a file or a folder is, needs and would run; `allowed` are the globals that the workspace trusts.

    A file that is no model has the format "unknown" and says in `facts["looks_like"]` what it seems to be; a damaged
    one says so in `facts["damaged"]`. Of a folder, `facts["model_file"]` is the file that is loaded, as a path in it;
    `only` are paths in it to which the look is limited.
    Raises MissingPathError, and InvalidCallError for what the system does not let us read.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return as_told(inspect_folder(path, allowed, only))
        if not stat.S_ISREG(mode):
            return Findings(format="unknown", facts={"looks_like": "no file: a device, a pipe or a socket"})
        with opened(path) as source:
            found = inspect_source(source, allowed)
        return as_told(with_files_beside(path.parent, found, allowed))
    except (FileNotFoundError, NotADirectoryError) as wrong:
        raise MissingPathError(f"`{path}` does not exist", hint="check the path") from wrong
    except OSError as wrong:
        raise InvalidCallError(f"`{path}` cannot be read: {wrong.strerror}", hint="check who may read it") from wrong
