"""Environments with their versions, labels and locks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

row_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """From a catalog of models alone."""
    op.create_table(
        "environment_numbers",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("last_version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_environment_numbers"),
    )
    op.create_table(
        "environments",
        sa.Column("id", row_id, nullable=False, autoincrement=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("version", sa.String(255), nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("created", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_environments"),
        sa.UniqueConstraint("name", "version", name="uq_environments_name_version"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_environments_name_id", "environments", ["name", "id"])
    op.create_table(
        "environment_labels",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("label", sa.String(255), nullable=False),
        sa.Column("environment_id", row_id, nullable=False),
        sa.PrimaryKeyConstraint("name", "label", name="pk_environment_labels"),
        sa.ForeignKeyConstraint(
            ["environment_id"],
            ["environments.id"],
            name="fk_environment_labels_environment_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_environment_labels_environment_id", "environment_labels", ["environment_id"])
    op.create_table(
        "environment_locks",
        sa.Column("environment_id", row_id, nullable=False),
        sa.Column("platform", sa.String(100), nullable=False),
        sa.Column("lock", sa.Text, nullable=False),
        sa.Column("created", moment, nullable=False),
        sa.PrimaryKeyConstraint("environment_id", "platform", name="pk_environment_locks"),
        sa.ForeignKeyConstraint(
            ["environment_id"],
            ["environments.id"],
            name="fk_environment_locks_environment_id",
            ondelete="CASCADE",
        ),
    )
