"""What package releases there are: the table that comes with Homeport, and the user's own index for the rest."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from homeport.domain.clock import Clock, utc_now
from homeport.domain.python import OLDEST_PYTHON
from homeport.domain.releases import Minor, Release, read_releases, releases_of
from homeport.environments.candidates import candidates
from homeport.environments.index import IndexUnreachableError, PackageIndex
from homeport.environments.interpreters import OLDEST_MANAGED
from homeport.environments.pip_settings import uv_settings

TABLE = "releases_table.txt"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
NEWEST_PYTHON = (3, 14)


class KnownReleases:
    """`domain.releases.Releases`: answers from the table at once, asks the index for what is not in it.

    What the index said is kept below `home` for a day. `notes` says what could not be asked.
    """

    def __init__(
        self,
        home: Path,
        *,
        environ: Mapping[str, str] = os.environ,
        user: Path | None = None,
        offline: bool = False,
        now: Clock = utc_now,
    ) -> None:
        self._index = None if offline or environ.get("UV_OFFLINE") else PackageIndex(home, environ=environ, now=now)
        self._environ, self._user = environ, user or Path.home()
        self._now = now
        self._table: _Table | None = None
        self._known: dict[str, tuple[Release, ...]] = {}
        self._sought: set[tuple[str, Version]] = set()
        self._here: tuple[Minor, ...] | None = None
        self.notes: list[str] = []

    @property
    def today(self) -> date:
        return self._now().date()

    @property
    def machine(self) -> str:
        return platform.machine()

    @property
    def here(self) -> tuple[Minor, ...]:
        """As the names of the places tell; nothing is run."""
        if self._here is None:
            found = {place.guess[:2] for place in candidates(self._environ, self._user) if len(place.guess) > 1}
            self._here = tuple(sorted((minor[0], minor[1]) for minor in found if minor >= OLDEST_PYTHON))
        return self._here

    @property
    def obtainable(self) -> tuple[Minor, ...]:
        """What uv can download."""
        return tuple((3, minor) for minor in range(OLDEST_MANAGED[1], NEWEST_PYTHON[1] + 1))

    def at_hand(self, distribution: str) -> tuple[Release, ...]:
        """By the names of the files in local `--find-links` folders."""
        name = canonicalize_name(distribution)
        places = uv_settings(self._environ, self._user).get("UV_FIND_LINKS") or self._environ.get("UV_FIND_LINKS", "")
        folders = [Path(place.removeprefix("file://")) for place in places.split(",") if "://" not in place[5:]]
        files = [file.name for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.whl"))]
        day = self.today.isoformat()
        ours = [file for file in files if canonicalize_name(file.partition("-")[0]) == name]
        return releases_of({"filename": file, "upload-time": day} for file in ours)

    def of(self, distribution: str, holding: Version | None = None) -> tuple[Release, ...]:
        """From the table; from the index where the table has not the distribution, or not that version of it."""
        name = canonicalize_name(distribution)
        if name not in self._known:
            self._known[name] = self._look_up(name)
        known = self._known[name]
        if holding is None or (name, holding) in self._sought or any(each.version == holding for each in known):
            return known
        self._sought.add((name, holding))
        self._known[name] = self._ask(name) or known
        return self._known[name]

    def _look_up(self, name: str) -> tuple[Release, ...]:
        if self._table is None:
            self._table = _Table(resources.files("homeport.environments").joinpath(TABLE).read_text(encoding="utf-8"))
        if not _NAME.fullmatch(name):
            return ()
        listed = self._table.of(name)
        return listed or self._ask(name)

    def _ask(self, name: str) -> tuple[Release, ...]:
        if self._index is None:
            self._note(f"`{name}`: not asked for, because of offline mode")
            return ()
        try:
            return self._index.releases(name)
        except IndexUnreachableError as wrong:
            self._index = None  # one waiting time is enough
            self._note(f"the package index cannot be asked ({wrong}): only the table of {self._table_day} is used")
            return ()

    @property
    def _table_day(self) -> str:
        return self._table.made if self._table else "this release"

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


class _Table:
    """The shipped text, split by distribution; a distribution's lines are read when it is asked for."""

    def __init__(self, text: str) -> None:
        head, *parts = text.split("\n= ")
        self.made = head.partition("made ")[2][:10]
        self._parts = {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}

    def of(self, name: str) -> tuple[Release, ...]:
        return tuple(read_releases(self._parts.get(name, "")))
