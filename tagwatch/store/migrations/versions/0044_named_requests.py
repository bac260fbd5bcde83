"""Data requests about somebody who is named by what is known of him."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "named_request",
        sa.Column("named_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("named_id"),
    )
    op.create_index("ix_named_request_wearer_id", "named_request", ["wearer_id"])
    op.create_index("named_request_by_state", "named_request", ["state", "asked_at"])


def downgrade() -> None:
    """Take it away."""
    op.drop_table("named_request")
