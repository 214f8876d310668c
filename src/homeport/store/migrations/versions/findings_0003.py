"""What reading a model's files showed when it was registered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

row_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Models that are there already have none."""
    op.create_table(
        "model_findings",
        sa.Column("model_id", row_id, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("model_id", name="pk_model_findings"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_model_findings_model_id", ondelete="CASCADE"),
    )
