"""Which alerts' circumstances are due, and their versions."""

from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, select

from tagwatch.core.ids import AlertId
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_DUE: Final = schema.circumstance_due
_FORGET: Final = delete(_DUE).where(_DUE.c.alert_id == bindparam("alert"))


class CardBook:
    """One due time an alert; what the current batch changed is seen at once."""

    def __init__(self, connection: Connection) -> None:
        """Load what is due through `connection`."""
        self._connection = connection
        table = schema.circumstance_due
        self._due = {
            AlertId(row.alert_id): Instant(row.due_at) for row in connection.execute(select(table))
        }
        self._versions: dict[AlertId, int] = {}

    def plan(self, alert: AlertId, at: Instant, writes: Writes) -> None:
        """Write the alert's card at the first tick from `at` on, or earlier if that was planned."""
        due = min(at, self._due.get(alert, at))
        self._due[alert] = due
        writes.put(schema.circumstance_due, {"alert_id": alert, "due_at": due})

    def take_due(self, now: Instant, most: int, writes: Writes) -> list[AlertId]:
        """Return at most `most` alerts whose card is due, the longest due first."""
        if not self._due:
            return []
        due = sorted((at, alert) for alert, at in self._due.items() if at <= now)[:most]
        table = schema.circumstance_due
        for _, alert in due:
            del self._due[alert]
            writes.remove(_FORGET, {"alert": alert})
            writes.unput(table, lambda row, gone=alert: row["alert_id"] == gone)
        return [alert for _, alert in due]

    def next_version(self, alert: AlertId) -> int:
        """Return the number of the alert's next card."""
        table = schema.circumstance
        last = self._versions.get(alert)
        if last is None:
            query = select(func.max(table.c.version)).where(table.c.alert_id == alert)
            last = self._connection.scalar(query) or 0
        self._versions[alert] = last + 1
        return last + 1

    def forget(self) -> None:
        """Let go of what is in the tables now."""
        self._versions.clear()
