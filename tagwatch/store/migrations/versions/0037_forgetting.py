"""Who was forgotten, with the proof, and for how long each class of data is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "forgetting",
        sa.Column("forgetting_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("forgotten_at", sa.BigInteger()),
        sa.Column("proved_at", sa.BigInteger()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("mentions", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text()),
        sa.PrimaryKeyConstraint("forgetting_id"),
    )
    op.create_index("ix_forgetting_wearer_id", "forgetting", ["wearer_id"])
    op.create_table(
        "retention_periods",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("retention_periods")
    op.drop_table("forgetting")
