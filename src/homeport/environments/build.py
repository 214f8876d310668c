"""A lock -> an interpreter folder named by the lock's hash: built once, whole or not there at all."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from homeport.domain.lock import Lock
from homeport.domain.progress import Progress
from homeport.domain.python import PythonWanted
from homeport.environments.bytecode import make_bytecode
from homeport.environments.conda_build import Prefix, install_conda_packages, is_at_home
from homeport.environments.install import Supply, install_packages
from homeport.environments.interpreter import BuiltEnvironment, Interpreter, short
from homeport.environments.interpreters import find_interpreter
from homeport.environments.resolve import this_platform
from homeport.environments.uv import UvError, run_uv
from homeport.environments.uv_words import build_error
from homeport.environments.verify_files import record_contents
from homeport.errors import EnvironmentBuildError

ENVIRONMENTS_FOLDER = "environments"
LOCK_FILE = "homeport-lock.json"  # the last file written into an environment: with it the folder is whole
INTERPRETER = Path("bin") / "python"
_STAGING = ".staging"
_LOCKS = ".locks"
_NOBODY_WAITS = 0.05  # seconds


def build_environment(
    lock: Lock, home: Path, *, progress: Progress, offline: bool = False, cache: Path | None = None
) -> BuiltEnvironment:
    """`home/environments/HASH`, found in milliseconds or built there; other processes that want it wait.

    `offline` takes packages only from this machine's caches; `cache` is used in the place of uv's usual one.

    `EnvironmentBuildError` carries uv's own words. A build that is killed leaves nothing but staging, which the next
    build removes.
    """
    room = home / ENVIRONMENTS_FOLDER
    found = _found(room / lock.hash, lock)
    if found:
        return found
    (room / _LOCKS).mkdir(parents=True, exist_ok=True, mode=0o700)
    with _one_at_a_time(room / _LOCKS / f"{lock.hash}.lock", progress):
        found = _found(room / lock.hash, lock)
        if found:
            return found
        _clear_staging(room, lock.hash)
        return _build(lock, room, progress, Supply(home, offline, cache))


def _found(folder: Path, lock: Lock) -> BuiltEnvironment | None:
    """Whole, and its base interpreter still there (a link to a removed one is no file)."""
    if (folder / LOCK_FILE).is_file() and (folder / INTERPRETER).is_file():
        if lock.conda and not is_at_home(folder.absolute(), folder / LOCK_FILE):
            return None
        with contextlib.suppress(OSError):  # a home that may only be read is not pruned
            os.utime(folder)  # it is about to be used: `prune` leaves the young alone
        return BuiltEnvironment(interpreter=folder / INTERPRETER, lock=lock.hash, folder=folder)
    return None


@contextlib.contextmanager
def _one_at_a_time(path: Path, progress: Progress) -> Iterator[None]:
    holder = FileLock(path)
    try:
        holder.acquire(timeout=_NOBODY_WAITS)
    except Timeout:
        progress.step("another process is building this environment: waiting for it")
        holder.acquire()
    try:
        yield
    finally:
        holder.release()


def _clear_staging(room: Path, held: str) -> None:
    """Remove what killed builds left: of the lock that we hold, and of those that nobody holds."""
    for folder in (room / _STAGING).glob("*"):
        name = folder.name.partition(".")[0]
        try:
            with contextlib.nullcontext() if name == held else FileLock(room / _LOCKS / f"{name}.lock", timeout=0):
                shutil.rmtree(folder, ignore_errors=True)  # an orphaned uv may still write: the next build comes by
        except Timeout:
            continue


def _build(lock: Lock, room: Path, progress: Progress, supply: Supply) -> BuiltEnvironment:
    started = time.monotonic()
    python = None if lock.conda else _base(lock, progress)
    (room / _STAGING).mkdir(exist_ok=True, mode=0o700)
    staging = Path(tempfile.mkdtemp(prefix=f"{lock.hash}.", dir=room / _STAGING))
    try:
        target = room / lock.hash
        if python is None:
            _check_platform(lock)
            install_conda_packages(lock, Prefix(staging=staging, target=target.absolute()), supply, progress)
        else:
            _install(lock, python, staging, progress, supply)
        record_contents(staging, lock.hash)
        _write_lock(lock, python.path if python else target.absolute() / INTERPRETER, staging)
        if target.exists():  # its interpreter is gone, so it cannot be in use
            progress.step(f"the interpreter of {short(target)} is gone or was moved: it is built anew")
            target.rename(staging.with_suffix(".old"))
            shutil.rmtree(staging.with_suffix(".old"), ignore_errors=True)
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    make_bytecode(target.absolute() / INTERPRETER)
    progress.step(f"environment {short(target)} is ready ({time.monotonic() - started:.1f} s)")
    return BuiltEnvironment(interpreter=target / INTERPRETER, lock=lock.hash, folder=target)


_OTHER_PLATFORM = (
    "a lock of another platform is made to be built there: export it with `--format lock`; "
    "for this machine `homeport environment lock NAME` makes one"
)


def _base(lock: Lock, progress: Progress) -> Interpreter:
    python = find_interpreter(lock.python.version, progress=progress)
    _check_fits(lock, python)
    return python


def _check_platform(lock: Lock) -> None:
    if lock.platform != this_platform():
        raise EnvironmentBuildError(
            f"the lock is for Python {lock.python.version} on {lock.platform}; this is {this_platform()}",
            hint=_OTHER_PLATFORM,
        )


def _check_fits(lock: Lock, python: Interpreter) -> None:
    if python.platform == lock.platform and PythonWanted.parse(lock.python.version).accepts(python.version):
        return
    raise EnvironmentBuildError(
        f"the lock is for Python {lock.python.version} on {lock.platform}; this is {python} on {python.platform}",
        hint=_OTHER_PLATFORM,
    )


def _install(lock: Lock, python: Interpreter, staging: Path, progress: Progress, supply: Supply) -> None:
    words = ["venv", "--relocatable", "--allow-existing", "--python", str(python.path), "."]
    try:
        run_uv(words, folder=staging, progress=progress)
    except UvError as wrong:
        raise build_error(f"cannot make an environment with {python}", wrong) from wrong
    if not lock.packages:
        return
    progress.step(f"installing {len(lock.packages)} packages")
    install_packages(lock, python, staging / INTERPRETER, progress, supply)


def _write_lock(lock: Lock, interpreter: Path, staging: Path) -> None:
    document = {**lock.to_json(), "interpreter": str(interpreter)}
    partial = staging / f"{LOCK_FILE}.partial"
    partial.write_text(json.dumps(document, indent=2), encoding="utf-8")
    partial.rename(staging / LOCK_FILE)
