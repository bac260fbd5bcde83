"""Openings by break-glass, and standing shares of cases with who fetched them."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "glass",
        sa.Column("glass_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("owed", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("glass_id"),
    )
    op.create_index("ix_glass_wearer_id", "glass", ["wearer_id"])
    op.create_index("glass_of_officer", "glass", ["by", "until"])
    op.create_table(
        "case_share",
        sa.Column("share_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("over_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("share_id"),
    )
    op.create_index("ix_case_share_wearer_id", "case_share", ["wearer_id"])
    op.create_index("ix_case_share_agency", "case_share", ["agency"])
    op.create_table(
        "case_share_version",
        sa.Column("share_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("share_id", "version"),
    )
    op.create_index("ix_case_share_version_wearer_id", "case_share_version", ["wearer_id"])
    op.create_table(
        "case_share_fetch",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("share_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_case_share_fetch_share_id", "case_share_fetch", ["share_id"])
    op.create_index("ix_case_share_fetch_wearer_id", "case_share_fetch", ["wearer_id"])


def downgrade() -> None:
    """Take them back."""
    for table in ("case_share_fetch", "case_share_version", "case_share", "glass"):
        op.drop_table(table)
