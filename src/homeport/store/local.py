"""A workspace on this disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, delete, insert, select

from homeport.domain.clock import Clock, utc_now
from homeport.domain.json import JsonObject
from homeport.domain.load_policy import LoadPolicy
from homeport.domain.progress import Progress
from homeport.store.blobs import Blobs
from homeport.store.care import collect, verify
from homeport.store.catalog import Catalog, create_catalog, settle_journal
from homeport.store.environments import LocalEnvironments
from homeport.store.locks import PATIENCE, BytesLock
from homeport.store.models import LocalModels
from homeport.store.mounts import MOUNTS, file_system
from homeport.store.protocol import SILENT, Freed
from homeport.store.reserve import Reserve
from homeport.store.schema import workspace
from homeport.store.upgrade import bring_up_to_date
from homeport.store.workspaces import CATALOG_FILE

_POLICY = "load_policy"  # a key of the table `workspace`


class LocalStore:
    """A `Store` in a folder: `catalog.db`, `blobs/`, `staging/` and two lock files."""

    def __init__(
        self, folder: Path, *, mounts: Path = MOUNTS, now: Clock = utc_now, patience: float = PATIENCE
    ) -> None:
        path = folder / CATALOG_FILE
        self.name = folder.name
        settle_journal(path, mounts)
        self._folder = folder
        self._mounts = mounts
        self._catalog = Catalog(path, self.name)
        bring_up_to_date(self._catalog, self.name)
        self._blobs = Blobs(folder)
        self._lock = BytesLock(folder, patience=patience)
        self._reserve = Reserve(folder)
        self.models = LocalModels(self._catalog, self._blobs, self._lock, self._reserve, now=now)
        self.environments = LocalEnvironments(self._catalog, now=now)
        self.models.sweep()

    @property
    def notice(self) -> str | None:
        """See `Store`."""
        if self._catalog.journal() == "wal":
            return None
        kind = file_system(self._folder, self._mounts) or "an unknown file system"
        return (
            f"`{self._folder}` is on `{kind}`, where SQLite's write-ahead log does not hold: "
            "a rollback journal is used, and whoever reads waits for whoever writes"
        )

    @property
    def details(self) -> JsonObject:
        """See `Store`."""
        with self._catalog.reading() as connection:
            found = connection.execute(select(workspace.c.value).where(workspace.c.key == "details")).scalar()
        return cast(JsonObject, found or {})

    @property
    def load_policy(self) -> LoadPolicy:
        """See `Store`."""
        with self._catalog.reading() as connection:
            return _load_policy(connection)

    def change_load_policy(
        self, *, rule: str | None = None, allow: Sequence[str] = (), disallow: Sequence[str] = ()
    ) -> LoadPolicy:
        """See `Store`."""
        with self._catalog.writing() as connection:
            policy = _load_policy(connection).changed(rule, allow, disallow)
            connection.execute(delete(workspace).where(workspace.c.key == _POLICY))
            connection.execute(insert(workspace).values(key=_POLICY, value=policy.to_json()))
        return policy

    def verify(self, progress: Progress = SILENT) -> list[str]:
        """See `Store`."""
        with self._lock.shared():
            return list(verify(self._catalog, self._blobs, progress))

    def collect(self, progress: Progress = SILENT) -> Freed:
        """See `Store`. Raises UnavailableError when registrations or downloads go on for longer than our patience."""
        with self._lock.alone(lambda: progress.step("waiting for registrations and downloads under way")):
            freed = collect(self._catalog, self._blobs, progress)
            self._reserve.refill()
            return freed

    def close(self) -> None:
        """Let the catalog go."""
        self._catalog.close()


def _load_policy(connection: Connection) -> LoadPolicy:
    found = connection.execute(select(workspace.c.value).where(workspace.c.key == _POLICY)).scalar()
    return LoadPolicy.from_json(cast("JsonObject | None", found))


def prepare(folder: Path, name: str, details: JsonObject, *, mounts: Path = MOUNTS) -> None:
    """Fill a new, empty folder with everything that workspace `name` consists of."""
    BytesLock.prepare(folder)
    Blobs(folder).prepare()
    path = folder / CATALOG_FILE
    create_catalog(path, name, mounts)
    Reserve(folder).refill()
    catalog = Catalog(path, name)
    try:
        bring_up_to_date(catalog, name)
        with catalog.writing() as connection:
            connection.execute(insert(workspace).values(key="details", value=dict(details)))
    finally:
        catalog.close()
