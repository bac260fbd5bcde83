"""Appointments: attended, late, missed, or nobody can say.

To say that he came takes a fix that shows him there; to say that he did not takes two that show him
elsewhere, a confirming time apart, and none that shows him there. Everything between is *cannot
say*: a tag that says nothing for the hour is no proof of either. The curfew rule raises the alert;
this answers what became of each appointment afterwards, by the same look at each fix.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum

import msgspec
import numpy as np

from tagwatch.core.ids import FixId
from tagwatch.core.order import ConditionVersion, Curfew
from tagwatch.core.rules.curfew import thresholds_of
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.prepare import Piece, Prepared, SettingsHistory, WearerOrders
from tagwatch.core.rules.presence import Doubt, Presence, presence
from tagwatch.core.rules.whereabouts import LastFix, Where, Whereabouts
from tagwatch.core.run import placed
from tagwatch.core.timetable import OneOff
from tagwatch.core.trail import TrailPart, event_order
from tagwatch.core.units import SECOND, Instant


class Attended(StrEnum):
    """What became of an appointment."""

    ATTENDED = "attended"
    LATE = "late"
    """He came, and a fix after the grace shows him elsewhere before."""
    MISSED = "missed"
    CANNOT_SAY = "cannot_say"
    EXCUSED = "excused"
    """An exemption lifted it."""


class Attendance(msgspec.Struct, frozen=True, kw_only=True):
    """One appointment and what is known of it."""

    window: OneOff
    answer: Attended
    arrived_earliest: Instant | None = None
    """The last fix before that shows him elsewhere, or the window's start."""
    arrived_latest: Instant | None = None
    """The first fix that shows him there."""
    seen_until: Instant | None = None
    """The last fix that shows him there."""
    fixes: tuple[FixId, ...] = ()
    """Those it rests on."""


def attendance(
    trail: Sequence[TrailPart],
    orders: WearerOrders,
    condition: ConditionVersion,
    window: OneOff,
    settings: SettingsHistory,
    prepared: Prepared,
) -> Attendance:
    """Return what `trail` says of one appointment of `condition`, a Curfew.

    Raises ValueError for a condition without a place to be in.
    """
    terms = condition.terms
    if not isinstance(terms, Curfew):
        raise ValueError(f"condition {condition.condition_id} demands no presence")
    tracks = prepared.tracks(orders).curfews
    track = next((t for t in tracks if t.condition_id == condition.condition_id), None)
    piece = None if track is None else track.piece_at(window.start)
    if piece is None:
        return Attendance(window=window, answer=Attended.EXCUSED)
    rules = settings.at(window.start)
    accuse = thresholds_of(piece, rules.curfew).accuse
    present: list[PlacedFix] = []
    absent: list[PlacedFix] = []
    for fix, seen in _seen(_fixes(trail, window, settings, prepared), piece, settings, prepared):
        if seen.inside >= rules.curfew.present:
            present.append(fix)
        elif seen.outside >= accuse and seen.steady_m >= rules.curfew.steady_m:
            absent.append(fix)
    return _of(window, terms.grace_s, rules.curfew.confirm_s, present, absent)


def _of(
    window: OneOff,
    grace_s: int,
    confirm_s: int,
    present: list[PlacedFix],
    absent: list[PlacedFix],
) -> Attendance:
    if present:
        first = present[0]
        before = [fix for fix in absent if fix.at < first.at]
        late = any(fix.at >= window.start + grace_s * SECOND for fix in before)
        return Attendance(
            window=window,
            answer=Attended.LATE if late else Attended.ATTENDED,
            arrived_earliest=Instant(before[-1].at) if before else window.start,
            arrived_latest=Instant(first.at),
            seen_until=Instant(present[-1].at),
            fixes=tuple(fix.fix_id for fix in (*before[-1:], first)),
        )
    after_grace = [fix for fix in absent if fix.at >= window.start + grace_s * SECOND]
    held = len(after_grace) > 1 and after_grace[-1].at - after_grace[0].at >= confirm_s * SECOND
    # Network fixes of a stay repeat one entry of a register, right or wrong.
    held = held and any(fix.error.claim2 == 0.0 for fix in after_grace)
    return Attendance(
        window=window,
        answer=Attended.MISSED if held else Attended.CANNOT_SAY,
        fixes=tuple(fix.fix_id for fix in after_grace),
    )


def _seen(
    fixes: Sequence[tuple[str, PlacedFix]],
    piece: Piece,
    settings: SettingsHistory,
    prepared: Prepared,
) -> Iterator[tuple[PlacedFix, Presence]]:
    """Yield each fix and whether he is there; the filter starts anew with every tag."""
    before: tuple[str, PlacedFix] | None = None
    kept: Where | None = None

    def after(where: Where | None, fix: PlacedFix) -> tuple[Where, Whereabouts]:
        follower = prepared.follower(settings.at(Instant(fix.at)))
        if where is None and before is not None:
            where = follower.begin(LastFix.of(before[1]))
        return follower.follow(where, fix)

    for tag, fix in fixes:
        if before is not None and before[0] != tag:
            before = kept = None
        doubt = Doubt(after, fix, kept)
        seen = presence(piece, fix, settings.at(Instant(fix.at)), doubt, None)
        before, kept = (tag, fix), None if doubt.found is None else doubt.kept
        yield fix, seen


def _fixes(
    trail: Sequence[TrailPart], window: OneOff, settings: SettingsHistory, prepared: Prepared
) -> list[tuple[str, PlacedFix]]:
    """Return the fixes in [start, end) of the window, in event order, each with its tag."""
    found: list[tuple[str, PlacedFix]] = []
    for part in trail:
        ordered = replace(part, block=part.block[event_order(part.block)])
        times = ordered.block["fixed_at"]
        low, high = np.searchsorted(times, [window.start, window.end])
        for row in range(low, high):
            rules = settings.at(Instant(int(times[row])))
            found.append((part.activation_id, placed(ordered, row, rules, prepared)))
    return sorted(found, key=lambda one: (one[1].at, one[1].fix_id))
