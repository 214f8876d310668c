"""The same lock once more, from nothing: to see whether it gives the same."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from homeport.domain.lock import Lock
from homeport.domain.progress import Progress
from homeport.environments.build import build_environment
from homeport.environments.interpreter import BuiltEnvironment
from homeport.environments.kept_files import kept_file, take_files


@contextlib.contextmanager
def rebuilt(lock: Lock, home: Path, *, progress: Progress, offline: bool = False) -> Iterator[BuiltEnvironment]:
    """An environment in an empty home with an empty cache, gone at the end; `offline` uses the cache there is.

    An empty cache matters: files of environments are links into it, so that one changed in place is changed in both.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = Path(tempfile.mkdtemp(prefix=".rebuild-", dir=home))
    try:
        kept = [place.parent for place in (kept_file(package, home) for package in lock.packages) if place is not None]
        take_files(lock, scratch, kept)
        cache = None if offline else scratch / "cache"
        yield build_environment(lock, scratch, progress=progress, offline=offline, cache=cache)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
