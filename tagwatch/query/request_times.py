"""How long data requests took, of the whole installation, as figures that tell of nobody."""

import msgspec
from sqlalchemy import select

from tagwatch.core.units import Instant
from tagwatch.query.reader import Reader
from tagwatch.report.request_times import RequestTimes, TimedRequest, request_times
from tagwatch.store import schema
from tagwatch.store.protected import opened

_OUTCOME = {"refused": "refused", "withdrawn": "withdrawn"}


class RequestTimesView(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of the requests asked in [begins, ends)."""

    begins: Instant
    ends: Instant
    times: RequestTimes


def times_of_requests(reader: Reader, begins: Instant, ends: Instant) -> RequestTimesView:
    """Return the figures of all that was asked in [begins, ends). On the audit. Raises ValueError
    if the period is empty."""
    if ends <= begins:
        raise ValueError("The period must end after it begins")
    row = schema.data_request.c
    released = opened(row.body).op("->>")("$.release")
    query = select(
        row.kind,
        row.counts_for,
        row.urgency,
        row.asked_at,
        row.due_at,
        row.settled_at,
        row.state,
        row.refusal,
        row.joint_id,
        row.request_id,
        released.is_not(None).label("has_release"),
    ).where(row.asked_at >= begins, row.asked_at < ends)
    with reader.connection() as connection:
        found = [
            TimedRequest(
                kind=each["kind"],
                agency=each["counts_for"],
                urgency=each["urgency"],
                asked_at=Instant(each["asked_at"]),
                due_at=Instant(each["due_at"]),
                settled_at=None if each["settled_at"] is None else Instant(each["settled_at"]),
                outcome=_outcome(each["state"], bool(each["has_release"]), each["settled_at"]),
                refusal=each["refusal"] or "",
                request=each["joint_id"] or each["request_id"],
            )
            for each in connection.execute(query).mappings()
        ]
    reader.consulted("request_times", [], f"{len(found)} parts of requests")
    return RequestTimesView(begins=begins, ends=ends, times=request_times(found, reader.now()))


def _outcome(state: str, has_release: bool, settled_at: int | None) -> str:
    if has_release:
        return "released"
    if settled_at is None:
        return "open"
    return _OUTCOME.get(state, "expired")
