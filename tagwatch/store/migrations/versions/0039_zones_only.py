"""What stays of messages under zones-only orders."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
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


def downgrade() -> None:
    """Drop it."""
    op.drop_table("kept_frame")
