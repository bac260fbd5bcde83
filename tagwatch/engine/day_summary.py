"""What tags sent and what messages went out, on the audit: a line for each wearer and day.

It is read off the journal and the tables when the day (UTC) is over, so the door writes nothing
for it, and a power cut loses nothing: the journal is read again from where the day began, and a
line that is there already is not written twice. By wearer and day, because that is what anybody
asks, and because a line for each tag and hour would be 24 times as many to keep for years.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import structlog
from sqlalchemy import Connection, Engine, select

from tagwatch.access.audit import (
    SUMMARY,
    SYSTEM,
    Act,
    AuditClosed,
    AuditLine,
    AuditTrail,
    audit_line,
    open_reader,
)
from tagwatch.access.audit_index import newest_line
from tagwatch.config import Config
from tagwatch.core.units import DAY, HOUR, Instant, utc
from tagwatch.engine.clock import now
from tagwatch.query.happenings import applied_seq
from tagwatch.store import schema
from tagwatch.store.database import reading
from tagwatch.store.journal.errors import JournalError
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.keys import INSTALLATION_KEY_NAME, Keyring
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import DataClass, OwnerKind, Position, Record

_LOG: Final = structlog.get_logger("batch")
STREAM: Final = "summary"
RECEIVED: Final = "received"
SENT: Final = "messages_sent"
LOOK_S: Final = 60.0
CHUNK: Final = 5_000
MOST: Final = 200_000
"""Records that are read at a look; what is left waits for the next."""
LATE: Final = HOUR
"""So long after its end a day is still waited for, if nothing of the next has come."""
_FILE: Final = "day-summary.json"
_GROUP: Final = 500


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """How far the days were summed up: the record after which the next day begins."""

    day: int
    """Day since 1970, UTC, up to which everything is on the audit."""
    place: Position = Position(0, 0, 0)
    seq: int = 0
    line: int = 0
    """The newest line of the stream then."""


class DaySummary:
    """Reads the journal on and writes the lines of each day that is over."""

    def __init__(self, config: Config, projections: Engine) -> None:
        self._config, self._projections = config, projections
        self._path: Path = config.run_folder / _FILE
        self._audit = AuditTrail.open(config, STREAM)
        keys = Keyring.open(
            config.keys_folder, OsFiles(), config.keys_folder / INSTALLATION_KEY_NAME
        )
        self._keys = keys
        self._reader = JournalReader(config.journal_folder, keys, OsFiles())
        self._begin = self._read_state()
        self._place = self._begin.place
        self._seq = self._begin.seq
        self._day = self._begin.day + 1
        self._counts: Counter[str] = Counter()
        self._owners: dict[int, str] = {}

    @property
    def audit(self) -> AuditTrail:
        """The stream, for others of this process."""
        return self._audit

    def close(self) -> None:
        """Let go of the stream and the journal."""
        self._reader.close()
        self._keys.close()
        self._audit.close()

    async def run(self, stop: asyncio.Event) -> None:
        """Look each minute, until `stop`."""
        while not stop.is_set():
            try:
                await asyncio.to_thread(self.look, now())
            except (OSError, JournalError, AuditClosed) as error:
                _LOG.warning("day not summed up", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_S)

    def look(self, at: Instant) -> None:
        """Take in what there is, and write the days that are over at `at`."""
        head, taken = applied_seq(self._projections), 0
        while taken < MOST and self._seq < head:
            place = self._place
            records = self._reader.read(place, head, most=CHUNK)
            if not records:
                break
            for record in records:
                if record.seq > self._seq:
                    self._take(record, place)
            taken += len(records)
            self._place = self._reader.position
        else:
            if taken >= MOST:
                return
        if at >= (self._day + 1) * DAY + LATE:
            self._end(at // DAY, self._place)

    def _take(self, record: Record, place: Position) -> None:
        day = record.received_at // DAY
        if day > self._day:
            self._end(day, place)
        self._seq = record.seq
        owner = self._owner(record.key_id)
        if owner:
            self._counts[owner] += 1

    def _owner(self, key_id: int) -> str:
        """Return the activation whose message a record with this key is, '' if it is none."""
        known = self._owners.get(key_id)
        if known is None:
            slot = self._keys.slot(key_id)
            of_tag = slot is not None and slot.data_class is DataClass.FRAME
            is_worn = of_tag and slot is not None and slot.owner.kind is OwnerKind.ACTIVATION
            known = slot.owner.id if is_worn and slot is not None else ""
            self._owners[key_id] = known
        return known

    def _end(self, upto: int, place: Position) -> None:
        """Write the lines of the day that is open, and let the day `upto` begin at `place`."""
        day = f"{utc(Instant(self._day * DAY)):%Y-%m-%d}"
        done = self._written(day)
        with reading(self._projections) as connection:
            lines = [*self._received(connection, day), *self._sent(connection, day)]
        fresh = [line for line in lines if (line.question, line.ids) not in done]
        for first in range(0, len(fresh), _GROUP):
            self._audit.send(*fresh[first : first + _GROUP]).result(60)
        self._counts.clear()
        self._owners.clear()
        self._day = upto
        # Begun anew, it does not know which of the lines before are of the days that follow.
        line = 0 if self._begin.day < 0 else self._newest()
        reached = Reached(day=upto - 1, place=place, seq=self._seq, line=line)
        fresh_path = self._path.with_suffix(".new")
        fresh_path.write_bytes(msgspec.json.encode(reached))
        fresh_path.replace(self._path)
        self._begin = reached

    def _received(self, connection: Connection, day: str) -> list[AuditLine]:
        row = schema.activation.c
        worn = {
            each.activation_id: (each.wearer_id, each.tag_id)
            for each in connection.execute(select(row.activation_id, row.wearer_id, row.tag_id))
        }
        return [
            _line(Act.COLLECTION, RECEIVED, worn[name], f"{day}: {count} messages of the tag")
            for name, count in sorted(self._counts.items())
            if name in worn  # else he was forgotten meanwhile
        ]

    def _sent(self, connection: Connection, day: str) -> list[AuditLine]:
        """Return what went out in the day, by whose alert and to whom."""
        tried, sent, alert = schema.attempt.c, schema.notification.c, schema.alert.c
        start = self._day * DAY
        query = (
            select(sent.alert_id, alert.wearer_id, sent.contact_id, sent.channel)
            .select_from(schema.attempt)
            .join(schema.notification, sent.notification_id == tried.notification_id)
            .outerjoin(schema.alert, alert.alert_id == sent.alert_id)
            .where(tried.at >= start, tried.at < start + DAY)
        )
        counted: dict[tuple[str, str], Counter[str]] = {}
        for each in connection.execute(query):
            about = each.wearer_id or each.alert_id
            counted.setdefault((about, each.contact_id), Counter())[each.channel] += 1
        return [
            _line(Act.DISCLOSURE, SENT, names, f"{day}: tried {_said(channels)}")
            for names, channels in sorted(counted.items())
        ]

    def _written(self, day: str) -> set[tuple[str, tuple[str, ...]]]:
        """Return what a cut left of the lines of a day, so that none is written twice."""
        reader = open_reader(self._config, STREAM)
        try:
            records = reader.read(self._begin.line, 2**40, most=2**31, most_bytes=2**40)
            lines = [line for record in records if (line := audit_line(record)) is not None]
        finally:
            reader.close()
        return {(line.question, line.ids) for line in lines if line.detail.startswith(f"{day}:")}

    def _newest(self) -> int:
        reader = open_reader(self._config, STREAM)
        try:
            return newest_line(reader)
        finally:
            reader.close()

    def _read_state(self) -> Reached:
        """Return how far it came; at first, everything that the journal has is before it."""
        if self._path.exists():
            return msgspec.json.decode(self._path.read_bytes(), type=Reached)
        return Reached(day=-1)


def _line(act: Act, question: str, ids: tuple[str, ...], detail: str) -> AuditLine:
    return AuditLine(
        at=now(), by=SUMMARY, role=SYSTEM, act=act, question=question, ids=ids, detail=detail
    )


def _said(channels: Counter[str]) -> str:
    return ", ".join(f"{count} by {channel}" for channel, count in sorted(channels.items()))
