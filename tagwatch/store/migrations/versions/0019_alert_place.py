"""Where each alert stands in the list of open ones, and what explains it, as columns."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None

_RANK = {"life": 0, "urgent": 1, "routine": 2}


def upgrade() -> None:
    """Add the columns, filled from the alerts that are there, and the index on them."""
    op.add_column("alert", sa.Column("explained_by", sa.String(), nullable=True))
    op.add_column("alert", sa.Column("place", sa.String(), nullable=False, server_default=""))
    connection = op.get_bind()
    table = sa.table("alert", sa.column("alert_id"), sa.column("explained_by"), sa.column("place"))
    known = connection.execute(sa.text("SELECT body FROM alert")).scalars().all()
    alerts: list[dict[str, Any]] = [json.loads(body) for body in known]
    if alerts:
        change = table.update().where(table.c.alert_id == sa.bindparam("of"))
        rows = [
            {"of": a["alert_id"], "cause": a.get("explained_by"), "stands": _place(a)}
            for a in alerts
        ]
        change = change.values(explained_by=sa.bindparam("cause"), place=sa.bindparam("stands"))
        connection.execute(change, rows)
    op.drop_index("ix_alert_state", "alert")
    columns = ["state", "alert_id", "wearer_id", "explained_by", "place"]
    op.create_index("alert_by_state", "alert", columns)


def _place(alert: dict[str, Any]) -> str:
    """As `core.alert.list_place` was when this was written."""
    waits = alert.get("waiting_until")
    answered = int(alert.get("acknowledged_at") is not None) + int(waits is not None)
    due = alert.get("acknowledge_by") or waits or alert["raised_at"]
    return f"{answered}{_RANK[alert['severity']]}{due:020d}{alert['alert_id']}"


def downgrade() -> None:
    """Take them back."""
    op.drop_index("alert_by_state", "alert")
    op.create_index("ix_alert_state", "alert", ["state"])
    op.drop_column("alert", "place")
    op.drop_column("alert", "explained_by")
