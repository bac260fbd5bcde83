"""What the watcher reads of the installation at one moment, from outside the line."""

import os
import time
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import Engine, select

from tagwatch.config import Config
from tagwatch.core.units import HOUR, Instant
from tagwatch.notify.watch import Observation
from tagwatch.store import health, schema
from tagwatch.store.database import reading
from tagwatch.store.journal.record import Lane
from tagwatch.store.outbox import backlog
from tagwatch.store.post import JournalPost, PostError


def observer(config: Config, projections: Engine) -> Callable[[], Observation]:
    """Return what the watcher calls each round. It raises nothing for a dead receiver or line."""
    post = JournalPost(config.receiver_socket, timeout_s=5.0)
    head = 0

    def observe() -> Observation:
        nonlocal head
        with suppress(PostError):
            head = post.head().seq
        at = Instant(time.time_ns() // 1000)
        with reading(projections) as connection:
            query = select(schema.cursor).where(schema.cursor.c.lane == int(Lane.FRESH))
            cursor = connection.execute(query).mappings().first()
            waiting = backlog(connection, at)
            starts = health.starts_since(connection, Instant(at - HOUR))
        disk = os.statvfs(config.data)
        return Observation(
            at=at,
            monotonic_us=time.monotonic_ns() // 1000,
            head_seq=head,
            applied_seq=0 if cursor is None else cursor["seq"],
            applied_at=None if cursor is None else Instant(cursor["received_at"]),
            pending=waiting.pending,
            oldest_due_at=waiting.oldest_due_at,
            disk_free_bytes=disk.f_bavail * disk.f_frsize,
            starts=starts,
        )

    return observe
