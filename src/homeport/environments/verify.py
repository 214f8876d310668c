"""A built environment against its lock: every package, every file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from homeport.domain.lock import Lock
from homeport.domain.python import spell
from homeport.environments.interpreter import probe
from homeport.environments.verify_files import contents_by_records, digest_of, files_below, read_contents
from homeport.errors import NotFoundError

LOCK_FILE = "homeport-lock.json"
INTERPRETER = Path("bin") / "python"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What is not as it was locked; paths are below `folder`, byte code is not looked at."""

    folder: Path
    lock: str
    checked: int  # files
    digest: str  # of all that the packages brought: equal in two homes that hold the same
    packages: tuple[str, ...] = ()  # sentences: `numpy is 1.18.2, the lock says 1.18.1`
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    shared: bool = False  # a changed file is linked elsewhere too: the cache's copy has changed with it
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        return not (self.packages or self.missing or self.changed or self.extra)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "folder": str(self.folder), "whole": self.whole}


def verify_environment(folder: Path) -> Verification:
    """Compare `home/environments/HASH` with its lock and with what was written down when it was built.

    Every file is hashed. Raises NotFoundError where there is no whole environment.
    """
    lock = lock_in(folder)
    kept = read_contents(folder)
    expected = kept or contents_by_records(folder)
    here = set(files_below(folder))
    changed = [path for path in sorted(here & set(expected.files)) if _changed(folder / path, expected.files[path])]
    return Verification(
        folder=folder,
        lock=lock.hash,
        checked=len(here),
        digest=expected.digest,
        packages=tuple(_packages(lock, folder)),
        missing=tuple(sorted(set(expected.files) - here)),
        changed=tuple(changed),
        extra=tuple(sorted(here - set(expected.files))),
        shared=any((folder / path).lstat().st_nlink > 1 for path in changed),
        notes=(*_nearest_python(lock, folder), *(() if kept else (_OLDER,))),
    )


_OLDER = "it was built before files were written down: only the packages' own records speak"


def lock_in(folder: Path) -> Lock:
    """The lock that an environment was built from. Raises NotFoundError where the folder holds none."""
    try:
        document = json.loads((folder / LOCK_FILE).read_text(encoding="utf-8"))
    except OSError as wrong:
        raise NotFoundError(
            f"`{folder}` is not a whole environment: it has no `{LOCK_FILE}`",
            hint="build it: `homeport environment build NAME`",
        ) from wrong
    return Lock.from_json(document)


def _packages(lock: Lock, folder: Path) -> Iterator[str]:
    yield from _misplaced(lock, folder)
    yield from _other_python(lock, folder)
    yield from _other_packages(lock, folder)
    yield from _other_conda_packages(lock, folder)


def _other_conda_packages(lock: Lock, folder: Path) -> Iterator[str]:
    """By the names of conda's records: `NAME-VERSION-BUILD.json`."""
    locked = {f"{package.name}-{package.version}-{package.build}" for package in lock.conda}
    here = {path.stem for path in folder.glob("conda-meta/*.json")}
    yield from (f"{name} is not installed" for name in sorted(locked - here))
    yield from (f"{name} is not in the lock" for name in sorted(here - locked))


def _changed(path: Path, expected: str) -> bool:
    try:
        return digest_of(path) != expected
    except OSError:  # it cannot be read
        return True


def _misplaced(lock: Lock, folder: Path) -> Iterator[str]:
    if lock.hash != folder.name:
        yield f"the folder is named `{folder.name}`, its lock `{lock.hash}`"


def _other_python(lock: Lock, folder: Path) -> Iterator[str]:
    """The interpreter may be upgraded in its place, below an environment that was made from it."""
    found = probe(folder / INTERPRETER)
    if found is None:
        yield f"its interpreter `{INTERPRETER}` does not run"
        return
    if found.abi != lock.python.abi or found.implementation != lock.python.implementation:
        yield f"its interpreter is {found.implementation} {found.abi}, the lock says {lock.python.abi}"


def _nearest_python(lock: Lock, folder: Path) -> Iterator[str]:
    found = probe(folder / INTERPRETER)
    if found is not None and spell(found.version) != lock.python.version:
        yield f"it runs on Python {spell(found.version)}, the nearest here to the lock's {lock.python.version}"


def _other_packages(lock: Lock, folder: Path) -> Iterator[str]:
    locked: dict[str, str | None] = {canonicalize_name(package.name): package.version for package in lock.packages}
    installed: dict[str, str] = dict(installed_packages(folder))
    for name, version in sorted(locked.items()):
        if name not in installed:
            yield f"{name} {version} is not installed"
        elif version is not None and installed[name] != version:
            yield f"{name} is {installed[name]}, the lock says {version}"
    if lock.engine == "uv":
        for name in sorted(set(installed) - set(locked)):
            yield f"{name} {installed[name]} is not in the lock"


def installed_packages(folder: Path) -> Iterator[tuple[str, str]]:
    """(canonical name, version) of what has metadata below `folder`'s site-packages."""
    for metadata in folder.glob("lib/python3*/site-packages/*.dist-info/METADATA"):
        headers = HeaderParser().parsestr(metadata.read_text(encoding="utf-8", errors="replace"))
        yield canonicalize_name(str(headers["Name"])), str(headers["Version"])
