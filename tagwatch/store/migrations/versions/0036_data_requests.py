"""Data requests: as they stand, who did what, who fetched what, and the monthly sample of them."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "data_request",
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("counts_for", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger()),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("refusal", sa.String()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("request_id"),
    )
    op.create_index("ix_data_request_wearer_id", "data_request", ["wearer_id"])
    op.create_index("data_request_by_due", "data_request", ["state", "due_at"])
    op.create_index("data_request_by_asking", "data_request", ["asked_at"])
    op.create_index("data_request_by_agency", "data_request", ["agency", "asked_at"])
    op.create_table(
        "data_request_version",
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "version"),
    )
    op.create_table(
        "request_fetch",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_request_fetch_request_id", "request_fetch", ["request_id"])
    op.create_table(
        "request_draw",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("head_seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("month"),
    )
    op.create_table(
        "request_sample",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("counts_for", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger()),
        sa.Column("reviewed_by", sa.String()),
        sa.Column("finding", sa.String()),
        sa.Column("words", sa.Text()),
        sa.PrimaryKeyConstraint("month", "request_id"),
    )


def downgrade() -> None:
    """Drop them."""
    for table in (
        "request_sample",
        "request_draw",
        "request_fetch",
        "data_request_version",
        "data_request",
    ):
        op.drop_table(table)
