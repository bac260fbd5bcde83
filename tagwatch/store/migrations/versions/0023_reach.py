"""Indexes with all by which a scope chooses wearers, and by which open alerts are counted."""

from alembic import op

revision = "0023"
down_revision = "0021"
branch_labels = None
depends_on = None

_FORMER = ["state", "alert_id", "wearer_id", "explained_by", "place"]
_WITH_URGENCY = ["state", "alert_id", "wearer_id", "severity", "explained_by", "place"]


def upgrade() -> None:
    """Add the one, and the urgency to the other."""
    columns = ["wearer_id", "restriction", "agency", "officer", "borough"]
    op.create_index("wearer_by_reach", "wearer", columns)
    op.drop_index("alert_by_state", "alert")
    op.create_index("alert_by_state", "alert", _WITH_URGENCY)


def downgrade() -> None:
    """Take them back."""
    op.drop_index("alert_by_state", "alert")
    op.create_index("alert_by_state", "alert", _FORMER)
    op.drop_index("wearer_by_reach", "wearer")
