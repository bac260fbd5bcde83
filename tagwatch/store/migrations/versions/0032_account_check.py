"""Checks of accounts, version by version."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "account_check",
        sa.Column("check_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("check_id", "version"),
    )
    op.create_index("account_check_by_wearer", "account_check", ["wearer_id", "made_at"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("account_check_by_wearer", "account_check")
    op.drop_table("account_check")
