"""Of a notice, as columns: its message, who was told, the outage, the alert that it failed."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None

_COLUMNS: Final = ("notification_id", "contact_id", "outage", "alert_id")
_FILL = """
UPDATE notice SET notification_id = json_extract(body, '$.notification_id'),
                  contact_id = json_extract(body, '$.contact_id')
"""


def upgrade() -> None:
    """Add the columns, filled from what stands there, and their indexes."""
    for name in _COLUMNS:
        op.add_column("notice", sa.Column(name, sa.String(), nullable=True))
    op.execute(sa.text(_FILL))
    op.create_index("ix_notice_notification_id", "notice", ["notification_id"])
    op.create_index("ix_notice_alert_id", "notice", ["alert_id"])
    op.create_index("notice_of_outage", "notice", ["outage", "contact_id"])
    op.create_index("ix_notification_contact_id", "notification", ["contact_id"])


def downgrade() -> None:
    """Take them back."""
    op.drop_index("ix_notification_contact_id", "notification")
    op.drop_index("notice_of_outage", "notice")
    op.drop_index("ix_notice_alert_id", "notice")
    op.drop_index("ix_notice_notification_id", "notice")
    for name in _COLUMNS:
        op.drop_column("notice", name)
