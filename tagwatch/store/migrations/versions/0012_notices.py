"""What protected persons' sides are told, and whose messages are held."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "notice",
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("notice_id"),
    )
    for column in ("person_id", "wearer_id", "state"):
        op.create_index(f"ix_notice_{column}", "notice", [column])
    op.create_table(
        "side_hold",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person_id"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("side_hold")
    for column in ("state", "wearer_id", "person_id"):
        op.drop_index(f"ix_notice_{column}", "notice")
    op.drop_table("notice")
