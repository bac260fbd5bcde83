"""Officers' leave, and what is handed over about each wearer."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "officer_leave",
        sa.Column("leave_id", sa.String(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("deputy", sa.String(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("leave_id"),
    )
    op.create_index("officer_leave_by_deputy", "officer_leave", ["deputy", "until"])
    op.create_table(
        "leave_note",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("leave_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_leave_note_leave_id", "leave_note", ["leave_id"])
    op.create_index("ix_leave_note_wearer_id", "leave_note", ["wearer_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("leave_note")
    op.drop_table("officer_leave")
