"""The packages of a lock -> an empty virtual environment, hashes checked, compiled."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from homeport.domain.lock import Lock
from homeport.domain.progress import Progress
from homeport.environments.interpreter import Interpreter, clean_variables
from homeport.environments.pylock import PYLOCK_FILE
from homeport.environments.resolve import end_of_day, variables_for
from homeport.environments.uv import UvError, run_uv
from homeport.environments.uv_words import build_error, is_elsewhere
from homeport.errors import EnvironmentBuildError

UV_COMPILES_FROM = (3, 7)  # its compiler process does not run on 3.6
REQUIREMENTS_FILE = "requirements.txt"


def install_packages(lock: Lock, python: Interpreter, target: Path, progress: Progress) -> None:
    """Install what is locked with `target`, an environment's own interpreter.

    By name and hash from the user's package index, where uv's cache holds for ever (of a bare address it holds only as
    long as that server's headers allow); where there is no network, from the cache alone; else from where the files
    were at locking. `EnvironmentBuildError` carries uv's words about the first of these.
    """
    ways = [(_requirements, ""), (_cached, _NO_INDEX), (_pylock, _ELSEWHERE)]
    first: UvError | None = None
    for write, announced in ways if locked_requirements(lock) else ways[2:]:
        if first is not None:
            progress.step(announced)
        try:
            _sync(lock, python, target, write, progress)
            break
        except UvError as wrong:
            first = first or wrong
            if not is_elsewhere(wrong):
                raise _failed(lock, wrong) from wrong
    else:
        raise _failed(lock, first or UvError(1, "")) from first
    if python.version[:2] < UV_COMPILES_FROM:
        compile_modules(target)


_NO_INDEX = "the package index does not have them: taking what is already on this machine"
_ELSEWHERE = "asking for them where they were at locking"


def _failed(lock: Lock, wrong: UvError) -> EnvironmentBuildError:
    return build_error("cannot install the packages", wrong, as_of=lock.as_of)


def locked_requirements(lock: Lock) -> str | None:
    """The lock as a requirements file with hashes; None where a package comes from no index."""
    lines = []
    for package in lock.packages:
        if package.source or not package.version or not all(file.sha256 for file in package.files):
            return None
        hashes = " ".join(f"--hash=sha256:{file.sha256}" for file in package.files)
        lines.append(f"{package.name}=={package.version} {hashes}")
    return "\n".join((*lines, ""))


def _pylock(lock: Lock, folder: Path) -> list[str]:
    (folder / PYLOCK_FILE).write_text(lock.pylock, encoding="utf-8")
    return ["--preview-features", "pylock", PYLOCK_FILE]


def _requirements(lock: Lock, folder: Path) -> list[str]:
    lines = "\n".join((*lock.options, locked_requirements(lock) or ""))
    (folder / REQUIREMENTS_FILE).write_text(lines, encoding="utf-8")
    return ["--require-hashes", REQUIREMENTS_FILE]


def _cached(lock: Lock, folder: Path) -> list[str]:
    return ["--offline", *_requirements(lock, folder)]


def _sync(
    lock: Lock, python: Interpreter, target: Path, write: Callable[[Lock, Path], list[str]], progress: Progress
) -> None:
    with tempfile.TemporaryDirectory(prefix="homeport-build-") as name:
        folder = Path(name)
        words = ["pip", "sync", "--python", str(target), *write(lock, folder)]
        if lock.as_of:
            words += ["--exclude-newer", end_of_day(lock.as_of)]  # what builds a source archive is of that day too
        if python.version[:2] >= UV_COMPILES_FROM:
            words.append("--compile-bytecode")
        run_uv(words, folder=folder, progress=progress, variables=variables_for(bool(lock.options)))


def compile_modules(target: Path) -> None:
    """As uv's `--compile-bytecode`; files that are no Python of this version are left as they are, as pip does."""
    subprocess.run(
        [str(target), "-m", "compileall", "-q", "-j", "2", str(target.parents[1] / "lib")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={key: value for key, value in clean_variables(os.environ).items() if key != "PYTHONDONTWRITEBYTECODE"},
        check=False,
    )
