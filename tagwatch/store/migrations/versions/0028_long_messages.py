"""An index of the few messages whose fixes reach over more than a day."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "trail_block_long",
        "trail_block",
        ["wearer_id", "last_at"],
        sqlite_where=sa.text("last_at - first_at > 86400000000"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index("trail_block_long", "trail_block")
