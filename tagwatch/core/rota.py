"""Who is on call: weekly shifts in London time, overrides, bank holidays and gaps. Pure.

A contact with a shift is told in his shifts only; one without any is always on call. Shifts are
stated in local time, so one that hands over at 01:30 on the night the clocks go back overlaps the
next by an hour, and never leaves one uncovered.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

import msgspec

from tagwatch.core.ids import ContactId, OverrideId, ShiftId
from tagwatch.core.leave import Leave
from tagwatch.core.timetable import (
    CurfewRow,
    Interval,
    difference,
    intersection,
    london,
    union,
    windows,
)
from tagwatch.core.units import DAY, Instant

GAP_SEARCHED: Final = 15 * DAY
"""So far back the beginning of a gap is looked for."""
_LONGEST_ROW: Final = timedelta(days=8)


class HolidayRule(StrEnum):
    """What a bank holiday does to a shift; the day on which a shift starts decides."""

    AS_USUAL = "as_usual"
    NOT_ON = "not_on"
    """It does not start on a bank holiday."""
    ONLY = "only"
    """It starts on bank holidays only."""


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """Weekly hours of one contact, in London time. Every change is a new version."""

    shift_id: ShiftId
    contact_id: ContactId
    rows: tuple[CurfewRow, ...]
    holidays: HolidayRule = HolidayRule.AS_USUAL
    valid_from: Instant
    valid_until: Instant | None = None
    withdrawn: bool = False
    """Entered by mistake, or no longer wanted: as if it had never been, from now on."""
    version: int = 1


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """One contact is on call from-to, whatever the shifts say. Raises ValueError if it ends
    before it starts."""

    override_id: OverrideId
    contact_id: ContactId
    """Who is on call."""
    instead_of: ContactId | None = None
    """Who is not, meanwhile; None: he joins whoever is."""
    start: Instant
    end: Instant
    reason: str = ""
    withdrawn: bool = False
    version: int = 1

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError("an override must end after it starts")


class Rota(msgspec.Struct, frozen=True, kw_only=True):
    """All that says who is on call: shifts and overrides in force, bank holidays, leave."""

    shifts: tuple[Shift, ...] = ()
    overrides: tuple[Override, ...] = ()
    holidays: tuple[date, ...] = ()
    leaves: tuple[Leave, ...] = ()
    """Officers on leave, and who has their caseloads."""

    def shifts_of(self, contact: ContactId) -> tuple[Shift, ...]:
        """Return the shifts of a contact; none: he is always on call."""
        return tuple(shift for shift in self.shifts if shift.contact_id == contact)


class Cover(msgspec.Struct, frozen=True, kw_only=True):
    """Who of some contacts is on call at one time."""

    contacts: tuple[ContactId, ...]
    gap_since: Instant | None = None
    """Not None: nobody is, since then, and `contacts` are all of them. 0: for longer than is
    searched."""


def hours_of(rota: Rota, contact: ContactId, start: Instant, end: Instant) -> list[Interval]:
    """Return when a contact is on call within [start, end): sorted, merged, clipped."""
    shifts = rota.shifts_of(contact)
    base = [(start, end)] if not shifts else _worked(shifts, rota.holidays, start, end)
    covered = union(((o.start, o.end) for o in rota.overrides if o.instead_of == contact), ())
    covering = union(((o.start, o.end) for o in rota.overrides if o.contact_id == contact), ())
    return intersection(union(difference(base, covered), covering), [(start, end)])


def cover_at(rota: Rota, contacts: Sequence[ContactId], at: Instant) -> Cover:
    """Return who of `contacts` is on call at `at`.

    Where some of them have shifts and nobody is on shift or stands in, that is a gap, even if
    others are always on call: then all of them are named, for silence is no answer.
    """
    on = _on(rota, contacts, at)
    if not contacts or not _is_gap(rota, contacts, on, at):
        return Cover(contacts=on)
    return Cover(contacts=tuple(contacts), gap_since=_uncovered_since(rota, contacts, at))


def gaps(rota: Rota, contacts: Sequence[ContactId], start: Instant, end: Instant) -> list[Interval]:
    """Return when nobody of `contacts` is on shift within [start, end), as `cover_at` finds it."""
    edges = {start, end}
    for contact in contacts:
        for span in hours_of(rota, contact, start, end):
            edges.update(span)
    for override in rota.overrides:
        edges.update(e for e in (override.start, override.end) if start < e < end)
    times = sorted(edges)
    empty = [
        (one, other)
        for one, other in pairwise(times)
        if contacts and _is_gap(rota, contacts, _on(rota, contacts, one), one)
    ]
    return union(empty, ())


def next_change(
    rota: Rota, contacts: Sequence[ContactId], after: Instant, until: Instant
) -> Instant:
    """Return the first instant in (after, until) at which somebody comes on or goes off; `until`
    if nobody does."""
    edges = {until}
    for contact in contacts:
        for span in hours_of(rota, contact, after, until):
            edges.update(edge for edge in span if edge > after)
    return min(edges)


def _on(rota: Rota, contacts: Sequence[ContactId], at: Instant) -> tuple[ContactId, ...]:
    return tuple(c for c in contacts if hours_of(rota, c, at, Instant(at + 1)))


def _is_gap(
    rota: Rota, contacts: Sequence[ContactId], on: tuple[ContactId, ...], at: Instant
) -> bool:
    if not any(rota.shifts_of(contact) for contact in contacts):
        return not on
    standing_in = {o.contact_id for o in rota.overrides if o.start <= at < o.end}
    return not any(rota.shifts_of(contact) or contact in standing_in for contact in on)


def _uncovered_since(rota: Rota, contacts: Sequence[ContactId], at: Instant) -> Instant:
    searched = Instant(at - GAP_SEARCHED)
    empty = gaps(rota, contacts, searched, Instant(at + 1))
    return Instant(0) if empty[-1][0] == searched else empty[-1][0]


def _worked(
    shifts: Sequence[Shift], holidays: tuple[date, ...], start: Instant, end: Instant
) -> list[Interval]:
    found: list[Interval] = []
    for shift in shifts:
        low = max(start, shift.valid_from)
        high = end if shift.valid_until is None else min(end, shift.valid_until)
        if low < high:
            found += windows(_rows(shift, holidays, low, high), low, high)
    return union(found, ())


def _rows(
    shift: Shift, holidays: tuple[date, ...], start: Instant, end: Instant
) -> tuple[CurfewRow, ...]:
    """Return the shift's rows without the days on which its holiday rule takes it off."""
    if shift.holidays is HolidayRule.AS_USUAL:
        return shift.rows
    off = holidays if shift.holidays is HolidayRule.NOT_ON else _others(holidays, start, end)
    return tuple(
        msgspec.structs.replace(row, except_on=(*row.except_on, *off)) for row in shift.rows
    )


def _others(holidays: tuple[date, ...], start: Instant, end: Instant) -> tuple[date, ...]:
    """Return the days on which a shift that touches [start, end) may start, but the holidays."""
    day, last = london(start).date() - _LONGEST_ROW, london(end).date()
    days = (day + timedelta(days=number) for number in range((last - day).days + 1))
    return tuple(each for each in days if each not in holidays)
