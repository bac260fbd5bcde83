"""Days unlike a wearer's own weeks, with what else is on record about them."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias

from sqlalchemy import Connection, select

from tagwatch.core.exemption import STATES, Exemption, ExemptionCause, newest
from tagwatch.core.ids import WearerId
from tagwatch.core.own_days import OwnDay, own_days
from tagwatch.core.own_weeks import OwnWeeks
from tagwatch.core.timetable import Edge, from_london, london
from tagwatch.core.units import HOUR, Instant
from tagwatch.core.unlike import (
    AfterChange,
    OtherReason,
    Reason,
    UnlikeDay,
    after_change,
    unlike_days,
)
from tagwatch.query.question import Known, Window
from tagwatch.store import schema
from tagwatch.store.exemptions import versions_of

CHARGED: Final = 4 * HOUR
"""A tag on its charger for so long of a day is said beside that day."""
_CAUSES: Final = {
    ExemptionCause.HOSPITAL: "in hospital",
    ExemptionCause.CUSTODY: "in custody",
    ExemptionCause.AGREED_TRAVEL: "agreed travel",
    ExemptionCause.DECEASED: "deceased",
    ExemptionCause.AUTHORISED_ABSENCE: "authorised absence",
    ExemptionCause.PERMISSION: "permission",
}
Change: TypeAlias = tuple[Instant, str]


def days_unlike(
    connection: Connection, wearer_id: WearerId, his: OwnWeeks, of_him: Known, window: Window
) -> tuple[tuple[UnlikeDay, ...], tuple[AfterChange, ...]]:
    """Return the whole London days of the period, and his nights after each change of the tag."""
    changes = _changes(connection, wearer_id, of_him, his)
    instants = [at for at, _ in changes]
    days = own_days(his, instants)
    first = london(window.start).date()
    if _midnight(first) < window.start:
        first += timedelta(days=1)
    period = first, london(window.end).date()
    reasons = _reasons(connection, wearer_id, of_him, days)
    after: list[AfterChange] = []
    for k, (at, what) in enumerate(changes):
        if not window.start <= at < window.end:
            continue
        on = london(at).date()
        until = london(changes[k + 1][0]).date() if k + 1 < len(changes) else date.max
        then = own_days(his, instants, _home_before(his, on))
        found = after_change(then, at, on, what, until)
        if found is not None:
            after.append(found)
    return unlike_days(days, period, reasons), tuple(after)


def _midnight(day: date) -> Instant:
    return from_london(datetime.combine(day, time()), Edge.FROM)


def _home_before(his: OwnWeeks, on: date) -> int | None:
    """Return the place where most nights before a date were spent."""
    counts: dict[int, int] = {}
    for each in his.stays:
        first, last = london(each.stop.first_seen).date(), london(each.stop.last_seen).date()
        if last < on and last > first:
            counts[each.place] = counts.get(each.place, 0) + (last - first).days
    return max(counts, key=lambda place: counts[place], default=None)


def _changes(
    connection: Connection, wearer_id: WearerId, of_him: Known, his: OwnWeeks
) -> list[Change]:
    """Return when another tag was fitted, and when one said that it was off him, in order."""
    row = schema.activation.c
    fitted = connection.scalars(
        select(row.started_at).where(row.wearer_id == wearer_id).order_by(row.started_at)
    ).all()
    found: list[Change] = [(Instant(at), "another tag was fitted") for at in fitted[1:]]
    found += [(each.start, f"the tag reported: {each.said}") for each in of_him.tags.off_body]
    return sorted(each for each in found if his.weeks[0].start <= each[0] < his.end)


def _reasons(
    connection: Connection, wearer_id: WearerId, of_him: Known, days: Sequence[OwnDay]
) -> dict[date, tuple[Reason, ...]]:
    exempt = [e for e in newest(versions_of(connection, wearer_id)) if not e.withdrawn]
    if not days:
        return {}
    holidays = frozenset(of_him.settings.at(_midnight(days[-1].day)).holidays.days)
    return {each.day: tuple(_of_day(each, exempt, of_him, holidays)) for each in days}


def _of_day(
    one: OwnDay, exempt: Sequence[Exemption], of_him: Known, holidays: frozenset[date]
) -> list[Reason]:
    start, end = _midnight(one.day), _midnight(one.day + timedelta(days=1))
    found: list[Reason] = []
    for each in exempt:
        whole = each.cause in STATES or each.cause is ExemptionCause.AUTHORISED_ABSENCE
        if whole and each.starts_at < end and (each.ends_at is None or each.ends_at > start):
            found.append(Reason(reason=OtherReason.STATE, words=_CAUSES[each.cause]))
    charged = sum(max(0, min(b, end) - max(a, start)) for a, b in of_him.tags.charging)
    if charged >= CHARGED:
        words = f"for {charged // HOUR} hours, by its own reports"
        found.append(Reason(reason=OtherReason.CHARGING, words=words))
    if one.day in holidays:
        found.append(Reason(reason=OtherReason.HOLIDAY, words="by the published settings"))
    if one.observed_share < 0.8:
        words = f"{100 * one.observed_share:.0f} % was"
        found.append(Reason(reason=OtherReason.UNSEEN, words=words))
    found.append(Reason(reason=OtherReason.ILL, words=""))
    return found
