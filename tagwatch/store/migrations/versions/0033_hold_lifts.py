"""Who asked that a legal hold be lifted, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "legal_hold_lift",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_legal_hold_lift_wearer_id", "legal_hold_lift", ["wearer_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("legal_hold_lift")
