"""Takes away built environments, and kept wheels, that nothing needs any more."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from homeport.domain.progress import Progress
from homeport.environments.build import ENVIRONMENTS_FOLDER, LOCK_FILE
from homeport.environments.cache import Size, size_of
from homeport.environments.kept_files import FILES_FOLDER
from homeport.environments.verify_files import CONTENTS_FILE

STAGING = ".staging"
LOCKS = ".locks"
YOUNG = 600.0  # seconds: what was built or asked for just now may be on its way to its service


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One built environment, a kept wheel or a rest of a killed build; `kept_by` says who needs it, if any."""

    kind: str  # "environment", "wheel", "rest"
    name: str
    path: Path
    size: Size
    kept_by: tuple[str, ...]


def prune_environments(
    home: Path,
    used: Mapping[str, Sequence[str]],
    *,
    progress: Progress,
    dry_run: bool = False,
    younger_than: float = YOUNG,
) -> list[Candidate]:
    """Everything there is, with who keeps it; what nobody keeps is removed unless `dry_run`.

    `used` names the users of each lock's hash, and of the sha256 of each wheel that a kept lock names. What a process
    runs in, and what is younger than so many seconds, stays.
    An environment is renamed away before it is deleted, under its build's lock: none is ever half there.
    """
    room = home / ENVIRONMENTS_FOLDER
    found = [*_environments(room, used, younger_than), *_rests(room), *_wheels(home, used)]
    for candidate in found:
        if not candidate.kept_by and not dry_run:
            progress.step(f"removing {candidate.kind} {candidate.name}")
            _remove(room, candidate)
    return found


def _environments(room: Path, used: Mapping[str, Sequence[str]], younger_than: float) -> Iterator[Candidate]:
    running = _running(room)
    for folder in sorted(room.glob("[0-9a-f]*")):
        kept = list(used.get(folder.name, ()))
        kept += [f"process {pid}" for pid in running.get(folder.name, ())]
        try:
            age = time.time() - folder.stat().st_mtime
        except FileNotFoundError:
            continue  # another prune was faster
        if not kept and (folder / LOCK_FILE).is_file() and age < younger_than:
            kept.append(f"built or asked for {age / 60:.0f} min ago")
        yield Candidate(kind="environment", name=folder.name, path=folder, size=size_of(folder), kept_by=tuple(kept))


def _rests(room: Path) -> Iterator[Candidate]:
    """Of builds that were killed; one that a live build holds is not listed."""
    for folder in sorted((room / STAGING).glob("*")):
        with contextlib.suppress(Timeout), FileLock(room / LOCKS / f"{folder.name.partition('.')[0]}.lock", timeout=0):
            yield Candidate(kind="rest", name=folder.name, path=folder, size=size_of(folder), kept_by=())


def _wheels(home: Path, used: Mapping[str, Sequence[str]]) -> Iterator[Candidate]:
    """A wheel stays as long as a lock that names it is kept, or lies in a built environment."""
    locks = {
        file.parent.name: file.read_text(encoding="utf-8")
        for file in (home / ENVIRONMENTS_FOLDER).glob(f"[0-9a-f]*/{LOCK_FILE}")
    }
    for folder in sorted((home / FILES_FOLDER).glob("[0-9a-f]*")):
        kept = [*used.get(folder.name, ()), *(f"environment {name}" for name in locks if folder.name in locks[name])]
        names = ", ".join(path.name for path in folder.iterdir())
        yield Candidate(kind="wheel", name=names, path=folder, size=size_of(folder), kept_by=tuple(kept))


def _running(room: Path) -> dict[str, list[int]]:
    """Environments that a process of this machine was started in."""
    prefix = f"{room.absolute()}/"
    found: dict[str, list[int]] = {}
    for process in psutil.process_iter(["cmdline"]):
        for word in (process.info["cmdline"] or [])[:1]:
            if word.startswith(prefix):
                found.setdefault(word.removeprefix(prefix).partition("/")[0], []).append(process.pid)
    return found


def _remove(room: Path, candidate: Candidate) -> None:
    if candidate.kind != "environment":
        shutil.rmtree(candidate.path, ignore_errors=True)
        return
    (room / LOCKS).mkdir(exist_ok=True, mode=0o700)
    (room / STAGING).mkdir(exist_ok=True, mode=0o700)
    aside = room / STAGING / f"{candidate.name}.pruned"
    with FileLock(room / LOCKS / f"{candidate.name}.lock"):
        shutil.rmtree(aside, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):  # another one was faster
            candidate.path.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def freed(candidates: Collection[Candidate]) -> int:
    """Bytes that are free once what nobody keeps is gone; links that the package cache holds are not."""
    return sum(candidate.size.own for candidate in candidates if not candidate.kept_by)


def built_size(folder: Path) -> Size | None:
    """What was written down when it was built; None of an older environment."""
    try:
        document = json.loads((folder / CONTENTS_FILE).read_text(encoding="utf-8"))
        return Size(int(document["bytes"]), int(document["linked"]))
    except (OSError, ValueError, KeyError):
        return None
