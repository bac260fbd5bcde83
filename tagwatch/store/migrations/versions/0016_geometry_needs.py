"""Places that orders name in words only."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "geometry_need",
        sa.Column("need_id", sa.String(), nullable=False),
        sa.Column("wearer_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("need_id"),
    )
    op.create_index("ix_geometry_need_wearer_id", "geometry_need", ["wearer_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_geometry_need_wearer_id", "geometry_need")
    op.drop_table("geometry_need")
