"""The trail archive: its files, the seam, fixes brought back, and legal holds."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "trail_part",
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("fixes", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("path"),
    )
    op.create_index("trail_part_by_time", "trail_part", ["order", "last_at"])
    op.create_table(
        "trail_seam",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("horizon", sa.BigInteger(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.BigInteger(), nullable=False),
        sa.Column("settled_upto", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("sweeping", sa.Integer(), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "stage_request",
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("dropped_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("request"),
    )
    op.create_table(
        "staged_block",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("activation_id", sa.String(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("fixes", sa.Integer(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_staged_block_request", "staged_block", ["request"])
    op.create_index("ix_staged_block_wearer_id", "staged_block", ["wearer_id"])
    op.create_table(
        "legal_hold",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_legal_hold_wearer_id", "legal_hold", ["wearer_id"])
    op.create_table(
        "archive_erasure",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("activation_id", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.add_column("snapshot", sa.Column("kept", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop them. Raises ValueError where fixes are in the archive alone: rebuild it first."""
    sealed = op.get_bind().execute(sa.text("SELECT count(*) FROM trail_part")).scalar()
    if sealed:
        raise ValueError(f"{sealed} files of the archive hold fixes that the tables do not")
    op.drop_column("snapshot", "kept")
    op.drop_table("archive_erasure")
    op.drop_table("legal_hold")
    op.drop_table("staged_block")
    op.drop_table("stage_request")
    op.drop_table("trail_seam")
    op.drop_table("trail_part")
