"""What stays of messages under zones-only orders, and sealed stretches that were opened."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "kept_frame",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("activation_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_kept_frame_wearer_id", "kept_frame", ["wearer_id"])
    op.create_index("kept_frame_of_day", "kept_frame", ["activation_id", "day"])
    op.create_table(
        "sealed_stretch",
        sa.Column("stretch_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stretch_id"),
    )
    op.create_index("ix_sealed_stretch_wearer_id", "sealed_stretch", ["wearer_id"])
    op.create_index("sealed_stretch_of_officer", "sealed_stretch", ["by", "until"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("sealed_stretch")
    op.drop_table("kept_frame")
