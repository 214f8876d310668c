"""A model that was never registered, on its way into a bundle."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from homeport.domain.model import ModelFile, ModelFiles

_PIECE = 1 << 20


def place_path(source: Path, folder: Path) -> ModelFiles:
    """Copy a file to `folder/<its name>`, a folder to `folder/<its name>/...`, hashing on the way.

    As at registration: hidden files are taken, links to files are followed, links to folders are left out.
    """
    return ModelFiles.of(_copy(path, folder, below.as_posix()) for path, below in _files(source))


def _files(source: Path) -> Iterator[tuple[Path, Path]]:
    """(where it is, its path below the version's folder)."""
    if source.is_file():
        yield source, Path(source.name)
        return
    for base, _, names in os.walk(source):
        for name in names:
            path = Path(base, name)
            if path.is_file():
                yield path, path.relative_to(source.parent)


def _copy(source: Path, folder: Path, below: str) -> ModelFile:
    target = folder / below
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as writer:
        while piece := reader.read(_PIECE):
            digest.update(piece)
            writer.write(piece)
        size = writer.tell()
    target.chmod(0o444)
    return ModelFile(path=below, size=size, sha256=digest.hexdigest())
