"""What the week came to under each condition: hours of a curfew, and how near he came to a zone."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.between import NotExcluded
from tagwatch.core.episode import Episode
from tagwatch.core.geometry import distance_to_shape_m, mass
from tagwatch.core.looks import R95
from tagwatch.core.movements import Movements
from tagwatch.core.order import Curfew
from tagwatch.core.outcome import Finding, RuleKind
from tagwatch.core.rules.prepare import Piece, Track
from tagwatch.core.stay_spans import seconds, surely
from tagwatch.core.timetable import Interval, difference, intersection, union
from tagwatch.core.trail import TrailPart, event_order
from tagwatch.core.units import Instant
from tagwatch.report.week.facts import WeekFacts, applied
from tagwatch.report.week.overview import CurfewWeek, Within, ZoneWeek
from tagwatch.report.week.stays import moved_unseen_s

SHARP_M: Final = 150.0
"""A fix known to no better than this does not say how near he came, if another does."""
_ASKED: Final = 8
"""So many fixes nearest to a zone are measured exactly."""


def curfews(facts: WeekFacts, movements: Movements) -> tuple[CurfewWeek, ...]:
    """Return each condition to be in a place that applied in the week."""
    bare = msgspec.structs.replace(facts.orders, exemptions=())
    before = {each.condition_id: each for each in facts.prepared.tracks(bare).curfews}
    now = {each.condition_id: each for each in facts.prepared.tracks(facts.orders).curfews}
    found: list[CurfewWeek] = []
    for name in sorted(before):
        asked = applied(before[name], facts.window)
        if asked:
            bound = applied(now[name], facts.window) if name in now else []
            found.append(_curfew(facts, movements, now.get(name) or before[name], (asked, bound)))
    return tuple(found)


def _curfew(
    facts: WeekFacts,
    movements: Movements,
    track: Track,
    spans: tuple[list[Interval], list[Interval]],
) -> CurfewWeek:
    asked, bound = spans
    bound = [(start, min(end, facts.made_at)) for start, end in bound if start < facts.made_at]
    asked = [(start, min(end, facts.made_at)) for start, end in asked if start < facts.made_at]
    absent = [e for e in facts.episodes if e.condition_id == track.condition_id]
    absent = [e for e in absent if e.finding is Finding.CONFIRMED]
    out = intersection(union(map(_surely_out, absent), ()), bound)
    untold = intersection(union((_surely_out(e) for e in absent if e.before_told), ()), bound)
    there = difference(intersection(_kept(facts, movements, track), bound), out)
    piece = _piece(track, facts.window)
    terms = piece.condition.terms
    all_s, kept_s, out_s = seconds(bound), seconds(there), seconds(out)
    return CurfewWeek(
        condition_id=track.condition_id,
        condition_version=piece.condition.version,
        label=terms.label,
        demand=terms.demand.value if isinstance(terms, Curfew) else "",
        kept_s=kept_s,
        out_s=out_s,
        cannot_say_s=max(0, all_s - kept_s - out_s),
        excused_s=max(0, seconds(asked) - all_s),
        before_told_s=seconds(untold),
    )


def _surely_out(episode: Episode) -> Interval:
    """Return from when to when a confirmed absence certainly lasted; an open one to its last
    confirming fix alone."""
    until = episode.left_earliest or episode.confirmed_at or episode.entered_latest
    return episode.entered_latest, Instant(max(until, episode.entered_latest))


def _kept(facts: WeekFacts, movements: Movements, track: Track) -> list[Interval]:
    """Return when a stop shows him in the place: P(inside) as high as the rule asks of a fix."""
    found: list[Interval] = []
    for stop in movements.stops:
        piece = track.piece_at(stop.first_seen) or track.piece_at(stop.last_seen)
        if piece is None:
            continue
        shape = piece.area.shape
        x_m, y_m = shape.plane.xy(stop.lon_deg, stop.lat_deg)
        sigma_m = max(1.0, stop.radius_m_95 / R95)
        if mass(shape, x_m, y_m, sigma_m) >= facts.settings.at(stop.first_seen).curfew.present:
            found += surely(stop, movements)
    return union(found, ())


def zones(
    facts: WeekFacts, movements: Movements, open_gaps: Sequence[NotExcluded]
) -> tuple[ZoneWeek, ...]:
    """Return each exclusion zone that applied in the week; `open_gaps` are those in which one
    cannot be excluded."""
    found: list[ZoneWeek] = []
    for track in facts.prepared.tracks(facts.orders).zones:
        if track.rule is not RuleKind.ZONE:
            continue
        spans = applied(track, (facts.window[0], min(facts.window[1], facts.made_at)))
        if spans:
            found.append(_zone(facts, movements, track, (spans, open_gaps)))
    return tuple(found)


def _zone(
    facts: WeekFacts,
    movements: Movements,
    track: Track,
    known: tuple[list[Interval], Sequence[NotExcluded]],
) -> ZoneWeek:
    spans, open_gaps = known
    piece = _piece(track, facts.window)
    his = [e for e in facts.episodes if e.condition_id == track.condition_id and _in(e, facts)]
    entered = [e.finding for e in his if e.rule is RuleKind.ZONE]
    near = [e for e in his if e.rule is RuleKind.APPROACH]
    nearest = _nearest(facts, piece, spans)
    return ZoneWeek(
        condition_id=track.condition_id,
        condition_version=piece.condition.version,
        label=piece.condition.terms.label,
        nearest_m=None if nearest is None else nearest[1],
        nearest_at=None if nearest is None else nearest[0],
        entries_confirmed=entered.count(Finding.CONFIRMED),
        entries_possible=entered.count(Finding.POSSIBLE) + entered.count(Finding.UNDETERMINED),
        approaches=sum(e.finding in (Finding.CONFIRMED, Finding.POSSIBLE) for e in near),
        not_excluded=sum(gap.condition_id == track.condition_id for gap in open_gaps),
        applied_s=seconds(spans),
        unseen_s=moved_unseen_s(spans, movements),
    )


def _in(episode: Episode, facts: WeekFacts) -> bool:
    start, end = facts.window
    left = episode.left_latest
    return episode.entered_earliest < end and (left is None or left >= start)


def _piece(track: Track, window: Interval) -> Piece:
    """Return the version in force last in the window."""
    return next(
        (each for each in reversed(track.pieces) if each.start < window[1]), track.pieces[-1]
    )


def _nearest(
    facts: WeekFacts, piece: Piece, spans: Sequence[Interval]
) -> tuple[Instant, Within] | None:
    """Return the fix that shows him nearest to the zone, and its distance with its own error:
    among those that are sharp, if any is."""
    measured = sorted(
        (each for part in facts.trail for each in _measured(facts, piece, part, spans)),
        key=lambda each: (each[2] > SHARP_M, each[1]),
    )
    if not measured:
        return None
    at, away_m, error_m = measured[0]
    least_m, most_m = max(0.0, away_m - error_m), max(0.0, away_m + error_m)
    return at, Within(least=round(least_m), most=round(most_m))


def _measured(
    facts: WeekFacts, piece: Piece, part: TrailPart, spans: Sequence[Interval]
) -> Iterator[tuple[Instant, float, float]]:
    """Yield time, metres to the border (negative inside) and 95 % error of some fixes near to it:
    the nearest of all, and the nearest of those that claim to be sharp."""
    block = part.block[event_order(part.block)]
    times = block["fixed_at"]
    rows = np.flatnonzero(_within(times, spans) & (times >= piece.start) & (times < piece.end))
    if not len(rows):
        return
    shape = piece.area.shape
    x_m, y_m = shape.plane.xy_arrays(block["lon_deg"][rows], block["lat_deg"][rows])
    far2 = (x_m - shape.centre_x_m) ** 2 + (y_m - shape.centre_y_m) ** 2
    claims = np.nan_to_num(block["accuracy_m"][rows], nan=SHARP_M)
    chosen = set(np.argsort(far2, kind="stable")[:_ASKED].tolist())
    sharp = np.flatnonzero(claims < 0.5 * SHARP_M)
    chosen |= set(sharp[np.argsort(far2[sharp], kind="stable")[:_ASKED]].tolist())
    for k in sorted(chosen):
        fix = block[rows[k]]
        at = Instant(int(fix["fixed_at"]))
        error = facts.prepared.fix_error(
            float(fix["accuracy_m"]), float(fix["confidence"]), float(fix["hdop"]),
            int(fix["satellites"]), int(fix["source"]), part.tag_model, facts.settings.at(at),
        )  # fmt: skip
        yield at, distance_to_shape_m(shape, float(x_m[k]), float(y_m[k])), error.r95_m


def _within(times: NDArray[np.int64], spans: Sequence[Interval]) -> NDArray[np.bool_]:
    """Return which times lie in one of the spans, shape (n,)."""
    starts = np.array([start for start, _ in spans], dtype=np.int64)
    ends = np.array([end for _, end in spans], dtype=np.int64)
    place = np.searchsorted(starts, times, side="right") - 1
    return (place >= 0) & (times < ends[np.maximum(place, 0)])
