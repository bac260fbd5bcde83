"""The alerts the line works on: what is open in memory, the rest looked up when asked for."""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.alert import Alert
from tagwatch.core.ids import AlertId, EpisodeId, NotificationId, WearerId
from tagwatch.core.outcome import AlertState
from tagwatch.core.units import Instant
from tagwatch.store import alerts, schema
from tagwatch.store.writes import Writes


class AlertBook:
    """Alerts by id and by episode, with the clock of each unanswered one.

    What the current batch changed is seen at once, before it is in the tables.
    """

    def __init__(self, connection: Connection) -> None:
        """Load what is open through `connection`, and look the rest up through it."""
        self._connection = connection
        self._alerts: dict[AlertId, Alert] = {}
        self._by_episode: dict[EpisodeId, list[AlertId]] = {}
        self._clock: list[tuple[Instant, AlertId]] = []
        for alert in alerts.open_alerts(connection):
            self._hold(alert)

    def alert(self, alert_id: AlertId) -> Alert | None:
        """Return an alert, open or closed; None if it was never raised."""
        held = self._alerts.get(alert_id)
        return held if held is not None else alerts.alert(self._connection, alert_id)

    def of_episode(self, episode_id: EpisodeId) -> tuple[Alert, ...]:
        """Return the alerts raised about an episode, first raised first."""
        found = {a.alert_id: a for a in alerts.of_episode(self._connection, episode_id)}
        for alert_id in self._by_episode.get(episode_id, ()):
            found[alert_id] = self._alerts[alert_id]
        return tuple(sorted(found.values(), key=lambda a: (a.raised_at, a.alert_id)))

    def open(self) -> Iterable[Alert]:
        """Return the alerts that are not closed."""
        return (a for a in self._alerts.values() if a.state is not AlertState.CLOSED)

    def of_wearer(self, wearer_id: WearerId) -> list[Alert]:
        """Return the alerts of a wearer that are not closed."""
        return [alert for alert in self.open() if alert.wearer_id == wearer_id]

    def put(self, alert: Alert, writes: Writes) -> None:
        """Make `alert` the current version."""
        self._hold(alert)
        alerts.put_alert(writes, alert)

    def due(self, now: Instant) -> Iterator[Alert]:
        """Yield, earliest clock first, the alerts nobody answered, or came back to, in time."""
        while self._clock and self._clock[0][0] <= now:
            at, alert_id = heappop(self._clock)
            alert = self._alerts[alert_id]
            if at in (alert.acknowledge_by, alert.waiting_until):
                yield alert

    def forget_closed(self) -> None:
        """Let go of closed alerts; call when they are in the tables."""
        closed = [a for a in self._alerts.values() if a.state is AlertState.CLOSED]
        for alert in closed:
            del self._alerts[alert.alert_id]
            if alert.episode_id is not None:
                self._by_episode[alert.episode_id].remove(alert.alert_id)
                if not self._by_episode[alert.episode_id]:
                    del self._by_episode[alert.episode_id]
        if closed:
            live = self._alerts
            self._clock = sorted(item for item in self._clock if item[1] in live)

    def _hold(self, alert: Alert) -> None:
        before = self._alerts.get(alert.alert_id)
        self._alerts[alert.alert_id] = alert
        if before is None and alert.episode_id is not None:
            self._by_episode.setdefault(alert.episode_id, []).append(alert.alert_id)
        for clock in ("acknowledge_by", "waiting_until"):
            at = getattr(alert, clock)
            if at is not None and (before is None or getattr(before, clock) != at):
                heappush(self._clock, (at, alert.alert_id))


class OutboxBook:
    """Notifications by id: those of the current batch, and the rest from the table."""

    def __init__(self, connection: Connection) -> None:
        """Look up through `connection`."""
        self._connection = connection
        self._touched: dict[NotificationId, dict[str, Any]] = {}

    def row(self, notification_id: NotificationId) -> dict[str, Any] | None:
        """Return the outbox row of a notification, None if there is none."""
        if notification_id in self._touched:
            return self._touched[notification_id]
        table = schema.notification
        query = select(table).where(table.c.notification_id == notification_id)
        found = self._connection.execute(query).mappings().first()
        return None if found is None else dict(found)

    def held(self) -> list[dict[str, Any]]:
        """Return the rows held back after a rebuild or a restore."""
        table = schema.notification
        query = select(table).where(table.c.state == "held").order_by(table.c.notification_id)
        stored = {r["notification_id"]: dict(r) for r in self._connection.execute(query).mappings()}
        for name, row in self._touched.items():
            stored.pop(name, None)
            if row["state"] == "held":
                stored[name] = row
        return list(stored.values())

    def put(self, row: dict[str, Any], writes: Writes) -> None:
        """Make `row` the current one."""
        self._touched[row["notification_id"]] = row
        writes.put(schema.notification, row)

    def forget(self) -> None:
        """Let go of the batch's rows; call when they are in the table."""
        self._touched.clear()


def notification_row(
    body: msgspec.Struct, stage: str, cause_seq: int, state: str, at: Instant
) -> dict[str, Any]:
    """Return a new outbox row of `body`, a notify.route.Notification, due at once or after the
    contact's quiet hours."""
    fields = msgspec.structs.asdict(body)
    return {
        "notification_id": fields["notification_id"],
        "alert_id": fields["alert_id"],
        "stage": stage,
        "contact_id": fields["contact_id"],
        "channel": str(fields["channel"]),
        "state": state,
        "attempts": 0,
        "next_attempt_at": fields["not_before"] or at,
        "created_at": at,
        "answered_at": None,
        "cause_seq": cause_seq,
        "body": msgspec.json.encode(body).decode(),
    }
