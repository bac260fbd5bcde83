"""Periods in which conditions do not bind a wearer."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "exemption",
        sa.Column("exemption_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("exemption_id", "version"),
    )
    op.create_index("ix_exemption_wearer_id", "exemption", ["wearer_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_exemption_wearer_id", "exemption")
    op.drop_table("exemption")
