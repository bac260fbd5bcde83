"""How is the installation: its processes, lags, outbox, blind intervals and counters?"""

import shutil
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, func, select

from tagwatch.config import Config
from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.ids import WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.rules.installation import Call
from tagwatch.core.units import Instant
from tagwatch.query.reader import Reader
from tagwatch.store import health as parts_of
from tagwatch.store import schema
from tagwatch.store.alerts import IS_OPEN
from tagwatch.store.cursors import counters
from tagwatch.store.database import reading
from tagwatch.store.heads import MailedHead, mailed_heads
from tagwatch.store.journal.record import Lane
from tagwatch.store.post import JournalPost, PostError

MOST_BLIND: Final = 10


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """The latest state of a watched part."""

    part: str
    state: str
    at: Instant
    words: str


class Blind(msgspec.Struct, frozen=True, kw_only=True):
    """An interval in which nothing was watched, and whom to ring about it."""

    from_at: Instant
    to_at: Instant
    cause: str
    calls: tuple[Call, ...]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The installation as it is now."""

    head: int | None
    """The journal's durable end; None: the receiver does not answer."""
    problem: str
    cursors: dict[str, int]
    """Lane → last record applied."""
    applied_at: Instant | None
    """Time of the last record applied; ticks make it at most a second or so old."""
    parts: tuple[Part, ...]
    pending: int
    oldest_due_at: Instant | None
    held: int
    failed: int
    set_aside: int
    open_alerts: int
    blind: tuple[Blind, ...]
    outages: tuple[Alert, ...]
    """Many tags silent at once: one incident each."""
    counters: dict[str, int]
    disk_free_bytes: int
    disk_total_bytes: int
    heads_mailed: MailedHead | None = None
    """The heads of journal and audit that went outside last."""


def health(config: Config, engine: Engine) -> Health:
    """Return the state of the installation; it names no wearer but in call lists, by id."""
    head, problem = _head(config)
    mailed = next(reversed(mailed_heads(config)), None)
    if mailed is not None and mailed.problems and not problem:
        problem = f"A record is not as it was: {'; '.join(mailed.problems)}. Run `tagwatch verify`."
    disk = shutil.disk_usage(config.data)
    with reading(engine) as connection:
        cursor, note = schema.cursor.c, schema.notification.c
        rows = connection.execute(select(cursor.lane, cursor.seq, cursor.received_at)).all()
        waiting = connection.execute(select(note.state, func.count()).group_by(note.state)).all()
        states = {str(row[0]): int(row[1]) for row in waiting}
        oldest = connection.scalar(
            select(func.min(note.next_attempt_at)).where(note.state == "pending")
        )
        alert = schema.alert.c
        outages = connection.scalars(
            select(alert.body)
            .where(alert.kind == AlertKind.MASS_SILENCE.value)
            .order_by(alert.raised_at.desc())
            .limit(5)
        ).all()
        return Health(
            head=head,
            problem=problem,
            cursors={Lane(row.lane).name.lower(): int(row.seq) for row in rows},
            applied_at=max((Instant(row.received_at) for row in rows), default=None),
            parts=tuple(Part(**row) for row in parts_of.parts(connection)),
            pending=int(states.get("pending", 0)),
            oldest_due_at=oldest,
            held=int(states.get("held", 0)),
            failed=int(states.get("failed", 0)),
            set_aside=_count(connection, schema.set_aside),
            open_alerts=int(
                connection.scalar(select(func.count()).select_from(schema.alert).where(IS_OPEN))
                or 0
            ),
            blind=tuple(_blind(row) for row in parts_of.blind_intervals(connection)[:MOST_BLIND]),
            outages=tuple(msgspec.json.decode(body, type=Alert) for body in outages),
            counters=counters(connection),
            disk_free_bytes=disk.free,
            heads_mailed=mailed,
            disk_total_bytes=disk.total,
        )


def called(reader: Reader, blind: tuple[Blind, ...]) -> dict[WearerId, Wearer]:
    """Return those wearers of the call lists that are within scope; on the audit."""
    ids = {call.wearer_id for interval in blind for call in interval.calls}
    if not ids:
        return {}
    with reader.connection() as connection:
        found = reader.wearers(connection, ids)
    reader.consulted("call_list", sorted(found))
    return found


def _head(config: Config) -> tuple[int | None, str]:
    post = JournalPost(config.receiver_socket, timeout_s=2.0)
    try:
        return post.head().seq, ""
    except PostError as error:
        return None, f"The receiver does not answer: fixes are not being taken in ({error})."
    finally:
        post.close()


def _count(connection: Any, table: Any) -> int:
    return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def _blind(row: dict[str, Any]) -> Blind:
    calls = msgspec.json.decode(row["call_list"], type=tuple[Call, ...])
    return Blind(from_at=row["from_at"], to_at=row["to_at"], cause=row["cause"], calls=calls)
