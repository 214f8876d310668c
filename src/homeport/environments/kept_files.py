"""Wheels and archives that a definition names by path: copied into the home by their hash, so that they last."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from homeport.domain.lock import Lock, LockedPackage
from homeport.environments.pylock import FILE_SOURCE
from homeport.environments.verify_files import digest_of
from homeport.errors import EnvironmentBuildError

FILES_FOLDER = "files"
_ARCHIVE = re.compile(
    r'(?m)^(archive = \{ )(?:path|url) = "((?:file://|[^":]*/)[^"]*)"(.*sha256 = "([0-9a-f]{64})".*)$'
)


def keep_files(pylock: str, home: Path) -> str:
    """Copy what a pylock.toml names by its path into `home/files`; the text comes back with names for paths."""

    def kept(found: re.Match[str]) -> str:
        path = Path(unquote(found.group(2).removeprefix("file://")))
        _keep(path, home, found.group(4))
        return f'{found.group(1)}path = "{path.name}"{found.group(3)}'

    return _ARCHIVE.sub(kept, pylock)


def kept_file(package: LockedPackage, home: Path) -> Path | None:
    """Where the file of such a package is kept; None of a package that comes from elsewhere."""
    if not (package.source or "").startswith(FILE_SOURCE):
        return None
    return home.absolute() / FILES_FOLDER / package.files[0].sha256 / package.files[0].name


def take_files(lock: Lock, home: Path, places: Iterable[Path]) -> None:
    """Fetch files that a lock names and `home` lacks from folders beside it, each only where its hash fits."""
    for package in lock.packages:
        wanted = kept_file(package, home)
        for place in places if wanted is not None and not wanted.is_file() else ():
            found = place / wanted.name if wanted is not None else place
            if found.is_file() and digest_of(found) == package.files[0].sha256:
                _keep(found, home, package.files[0].sha256)


def check_files(lock: Lock, home: Path) -> None:
    """Refuse to begin where a file is not here."""
    for package in lock.packages:
        wanted = kept_file(package, home)
        if wanted is not None and not wanted.is_file():
            raise EnvironmentBuildError(
                f"`{wanted.name}` ({package.name} {package.version}) was installed from a file, which is not here",
                hint="put it beside the lock and say `homeport environment build --lock FILE`: "
                f"its sha256 is {package.files[0].sha256}",
            )


def _keep(path: Path, home: Path, sha256: str) -> None:
    target = home / FILES_FOLDER / sha256 / path.name
    if target.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, partial = tempfile.mkstemp(prefix=".partial-", dir=target.parent)
    os.close(handle)
    try:
        shutil.copyfile(path, partial)
        if digest_of(Path(partial)) != sha256:
            raise EnvironmentBuildError(f"`{path}` changed while it was locked", hint="lock it again")
        Path(partial).replace(target)
    finally:
        Path(partial).unlink(missing_ok=True)
