"""What was said of where tags are."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "tag_move",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_tag_move_tag_id", "tag_move", ["tag_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_tag_move_tag_id", "tag_move")
    op.drop_table("tag_move")
