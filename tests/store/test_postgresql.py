"""The schema and the SQL of the registry on a real PostgreSQL, for a team's server later."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from homeport.domain.model import ModelFile, ModelFiles, ModelFilter
from homeport.errors import ModelNotFoundError
from homeport.store import model_rows
from homeport.store.schema import metadata
from homeport.store.upgrade import MIGRATIONS, migrate
from tests.conftest import lacking
from tests.store.conftest import named


def test_every_table_can_be_said_in_its_dialect() -> None:
    for table in metadata.tables.values():
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))


def postgresql_programs() -> Path:
    """The folder of initdb and pg_ctl: on the PATH, or where Debian keeps them."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    usable = [folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()]
    if not usable:
        lacking("PostgreSQL's initdb and pg_ctl")
    return usable[-1]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A server of our own on a socket of its own, as a user that it accepts."""
    programs = postgresql_programs()
    user = pwd.getpwuid(os.getuid()).pw_name if os.getuid() else "nobody"
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    data = folder / "data"
    data.mkdir()
    for path in (folder, data):
        shutil.chown(path, user)

    def run(program: str, *words: object) -> None:
        done = subprocess.run(
            [programs / program, *map(str, words)], user=user, cwd=folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run("initdb", "-D", data, "-U", "me", "-A", "trust", "-E", "UTF8", "--no-sync")
    run("pg_ctl", "-D", data, "-w", "-l", data / "log", "-o", f"-c listen_addresses= -k {folder} -F", "start")
    engine = create_engine(f"postgresql+psycopg://me@/postgres?host={folder}")
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


def test_the_registry_works_there(server: Connection) -> None:
    migrate(server, MIGRATIONS)
    context = MigrationContext.configure(server, opts={"compare_type": True})
    assert compare_metadata(context, metadata) == []

    files = ModelFiles.of([ModelFile(path="caf\udce9/ü.bin", size=3, sha256="0" * 64)])
    now = datetime.now(timezone.utc)
    tags = {"stage": "live", "long": "x" * 100_000, "nul": "\0", "nan": float("inf"), "half": "\ud800"}
    description = named("net", tags=tags, sample_input={"data": [1]}, framework="Onnx")
    first = model_rows.insert_model(server, description, files, "me", now)
    second = model_rows.insert_model(server, named("net"), files, "me", now)
    assert (first.ref, second.ref) == ("net:1", "net:2")
    assert first.created == now
    assert model_rows.find_model(server, "net", 1) == first
    assert model_rows.find_model(server, "net") == second
    assert model_rows.files_of(server, first) == files
    for wanted, expected in (
        (ModelFilter(), [second, first]),
        (ModelFilter(latest=True), [second]),
        (ModelFilter(tags=tuple(tags.items()), framework="Onnx"), [first]),
        (ModelFilter(tag_keys=("stage",), name="net"), [first]),
        (ModelFilter(version=2**70), []),
    ):
        assert model_rows.find_models(server, wanted, 10, 0) == expected
        assert model_rows.count_models(server, wanted) == len(expected)
    assert model_rows.hashes_by_size(server, [3, 4]) == {3: {"0" * 64}}
    model_rows.delete_model(server, "net", 2)
    assert model_rows.find_model(server, "net") == first
    with pytest.raises(ModelNotFoundError):
        model_rows.find_model(server, "a\0b", 2**70)
    assert model_rows.insert_model(server, named("net"), files, "me", now).version == 3
