"""Openings of stretches of sealed trails: who asked, who decided, until when."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "unsealing",
        sa.Column("unsealing_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("unsealing_id"),
    )
    op.create_index("ix_unsealing_wearer_id", "unsealing", ["wearer_id"])
    op.create_index("unsealing_of_officer", "unsealing", ["by", "until"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("unsealing")
