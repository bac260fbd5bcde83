"""Data requests about several people: each part names the request it belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("data_request", sa.Column("joint_id", sa.String(), nullable=True))
    op.create_index("ix_data_request_joint_id", "data_request", ["joint_id"])


def downgrade() -> None:
    """Drop the column."""
    op.drop_index("ix_data_request_joint_id", "data_request")
    op.drop_column("data_request", "joint_id")
