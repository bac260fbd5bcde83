"""Episodes by when they began and by condition, for what happened to others."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("episode_by_entry", "episode", ["entered_at"])
    op.create_index("episode_by_condition", "episode", ["condition_id", "entered_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("episode_by_condition", "episode")
    op.drop_index("episode_by_entry", "episode")
