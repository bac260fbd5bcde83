"""Matched crimes: who asked, the runs, whom they found, what was said of it."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "crime_match_ask",
        sa.Column("crime_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("crime_id"),
    )
    op.create_table(
        "crime_match_run",
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("crime_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_key"),
    )
    op.create_index("ix_crime_match_run_crime_id", "crime_match_run", ["crime_id"])
    op.create_table(
        "crime_match",
        sa.Column("match_id", sa.String(), nullable=False),
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("found", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("match_id"),
    )
    op.create_index("ix_crime_match_run_key", "crime_match", ["run_key"])
    op.create_index("ix_crime_match_wearer_id", "crime_match", ["wearer_id"])
    op.create_table(
        "crime_match_word",
        sa.Column("match_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("match_id", "at", "account_id"),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("crime_match_word", "crime_match", "crime_match_run", "crime_match_ask"):
        op.drop_table(name)
