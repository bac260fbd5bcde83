"""Appointments: attended, late, missed, or nobody can say.

To say that he came takes a fix that shows him there; to say that he did not takes two that show him
elsewhere, a confirming time apart, and none that shows him there. Everything between is *cannot
say*: a tag that says nothing for the hour is no proof of either. The curfew rule raises the alert;
this answers what became of each appointment afterwards.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec
import numpy as np

from tagwatch.core.fix import fix_id
from tagwatch.core.ids import FixId
from tagwatch.core.order import ConditionVersion, Curfew
from tagwatch.core.outcome import Compliance
from tagwatch.core.rules.curfew import answer, thresholds_of
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, WearerOrders
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
    for fix in _fixes(trail, window, settings, prepared):
        _, outside, said = answer(piece, fix, rules)
        if said is Compliance.COMPLIANT:
            present.append(fix)
        elif outside >= accuse:
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
    return Attendance(
        window=window,
        answer=Attended.MISSED if held else Attended.CANNOT_SAY,
        fixes=tuple(fix.fix_id for fix in after_grace),
    )


def _fixes(
    trail: Sequence[TrailPart], window: OneOff, settings: SettingsHistory, prepared: Prepared
) -> Iterator[PlacedFix]:
    """Yield the fixes in [start, end) of the window, in event order."""
    found: list[PlacedFix] = []
    for part in trail:
        block = part.block[event_order(part.block)]
        times = block["fixed_at"]
        low, high = np.searchsorted(times, [window.start, window.end])
        for row in block[low:high]:
            at = Instant(int(row["fixed_at"]))
            error = prepared.fix_error(
                float(row["accuracy_m"]),
                float(row["confidence"]),
                float(row["hdop"]),
                int(row["satellites"]),
                int(row["source"]),
                part.tag_model,
                settings.at(at),
            )
            name = fix_id(int(row["seq"]), int(row["index"]))
            found.append(PlacedFix(at, float(row["lon_deg"]), float(row["lat_deg"]), name, error))
    yield from sorted(found, key=lambda fix: (fix.at, fix.fix_id))
