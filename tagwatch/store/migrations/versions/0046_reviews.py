"""Reviews of orders, restricted cases and legal holds, and which of them are told to be overdue."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "review",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("what", "about", "since", "number"),
    )
    op.create_index("ix_review_wearer_id", "review", ["wearer_id"])
    op.create_table(
        "review_alarm",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("is_open", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("what", "about"),
    )
    op.create_index("ix_review_alarm_wearer_id", "review_alarm", ["wearer_id"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("review_alarm")
    op.drop_table("review")
