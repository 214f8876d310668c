"""What a source path stands for: the files to register and the paths under which they are stored."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from homeport.domain.model import ModelFile
from homeport.domain.progress import Progress
from homeport.errors import EmptyModelError, InvalidCallError, MissingPathError


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to register: where it is, and its path below the version's folder."""

    path: Path
    stored: str
    size: int


def find_files(source: Path, child_paths: Sequence[str] | None, progress: Progress) -> list[SourceFile]:
    """The files of `source`, by stored path: `<name>` for a file, `<folder name>/...` for a folder.

    Hidden files belong to a folder; links to folders inside it are not followed, links to files are their content.
    Raises MissingPathError, EmptyModelError, and InvalidCallError for what cannot be a model.
    """
    if isinstance(child_paths, str):
        raise InvalidCallError(f"child_paths must be a list, got `{child_paths}`", hint=f'write `["{child_paths}"]`')
    top = _stored_name(source)
    if not _status(source, named=True).is_dir:
        if child_paths:
            raise InvalidCallError(f"child_paths need a folder, and `{source}` is a file", hint="leave child_paths out")
        return [_source_file(source, top)]
    found = {
        str(PurePosixPath(top, *file.relative_to(source).parts)): file
        for child in _children(source, child_paths)
        for file in _walk(child, progress)
    }
    if not found:
        raise EmptyModelError(f"`{source}` has no files to register", hint="name a folder that holds the model's files")
    return [_source_file(file, stored) for stored, file in sorted(found.items())]


@dataclass(frozen=True, slots=True)
class _Status:
    is_dir: bool
    is_file: bool
    size: int


def _status(path: Path, *, named: bool) -> _Status:
    """What `path` leads to. `named`: the caller asked for it, so a missing one is theirs to correct."""
    try:
        found = path.stat()
    except OSError as wrong:
        if isinstance(wrong, PermissionError):
            raise unreadable(path, wrong) from wrong
        if path.is_symlink():
            raise MissingPathError(
                f"`{path}` is a symbolic link to something that is not there", hint="mend or remove the link"
            ) from wrong
        hint = "check the path; wildcards are not expanded" if named else "it went away while it was read: try again"
        raise MissingPathError(f"`{path}` does not exist", hint=hint) from wrong
    return _Status(stat.S_ISDIR(found.st_mode), stat.S_ISREG(found.st_mode), found.st_size)


def unreadable(path: Path, wrong: OSError) -> InvalidCallError:
    """The error for a source that the system does not let us read."""
    return InvalidCallError(f"`{path}` cannot be read: {wrong.strerror}", hint="check who may read it")


def _stored_name(source: Path) -> str:
    name = source.name if source.name not in ("", "..") else source.resolve().name
    if not name:
        raise InvalidCallError(f"`{source}` has no name to store it under", hint="name a file or a folder")
    return name


def _children(source: Path, child_paths: Sequence[str] | None) -> Iterator[Path]:
    if not child_paths:
        yield source
        return
    for child in child_paths:
        relative = PurePosixPath(os.path.normpath(child))
        if relative.is_absolute() or ".." in relative.parts:
            raise InvalidCallError(
                f"child path `{child}` is not inside `{source}`", hint="write it relative to the folder"
            )
        path = source / relative
        _status(path, named=True)
        yield path


def _walk(path: Path, progress: Progress) -> Iterator[Path]:
    if not _status(path, named=True).is_dir:
        yield path
        return
    folders = [path]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as wrong:
            raise unreadable(folder, wrong) from wrong
        for entry in entries:
            inner = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                folders.append(inner)
            elif entry.is_symlink() and inner.is_dir():
                progress.step(f"left out: `{inner}` is a symbolic link to a folder")
            else:
                yield inner


def _source_file(path: Path, stored: str) -> SourceFile:
    status = _status(path, named=False)
    if not status.is_file:
        raise InvalidCallError(
            f"`{path}` is not a file that can be copied", hint="a model has no sockets, pipes or devices: remove it"
        )
    ModelFile(path=stored, size=status.size, sha256="")  # a name that cannot be stored is refused before any copying
    return SourceFile(path, stored, status.size)
