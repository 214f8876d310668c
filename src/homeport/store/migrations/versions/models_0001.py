"""The workspace's details and its models. Written out: a migration never follows later changes of the schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None

row_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """From nothing."""
    op.create_table(
        "workspace",
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_workspace"),
    )
    op.create_table(
        "model_numbers",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("last_version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_model_numbers"),
    )
    _create_models()
    _create_model_parts()


def _create_models() -> None:
    op.create_table(
        "models",
        sa.Column("id", row_id, nullable=False, autoincrement=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("latest", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("created", moment, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("updated", moment, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("properties", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("framework", sa.Text, nullable=False),
        sa.Column("framework_version", sa.Text),
        sa.Column("sample_input", sa.Text),
        sa.Column("sample_output", sa.Text),
        sa.Column("resources", sa.Text),
        sa.Column("run_id", sa.Text),
        sa.Column("experiment_name", sa.Text),
        sa.Column("datasets", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_models"),
        sa.UniqueConstraint("name", "version", name="uq_models_name_version"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_models_latest_id", "models", ["latest", "id"])
    op.create_index("ix_models_name_id", "models", ["name", "id"])


def _create_model_parts() -> None:
    op.create_table(
        "model_files",
        sa.Column("model_id", row_id, nullable=False),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("model_id", "path", name="pk_model_files"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_model_files_model_id", ondelete="CASCADE"),
    )
    op.create_index("ix_model_files_sha256", "model_files", ["sha256"])
    op.create_index("ix_model_files_size", "model_files", ["size"])
    op.create_table(
        "model_marks",
        sa.Column("model_id", row_id, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(210), nullable=False),
        sa.Column("value", sa.String(210), nullable=False),
        sa.PrimaryKeyConstraint("model_id", "kind", "key", name="pk_model_marks"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_model_marks_model_id", ondelete="CASCADE"),
    )
    op.create_index("ix_model_marks_kind_key_value_model_id", "model_marks", ["kind", "key", "value", "model_id"])
    op.create_index("ix_model_marks_kind_key_model_id", "model_marks", ["kind", "key", "model_id"])
