"""Drawn zones that wait for a second person."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "zone_draft",
        sa.Column("draft_id", sa.String(), nullable=False),
        sa.Column("condition_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id"),
    )
    for name in ("condition_id", "wearer_id", "state"):
        op.create_index(f"ix_zone_draft_{name}", "zone_draft", [name])


def downgrade() -> None:
    """Drop it."""
    for name in ("condition_id", "wearer_id", "state"):
        op.drop_index(f"ix_zone_draft_{name}", "zone_draft")
    op.drop_table("zone_draft")
