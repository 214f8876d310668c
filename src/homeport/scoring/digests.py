"""Model files are what was registered: checked before a worker opens one, because loading a pickle runs it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from homeport.domain.model import ModelFile
from homeport.scoring.faults import StartError

CHUNK = 1 << 20
MEND = "deploy or roll back to a generation whose files are whole; `homeport workspace verify` checks the store itself"


def check_files(files: Iterable[ModelFile], root: Path) -> None:
    """Hash every file below `root`, several at once; `StartError` names the first that is missing or different."""
    with ThreadPoolExecutor() as threads:
        for wrong in threads.map(lambda file: fault_of(file, root / file.path), files):
            if wrong is not None:
                raise StartError("damaged_model", wrong, hint=MEND)


def fault_of(file: ModelFile, path: Path) -> str | None:
    """What is wrong with one file, or None."""
    digest = hashlib.sha256()
    try:
        if path.stat().st_size != file.size:
            return f"model file `{path}` has {path.stat().st_size} bytes, {file.size} were registered"
        with path.open("rb") as source:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
    except OSError as wrong:
        return f"model file `{path}` cannot be read: {wrong.strerror}"
    if digest.hexdigest() != file.sha256:
        return f"model file `{path}` is not what was registered: its sha256 differs"
    return None
