"""Shares of cases as the tables keep them, and when the line reminds of one."""

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.case_share import CaseShare
from tagwatch.core.ids import ShareId
from tagwatch.core.recorded_share import ShareFetched
from tagwatch.core.units import Instant
from tagwatch.store.deadlines import Deadlines
from tagwatch.store.schema_sharing import case_share, case_share_fetch, case_share_version
from tagwatch.store.writes import Writes

_DECODER = msgspec.json.Decoder(CaseShare)


class ShareBook:
    """The shares that will end, for the line: a reminder needs nothing else of them."""

    def __init__(self, connection: Connection, now: Instant) -> None:
        """Load those that are open at `now` through `connection`."""
        self._deadlines = Deadlines[ShareId]()
        query = select(case_share.c.body).where(case_share.c.over_at > now)
        for body in connection.scalars(query):
            share = _DECODER.decode(body)
            if share.remind_at > now:
                self._deadlines.plan(share.share_id, share.remind_at)

    def note(self, share: CaseShare) -> None:
        """Take note of the current version of a share."""
        self._deadlines.plan(share.share_id, share.remind_at)

    def take_due(self, now: Instant) -> list[ShareId]:
        """Return which shares may be due for a reminder by `now`."""
        return self._deadlines.take_due(now)


def put_share(writes: Writes, share: CaseShare, seq: int) -> None:
    """Make `share` the current version, made by the journal record `seq`."""
    body = msgspec.json.encode(share).decode()
    key = {"share_id": share.share_id, "version": share.version, "wearer_id": share.wearer_id}
    writes.put(
        case_share,
        key
        | {
            "agency": share.agency,
            "account_id": share.account_id,
            "made_at": share.made_at,
            "over_at": share.over_at,
            "body": body,
        },
    )
    writes.put(case_share_version, key | {"seq": seq, "body": body})


def put_fetch(writes: Writes, event: ShareFetched, seq: int) -> None:
    """Write that a partner took what is shared."""
    names = ("share_id", "wearer_id", "version", "at", "by", "sha256")
    row = {name: getattr(event, name) for name in names}
    writes.put(case_share_fetch, row | {"seq": seq, "form": event.form.value})


def share_of(
    connection: Connection, share_id: ShareId, writes: Writes | None = None
) -> CaseShare | None:
    """Return a share as it is now, with what `writes` holds of it; None if there is none."""
    for row in writes.put_rows(case_share) if writes is not None else ():
        if row["share_id"] == share_id:
            return _DECODER.decode(row["body"])
    body = connection.scalar(select(case_share.c.body).where(case_share.c.share_id == share_id))
    return None if body is None else _DECODER.decode(body)


def share_maker(connection: Connection, share_id: ShareId, version: int) -> int | None:
    """Return the journal record that made a version of a share."""
    row = case_share_version.c
    return connection.scalar(
        select(row.seq).where(row.share_id == share_id, row.version == version)
    )
