"""Which message told a notice, and the alert that it did not arrive, as columns."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None

_FILL = "UPDATE notice SET notification_id = json_extract(body, '$.notification_id')"


def upgrade() -> None:
    """Add the columns; the message is taken from what stands there."""
    op.add_column("notice", sa.Column("notification_id", sa.String(), nullable=True))
    op.add_column("notice", sa.Column("alert_id", sa.String(), nullable=True))
    op.execute(sa.text(_FILL))
    op.create_index("ix_notice_notification_id", "notice", ["notification_id"])
    op.create_index("ix_notice_alert_id", "notice", ["alert_id"])


def downgrade() -> None:
    """Take them back."""
    op.drop_index("ix_notice_alert_id", "notice")
    op.drop_index("ix_notice_notification_id", "notice")
    op.drop_column("notice", "alert_id")
    op.drop_column("notice", "notification_id")
