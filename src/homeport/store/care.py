"""Looking after a workspace: is everything still what was registered, and what can go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from sqlalchemy import Connection, func, select

from homeport.domain.model import ModelFile, ModelFiles
from homeport.domain.progress import Progress
from homeport.domain.sizes import byte_size
from homeport.errors import DamagedStoreError
from homeport.store import model_rows
from homeport.store.blobs import Blobs
from homeport.store.catalog import Catalog
from homeport.store.protocol import Freed
from homeport.store.schema import model_files, model_marks, model_numbers, models

_USERS_NAMED = 3  # models that a line about a shared file names


@dataclass(slots=True)
class _Wanted:
    """What the models say about one blob."""

    size: int
    users: list[str] = field(default_factory=list)  # "model `a:1` (file `x/y`)"

    def __str__(self) -> str:
        named = ", ".join(self.users[:_USERS_NAMED])
        others = len(self.users) - _USERS_NAMED
        return f"{named} and {others} more" if others > 0 else named


def verify(catalog: Catalog, blobs: Blobs, progress: Progress) -> Iterator[str]:
    """One line for each thing that is wrong. The caller holds the bytes lock, shared."""
    progress.step("checking the catalog")
    wanted: dict[str, _Wanted] = {}
    try:
        with catalog.reading() as connection:
            yield from _wrong_in_database(connection)
            yield from _wrong_in_rows(connection)
            yield from _wrong_in_models(connection, wanted)
    except DamagedStoreError as wrong:
        yield wrong.message
        return
    yield from _wrong_in_blobs(blobs, wanted, progress)


def collect(catalog: Catalog, blobs: Blobs, progress: Progress) -> Freed:
    """Delete blobs that no model refers to, and all of staging. The caller holds the bytes lock alone."""
    with catalog.reading() as connection:
        used = set(connection.execute(select(model_files.c.sha256).distinct()).scalars())
    files, freed = blobs.clear_staging()
    for sha256, found in blobs.kept():
        if sha256 in used:
            continue
        blobs.remove(sha256)
        files += 1
        # a bundle may hold the same bytes by a hard link: then the disk gets nothing back yet
        freed += found.st_size if found.st_nlink == 1 else 0
    progress.step(f"freed {byte_size(freed)} in {files} files")
    return Freed(files, freed)


def _wrong_in_database(connection: Connection) -> Iterator[str]:
    for (line,) in connection.exec_driver_sql("PRAGMA integrity_check"):
        if line != "ok":
            yield f"the catalog is damaged: {line}"
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"the catalog is damaged: row {row} of {table} belongs to nothing in {parent}"


def _wrong_in_rows(connection: Connection) -> Iterator[str]:
    """Numbers, the newest of each name, and what models are found by."""
    newest = func.max(models.c.version)
    counted = select(models.c.name, newest, model_numbers.c.last_version).outerjoin(
        model_numbers, model_numbers.c.name == models.c.name
    )
    for name, version, last in connection.execute(counted.group_by(models.c.name, model_numbers.c.last_version)):
        if last is None or last < version:
            yield f"model `{name}` has version {version}, but its counter stands at {last or 0}"
    latest = {row.name: row.version for row in connection.execute(select(models).where(model_rows.latest()))}
    for name, version in connection.execute(select(models.c.name, newest).group_by(models.c.name)):
        if latest.get(name) != version:
            yield f"model `{name}:{version}` is the newest of its name, and the catalog says otherwise"
    marks: dict[int, set[model_rows.Mark]] = defaultdict(set)
    for model_id, kind, key, value in connection.execute(select(model_marks)):
        marks[model_id].add((kind, key, value))
    for row in connection.execute(select(models)):
        model = model_rows.model_of(row)
        if marks[row.id] != model_rows.marks_of(model):
            yield f"model `{model.ref}` is not found by the tags and properties that it has"


def _wrong_in_models(connection: Connection, wanted: dict[str, _Wanted]) -> Iterator[str]:
    """Sizes and digests of whole models; fills `wanted`."""
    joined = select(
        models.c.name, models.c.version, models.c.digest, models.c.size.label("whole"), model_files
    ).outerjoin(model_files, model_files.c.model_id == models.c.id)
    rows = connection.execute(joined.order_by(models.c.name, models.c.version, model_files.c.path))
    for (name, version, digest, size), group in groupby(rows, key=lambda row: row[:4]):
        files = ModelFiles.of(
            ModelFile(path=row.path, size=row.size, sha256=row.sha256) for row in group if row.path is not None
        )
        if (files.digest, files.size) != (digest, size):
            yield f"model `{name}:{version}` is not what was registered: its list of files has changed"
        for file in files.files:
            known = wanted.setdefault(file.sha256, _Wanted(file.size))
            known.users.append(f"model `{name}:{version}` (file `{file.path}`)")


def _wrong_in_blobs(blobs: Blobs, wanted: dict[str, _Wanted], progress: Progress) -> Iterator[str]:
    kept = dict(blobs.kept())
    total, done = sum(found.st_size for found in kept.values()), 0
    for sha256, found in kept.items():
        use = wanted.pop(sha256, None)
        if use is not None and use.size != found.st_size:
            yield f"damaged: {use}: it has {found.st_size} bytes and should have {use.size}"
        elif not blobs.whole(sha256):
            unused = "a file that no model uses (`homeport workspace gc` removes it)"
            yield f"damaged: {use or unused}: its bytes are not the ones that were registered"
        done += found.st_size
        progress.advance("reading every file", done, total)
    yield from (f"missing: {use}: its bytes are gone from `{blobs.folder}`" for use in wanted.values())
    yield from (f"stray: `{path}` is nothing that Homeport put there" for path in blobs.strays())
