"""Enquiries with their versions; photos, whose bytes only the journal holds."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "enquiry",
        sa.Column("enquiry_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger()),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("enquiry_id"),
    )
    op.create_index("ix_enquiry_wearer_id", "enquiry", ["wearer_id"])
    op.create_index("enquiry_by_due", "enquiry", ["state", "due_at"])
    op.create_index("enquiry_by_receipt", "enquiry", ["received_at"])
    op.create_table(
        "enquiry_version",
        sa.Column("enquiry_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("enquiry_id", "version"),
    )
    op.create_table(
        "photo",
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("photo_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("taken_on", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("wearer_id"),
    )
    op.drop_column("appearance", "photo")


def downgrade() -> None:
    """Drop them."""
    op.add_column("appearance", sa.Column("photo", sa.LargeBinary()))
    for table in ("photo", "enquiry_version", "enquiry"):
        op.drop_table(table)
