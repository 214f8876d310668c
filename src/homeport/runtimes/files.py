"""How this room writes a file: beside its target, then renamed, so that a reader finds the old text or the new."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from homeport.domain.json import JsonObject


def write_atomically(path: Path, text: str) -> None:
    """Write `text` to `path`, on the disk before the name changes hands."""
    handle, staged = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(staged).chmod(0o644)
        Path(staged).replace(path)
    except BaseException:
        Path(staged).unlink(missing_ok=True)
        raise


def write_json(path: Path, document: JsonObject) -> None:
    """Write a document that a person can read."""
    write_atomically(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
