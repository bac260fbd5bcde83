"""Checks of accounts on cases, and persons' words to them."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "account_case",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("check_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("taken_back", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "account_word",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("check_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    for table in ("account_case", "account_word"):
        for column in ("check_id", "wearer_id"):
            op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index("ix_account_case_case_id", "account_case", ["case_id"])


def downgrade() -> None:
    """Take them back."""
    op.drop_table("account_word")
    op.drop_table("account_case")
