"""The sender's view of the outbox, through a read-only connection."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Engine

from tagwatch.core.ids import NotificationId
from tagwatch.core.person import Channel
from tagwatch.core.units import Instant
from tagwatch.notify.receipt import Waiting
from tagwatch.notify.route import Notification
from tagwatch.notify.sender import Due
from tagwatch.store.database import reading
from tagwatch.store.outbox import accepted_rows, due_rows

_DECODER = msgspec.json.Decoder(Notification)


class ProjectedOutbox:
    """What is due, as the line wrote it. Rows that a replay wrote are held, so never due."""

    def __init__(self, projections: Engine) -> None:
        """Read through `projections`."""
        self._projections = projections

    def due(self, now: Instant, most: int, channel: Channel) -> Sequence[Due]:
        """Return at most `most` pending rows of `channel` due by `now`, most severe first."""
        with reading(self._projections) as connection:
            rows = due_rows(connection, now, most, channel.value)
        return [Due(notification=_DECODER.decode(r.body), attempts=r.attempts) for r in rows]

    def accepted(self, channel: Channel, since: Instant, most: int) -> Sequence[Waiting]:
        """Return at most `most` messages of `channel` that a carrier took on and said no more of,
        made since `since`, oldest attempt first."""
        with reading(self._projections) as connection:
            rows = accepted_rows(connection, channel.value, since, most)
        return [Waiting(NotificationId(r.name), r.attempt, r.reference) for r in rows]
