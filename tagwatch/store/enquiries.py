"""Enquiries as the projections keep them: the current version, and who made each."""

from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.enquiry import OVER, AskedUrgency, Enquiry
from tagwatch.core.ids import AccountId, EnquiryId, WearerId
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.deadlines import Deadlines
from tagwatch.store.writes import Writes

_DECODER = msgspec.json.Decoder(Enquiry)
_OVER = sorted(state.value for state in OVER)


class Owed(NamedTuple):
    """An answer that is owed."""

    wearer_id: WearerId
    due_at: Instant
    urgency: AskedUrgency


class EnquiryBook:
    """The answers that are owed, for the line: deadlines need nothing else of enquiries."""

    def __init__(self, connection: Connection) -> None:
        """Load them through `connection`."""
        self._owed: dict[EnquiryId, Owed] = {}
        self._deadlines = Deadlines[EnquiryId]()
        row = schema.enquiry.c
        query = select(row.enquiry_id, row.wearer_id, row.due_at, row.urgency)
        for each in connection.execute(query.where(row.state.not_in(_OVER))):
            owed = Owed(each.wearer_id, Instant(each.due_at), AskedUrgency(each.urgency))
            self._plan(each.enquiry_id, owed)

    def note(self, enquiry: Enquiry) -> None:
        """Take note of the current version of an enquiry."""
        if enquiry.state in OVER:
            self._owed.pop(enquiry.enquiry_id, None)
            return
        owed = Owed(enquiry.wearer_id, enquiry.due_at, enquiry.urgency)
        self._plan(enquiry.enquiry_id, owed)

    def take_due(self, now: Instant) -> list[tuple[EnquiryId, Owed]]:
        """Return which answers are late by `now`, each once for as long as it is held here."""
        due = self._deadlines.take_due(now)
        return [(each, self._owed[each]) for each in due if each in self._owed]

    def _plan(self, enquiry_id: EnquiryId, owed: Owed) -> None:
        if enquiry_id not in self._owed:
            self._deadlines.plan(enquiry_id, owed.due_at)
        self._owed[enquiry_id] = owed


def put_enquiry(
    writes: Writes, enquiry: Enquiry, seq: int, at: Instant, by: AccountId, kind: str
) -> None:
    """Make `enquiry` the current version, made by the journal record `seq`."""
    writes.put(
        schema.enquiry,
        {
            "enquiry_id": enquiry.enquiry_id,
            "wearer_id": enquiry.wearer_id,
            "state": enquiry.state.value,
            "urgency": enquiry.urgency.value,
            "organisation": enquiry.organisation,
            "received_at": enquiry.received_at,
            "due_at": enquiry.due_at,
            "settled_at": enquiry.settled_at,
            "recorded_by": enquiry.recorded_by,
            "agency": enquiry.agency,
            "version": enquiry.version,
            "body": msgspec.json.encode(enquiry).decode(),
        },
    )
    key = {"enquiry_id": enquiry.enquiry_id, "version": enquiry.version}
    writes.put(schema.enquiry_version, key | {"seq": seq, "at": at, "by": by, "kind": kind})


def enquiry_of(
    connection: Connection, enquiry_id: EnquiryId, writes: Writes | None = None
) -> Enquiry | None:
    """Return an enquiry as it is now, with what `writes` holds of it."""
    if writes is not None:
        for row in writes.put_rows(schema.enquiry):
            if row["enquiry_id"] == enquiry_id:
                return _DECODER.decode(row["body"])
    column = schema.enquiry.c
    body = connection.scalar(select(column.body).where(column.enquiry_id == enquiry_id))
    return None if body is None else _DECODER.decode(body)


def enquiry_maker(connection: Connection, enquiry_id: EnquiryId, version: int) -> int | None:
    """Return the journal record that made a version of an enquiry."""
    column = schema.enquiry_version.c
    return connection.scalar(
        select(column.seq).where(column.enquiry_id == enquiry_id, column.version == version)
    )
