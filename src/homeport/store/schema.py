"""The catalog's tables. Portable: SQLite by default, PostgreSQL for a team; `migrations/` makes the same tables."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timezone

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from homeport.domain.json import Json

# oldest first; the last is the schema that this code reads and writes
REVISIONS = ("0001", "0002", "0003")

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)

_LONGEST_MARK = 200  # characters; PostgreSQL indexes no more than 2.7 kB a row


class JsonText(TypeDecorator[Json]):
    """Any JSON value, as text: a NaN is kept, which PostgreSQL's own type refuses. None is SQL's NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Json, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Json:
        return None if value is None else json.loads(value)


class UtcTime(TypeDecorator[datetime]):
    """A moment; SQLite keeps no zone, so it is UTC there."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(timezone.utc)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


class PathBytes(TypeDecorator[str]):
    """A stored path as the bytes of its name: a name need not be UTF-8."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.encode("utf-8", "surrogateescape")

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else bytes(value).decode("utf-8", "surrogateescape")


def mark_text(value: Json) -> str:
    """How a key or value is written in `model_marks`: a text as itself, so that `1` finds 1 and "1"; short, ASCII."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    if isinstance(value, str):
        text = text[1:-1]
    return text if len(text) <= _LONGEST_MARK else "sha256:" + hashlib.sha256(text.encode()).hexdigest()


_RowId = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER numbers itself in SQLite

workspace = Table(
    "workspace",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("value", JsonText, nullable=False),
)

model_numbers = Table(  # outlives the models: a number is never given twice
    "model_numbers",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("last_version", Integer, nullable=False),
)

models = Table(
    "models",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("name", String(255), nullable=False),
    Column("version", Integer, nullable=False),
    Column("latest", Boolean(create_constraint=False), nullable=False),  # the newest of its name
    Column("digest", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated", UtcTime, nullable=False),
    Column("tags", JsonText, nullable=False),
    Column("properties", JsonText, nullable=False),
    Column("description", Text),
    Column("framework", Text, nullable=False),
    Column("framework_version", Text),
    Column("sample_input", JsonText),
    Column("sample_output", JsonText),
    Column("resources", JsonText),
    Column("run_id", Text),
    Column("experiment_name", Text),
    Column("datasets", JsonText, nullable=False),
    UniqueConstraint("name", "version"),
    Index("ix_models_latest_id", "latest", "id"),
    Index("ix_models_name_id", "name", "id"),
    sqlite_autoincrement=True,
)

model_files = Table(
    "model_files",
    metadata,
    Column("model_id", _RowId, ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
    Column("path", PathBytes, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Index("ix_model_files_sha256", "sha256"),
    Index("ix_model_files_size", "size"),
)

model_marks = Table(  # what models are found by; `kind` is tag, property, dataset, run or framework
    "model_marks",
    metadata,
    Column("model_id", _RowId, ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("key", String(_LONGEST_MARK + 10), primary_key=True),
    Column("value", String(_LONGEST_MARK + 10), nullable=False),
    # the model last: a page of the models with a mark is read from the index, in order
    Index("ix_model_marks_kind_key_value_model_id", "kind", "key", "value", "model_id"),
    Index("ix_model_marks_kind_key_model_id", "kind", "key", "model_id"),
)

model_findings = Table(  # apart from `models`: a list of models need not read them
    "model_findings",
    metadata,
    Column("model_id", _RowId, ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
    Column("findings", JsonText, nullable=False),
)

environment_numbers = Table(
    "environment_numbers",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("last_version", Integer, nullable=False),
)

environments = Table(
    "environments",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("name", String(255), nullable=False),
    Column("version", String(255), nullable=False),
    Column("definition", JsonText, nullable=False),
    Column("created", UtcTime, nullable=False),
    UniqueConstraint("name", "version"),
    Index("ix_environments_name_id", "name", "id"),
    sqlite_autoincrement=True,
)

environment_labels = Table(
    "environment_labels",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("label", String(255), primary_key=True),
    Column("environment_id", _RowId, ForeignKey("environments.id", ondelete="CASCADE"), nullable=False),
    Index("ix_environment_labels_environment_id", "environment_id"),
)

environment_locks = Table(
    "environment_locks",
    metadata,
    Column("environment_id", _RowId, ForeignKey("environments.id", ondelete="CASCADE"), primary_key=True),
    Column("platform", String(100), primary_key=True),
    Column("lock", JsonText, nullable=False),
    Column("created", UtcTime, nullable=False),
)
