"""Versions of orders: those recorded before become version 1, as a rebuild numbers them anew."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and copy what is known into it."""
    op.create_table(
        "order_version",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "version"),
    )
    op.create_index("ix_order_version_wearer_id", "order_version", ["wearer_id"])
    op.execute(
        "INSERT INTO order_version (order_id, version, wearer_id, body) "
        "SELECT order_id, 1, wearer_id, body FROM order_record"
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_order_version_wearer_id", "order_version")
    op.drop_table("order_version")
