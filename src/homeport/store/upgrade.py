"""Bringing a catalog to the schema that this code knows. alembic is imported only when there is something to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, inspect

from homeport.errors import NewerStoreError
from homeport.store.catalog import Catalog
from homeport.store.schema import REVISIONS

MIGRATIONS = Path(__file__).with_name("migrations")


def bring_up_to_date(
    catalog: Catalog, workspace: str, *, revisions: Sequence[str] = REVISIONS, scripts: Path = MIGRATIONS
) -> None:
    """Run the migrations that a catalog lacks, all or none. Raises NewerStoreError for one we do not know."""
    with catalog.reading() as connection:
        if _checked(connection, workspace, revisions) == revisions[-1]:
            return
    with catalog.writing() as connection:
        if _checked(connection, workspace, revisions) != revisions[-1]:  # nobody else did it while we waited
            migrate(connection, scripts)


def _checked(connection: Connection, workspace: str, revisions: Sequence[str]) -> str | None:
    found = _revision(connection)
    if found is None or found in revisions:
        return found
    raise NewerStoreError(
        f"workspace `{workspace}` was written by a newer Homeport: its catalog has schema `{found}`, "
        f"this one knows them up to `{revisions[-1]}`",
        hint="upgrade Homeport to the version that wrote it, or newer",
    )


def _revision(connection: Connection) -> str | None:
    """None where no migration has run yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def migrate(connection: Connection, scripts: Path) -> None:
    """Run every migration that the database of `connection` lacks, in its transaction."""
    # takes a tenth of a second to import, and most openings of a catalog need none of it
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
