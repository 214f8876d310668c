"""The packages of a lock -> an empty virtual environment, hashes checked."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from homeport.domain.lock import Lock, LockedFile, LockedPackage
from homeport.domain.progress import Progress
from homeport.environments.interpreter import Interpreter
from homeport.environments.kept_files import check_files, kept_file
from homeport.environments.pylock import FILE_SOURCE, PYLOCK_FILE, locked_packages
from homeport.environments.resolve import not_after, variables_for
from homeport.environments.uv import UvError, run_uv
from homeport.environments.uv_words import build_error, is_elsewhere
from homeport.errors import EnvironmentBuildError

REQUIREMENTS_FILE = "requirements.txt"


@dataclass(frozen=True, slots=True)
class Supply:
    """Where packages may come from besides the user's index."""

    home: Path | None = None  # whose `files` hold wheels that were named by path
    offline: bool = False  # only what is on this machine
    cache: Path | None = None  # in the place of uv's usual one


def install_packages(
    lock: Lock, python: Interpreter, target: Path, progress: Progress, supply: Supply | None = None
) -> None:
    """Install what is locked with `target`, an environment's own interpreter.

    By name and hash from the user's package index, where uv's cache holds for ever (of a bare address it holds only as
    long as that server's headers allow); where there is no network, from the cache alone; else from where the files
    were at locking. `EnvironmentBuildError` carries uv's words about the first of these.
    """
    supply = supply or Supply()
    if supply.home is not None:
        check_files(lock, supply.home)
    job = _Job(lock, python, target, supply)
    first: UvError | None = None
    for write, announced in _ways(job):
        if first is not None:
            progress.step(announced)
        try:
            _sync(job, write, progress)
            break
        except UvError as wrong:
            first = first or wrong
            if not is_elsewhere(wrong):
                raise _failed(job, wrong) from wrong
    else:
        raise _failed(job, first or UvError(1, "")) from first


@dataclass(frozen=True, slots=True)
class _Job:
    lock: Lock
    python: Interpreter
    target: Path
    supply: Supply


_Write = Callable[[_Job, Path], list[str]]


def _ways(job: _Job) -> list[tuple[_Write, str]]:
    ways: list[tuple[_Write, str]] = [(_requirements, ""), (_cached, _NO_INDEX), (_pylock, _ELSEWHERE)]
    if locked_requirements(job.lock) is None:
        return ways[2:]
    return [ways[1], ways[2]] if job.supply.offline else ways


# Beside conda packages nothing is removed, nothing is added to what is locked, and the prefix is ours to change.
_VERBS = {False: ("pip", "sync"), True: ("pip", "install", "--no-deps", "--break-system-packages")}
_NO_INDEX = "the package index does not have them: taking what is already on this machine"
_COPIED = (
    "files are copied, not linked: the package cache is on another file system; "
    "$UV_CACHE_DIR moves it beside Homeport's home"
)
_ELSEWHERE = "asking for them where they were at locking"


def _failed(job: _Job, wrong: UvError) -> EnvironmentBuildError:
    error = build_error("cannot install the packages", wrong, as_of=job.lock.as_of)
    if job.supply.offline:
        error.hint = "not all of them are on this machine: build it once without --offline"
    return error


def locked_requirements(lock: Lock, home: Path | None = None) -> str | None:
    """The lock as a requirements file with hashes; None where it has packages that such a file cannot say.

    A wheel that was named by its path is found in `home`; where that is None, beside the requirements file.
    """
    lines = []
    for package in lock.packages:
        if not package.version or not package.files or not all(file.sha256 for file in package.files):
            return None
        hashes = " ".join(f"--hash=sha256:{file.sha256}" for file in package.files)
        source = package.source or ""
        if source.startswith(FILE_SOURCE):
            place = kept_file(package, home) if home is not None else None
            lines.append(
                f"{package.name} @ {place.as_uri()} {hashes}" if place else f"./{package.files[0].name} {hashes}"
            )
        elif source:
            return None
        else:
            lines.append(f"{package.name}=={package.version} {hashes}")
    return "\n".join((*lines, ""))


def _pylock(job: _Job, folder: Path) -> list[str]:
    _check_pylock(job.lock)
    (folder / PYLOCK_FILE).write_text(job.lock.pylock, encoding="utf-8")
    for package in job.lock.packages:
        place = kept_file(package, job.supply.home) if job.supply.home is not None else None
        if place is not None:
            (folder / place.name).symlink_to(place)
    return [*(["--offline"] if job.supply.offline else []), "--preview-features", "pylock", PYLOCK_FILE]


def _check_pylock(lock: Lock) -> None:
    """Its text is not part of the lock's hash, so it must name the very packages that are."""
    said = {(package.name, package.version, *_hashes(package)) for package in locked_packages(lock.pylock)}
    if said != {(package.name, package.version, *_hashes(package)) for package in lock.packages}:
        raise EnvironmentBuildError("the lock's `pylock` names other files than its `packages`", hint=_ANEW)


_ANEW = "make a new lock with `homeport environment lock NAME --relock`"


def _hashes(package: LockedPackage) -> list[str]:
    return sorted(file.sha256 for file in package.files)


def _requirements(job: _Job, folder: Path) -> list[str]:
    lines = "\n".join((*job.lock.options, locked_requirements(job.lock, job.supply.home) or ""))
    (folder / REQUIREMENTS_FILE).write_text(lines, encoding="utf-8")
    return ["--require-hashes", REQUIREMENTS_FILE]


def _cached(job: _Job, folder: Path) -> list[str]:
    return ["--offline", *_requirements(job, folder)]


def _builds(lock: Lock) -> bool:
    """Something of it has no wheel: what builds that is resolved at this moment."""
    return not all(file.name.endswith(".whl") for package in lock.packages for file in package.files or (_NO_FILE,))


_NO_FILE = LockedFile(name="", sha256="")


def _sync(job: _Job, write: _Write, progress: Progress) -> None:
    lock = job.lock
    with tempfile.TemporaryDirectory(prefix="homeport-build-") as name:
        folder = Path(name)
        *written, file = write(job, folder)
        words = [
            *(["--cache-dir", str(job.supply.cache)] if job.supply.cache else []),
            *_VERBS[bool(lock.conda)],
            "--python",
            str(job.target),
            *written,
            *(["-r"] if lock.conda else []),
            file,
        ]
        if lock.as_of and _builds(lock):
            words += not_after(lock.as_of)  # what builds a source archive is of that day too
        said = run_uv(
            words,
            folder=folder,
            progress=progress,
            variables={**variables_for(bool(lock.options)), **building_variables(os.environ)},
        )
    if "Failed to hardlink" in said or "Failed to clone" in said:
        progress.step(_COPIED)


def building_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """For source archives: no debugging symbols, which hold the path of the build, and no time of day.

    So the same compiler makes the same bytes in two homes. What the user has set comes first.
    """
    flags = {name: f"{environ.get(name, '')} -g0".strip() for name in ("CFLAGS", "CXXFLAGS")}
    return {**flags, "SOURCE_DATE_EPOCH": environ.get("SOURCE_DATE_EPOCH", _EPOCH)}


_EPOCH = "946684800"  # 2000-01-01: archives know no year before 1980
