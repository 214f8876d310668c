from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from homeport.errors import NewerStoreError, UnavailableError, WorkspaceException
from homeport.store import open_store
from homeport.store.catalog import Catalog, create_catalog
from homeport.store.local import LocalStore
from homeport.store.schema import REVISIONS, metadata
from homeport.store.upgrade import MIGRATIONS, bring_up_to_date
from tests.store.conftest import Program, named

LATER = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{revision}", "{before}"


def upgrade():
    op.create_table("later_{revision}", sa.Column("id", sa.Integer, primary_key=True))
    {more}
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """A database without any table."""
    path = tmp_path / "catalog.db"
    create_catalog(path, "work")
    catalog = Catalog(path, "work")
    yield catalog
    catalog.close()


def scripts_with(tmp_path: Path, more: str = "pass") -> Path:
    """Our migrations and one more, `later`."""
    scripts = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    script = LATER.format(revision="later", before=REVISIONS[-1], more=more)
    (scripts / "versions" / "later.py").write_text(script)
    return scripts


def tables(catalog: Catalog) -> set[Any]:
    with catalog.reading() as connection:
        return set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(catalog: Catalog) -> None:
    bring_up_to_date(catalog, "work")
    with catalog.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_scripts_are_the_known_revisions_in_their_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(reversed([script.revision for script in scripts])) == REVISIONS


@pytest.mark.parametrize("count", range(len(REVISIONS)))
def test_a_catalog_of_every_earlier_schema_is_upgraded(catalog: Catalog, tmp_path: Path, count: int) -> None:
    scripts = tmp_path / "old"
    shutil.copytree(MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    for script in (scripts / "versions").glob("*_0*.py"):
        if script.stem.split("_")[1] not in REVISIONS[:count]:
            script.unlink()
    if count:
        bring_up_to_date(catalog, "work", revisions=REVISIONS[:count], scripts=scripts)
        with catalog.writing() as connection:
            connection.exec_driver_sql("INSERT INTO model_numbers VALUES ('kept', 7)")
    bring_up_to_date(catalog, "work")
    assert tables(catalog) >= set(metadata.tables)
    with catalog.reading() as connection:
        kept = connection.exec_driver_sql("SELECT last_version FROM model_numbers").scalar()
    assert kept == (7 if count else None)


def test_an_upgrade_keeps_the_models(store: LocalStore, home: Path, tmp_path: Path, weights: Path) -> None:
    before = store.models.register(named("a", tags={"x": 1}), weights)
    later = (*REVISIONS, "later")
    bring_up_to_date(store._catalog, "work", revisions=later, scripts=scripts_with(tmp_path))
    assert "later_later" in tables(store._catalog)
    assert store.models.get("a") == before
    assert store.verify() == []


def test_a_failed_upgrade_changes_nothing(store: LocalStore, tmp_path: Path, weights: Path) -> None:
    store.models.register(named("a"), weights)
    scripts = scripts_with(tmp_path, more="raise ZeroDivisionError")
    with pytest.raises(ZeroDivisionError):
        bring_up_to_date(store._catalog, "work", revisions=(*REVISIONS, "later"), scripts=scripts)
    assert "later_later" not in tables(store._catalog)
    bring_up_to_date(store._catalog, "work")
    assert store.models.get("a").version == 1


def test_a_folder_with_odd_letters_is_no_obstacle(catalog: Catalog, tmp_path: Path) -> None:
    odd = tmp_path / "100% a:b c"
    shutil.copytree(MIGRATIONS, odd, ignore=shutil.ignore_patterns("__pycache__"))
    bring_up_to_date(catalog, "work", scripts=odd)
    assert "models" in tables(catalog)


def test_a_newer_catalog_is_refused_with_the_way_out(store: LocalStore, home: Path) -> None:
    store.close()
    with closing(sqlite3.connect(home / "workspaces/work/catalog.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
        connection.commit()
    with pytest.raises(NewerStoreError, match="`0999`") as refused:
        open_store(home, "work")
    assert isinstance(refused.value, UnavailableError)
    assert isinstance(refused.value, WorkspaceException)
    assert refused.value.hint is not None
    assert "upgrade Homeport" in refused.value.hint


def test_processes_that_upgrade_at_once_do_it_once(tmp_path: Path, program: Program) -> None:
    create_catalog(tmp_path / "catalog.db", "work")
    code = (
        "import sys; from pathlib import Path; from homeport.store.catalog import Catalog\n"
        "from homeport.store.upgrade import bring_up_to_date\n"
        "bring_up_to_date(Catalog(Path(sys.argv[1]), 'work'), 'work')\n"
    )
    running = [program(code, tmp_path / "catalog.db") for _ in range(4)]
    assert [process.communicate()[1] for process in running] == [""] * 4
    assert [process.returncode for process in running] == [0] * 4
