"""What the first page of an overview rests on: day by day, his usual week, findings, versions."""

from collections.abc import Iterator
from typing import Final

from tagwatch.core.ids import ConditionId
from tagwatch.core.outcome import RuleKind, finding_words
from tagwatch.core.timetable import Weekday
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.report.paper import Lines, Part, Rows, Section, Table, Words
from tagwatch.report.trip_words import how_words, rail_words, ride_words
from tagwatch.report.week.making import place_names
from tagwatch.report.week.overview import Overview
from tagwatch.report.week.words import (
    MODES,
    between,
    clock,
    counted,
    distance,
    moment,
    sentence,
    span,
)

LIMITS: Final = (
    "A location says where the tag was, within a circle. It says nothing about intent.",
    "Where nothing was seen he was somewhere: it counts neither for nor against him.",
    "A way of moving is the likeliest by pace and distance, never certain; no speed is stated.",
    "Home and places are inferred from stays. Nobody told the system who lives there.",
    "What differs from his own past is a reason to ask, and says nothing of why.",
)
_RULES: Final = {
    RuleKind.ZONE: "Exclusion zone",
    RuleKind.APPROACH: "Ring around a zone",
    RuleKind.CURFEW: "Place he must be in",
    RuleKind.ENCOUNTER: "Person he must not meet",
}
_MOST: Final = 400
"""Rows of one table."""
_SHORT: Final = 30 * MINUTE
"""Shorter gaps are counted, not listed."""


def detail(made: Overview) -> tuple[Section, ...]:
    """Return what the first page rests on."""
    names = place_names(made.places, made.boroughs)
    return tuple(
        Section(heading=heading, parts=parts)
        for heading, parts in (
            ("Day by day", tuple(_day_by_day(made, names))),
            ("Distance by way of moving", tuple(_distances(made))),
            ("His usual week", tuple(_usual(made, names))),
            ("Findings about places", tuple(_episodes(made))),
            ("What this cannot say", (Lines(lines=LIMITS),)),
            ("Versions", (_versions(made),)),
        )
        if parts
    )


def _day_by_day(made: Overview, names: dict[int, str]) -> Iterator[Part]:
    """Yield stops, trips and gaps in order of time."""
    rows: list[tuple[int, tuple[str, ...]]] = []
    for stop, place in zip(made.movements.stops, made.places.of_stop, strict=True):
        since = stop.arrived_earliest, stop.arrived_latest
        until = stop.left_earliest, stop.left_latest
        rows.append(
            (
                stop.since,
                (
                    _edge(since, "there before"),
                    _edge(until, "stays on"),
                    f"Stay at {names.get(place, f'place {place}')}",
                    f"{stop.fixes} fixes, within {stop.radius_m_95:.0f} m",
                ),
            )
        )
    for trip in made.movements.trips:
        ride = ride_words(trip)
        far = f"{trip.distance_m_least / 1000:.1f} to {trip.distance_m_most / 1000:.1f} km"
        rows.append(
            (
                trip.started_at,
                (
                    moment(trip.started_at),
                    clock(trip.ended_at),
                    f"Trip {how_words(trip)}{f'; {ride}' if ride else ''}",
                    far,
                ),
            )
        )
    short_s, short = 0.0, 0
    for gap in made.movements.gaps:
        if gap.end - gap.start < _SHORT:
            short_s, short = short_s + (gap.end - gap.start) / SECOND, short + 1
            continue
        how = "the tag was off" if gap.off_s * SECOND >= gap.end - gap.start else "nobody can say"
        moved = f", moved at least {gap.moved_m_least} m" if gap.moved_m_least else ""
        rows.append(
            (
                gap.start,
                (moment(gap.start), moment(gap.end), f"Not seen: {how}{moved}", ""),
            )
        )
    rows.sort(key=lambda each: each[0])
    if rows:
        yield Table(
            heads=("From", "Until", "What", "How well known"),
            rows=tuple(row for _, row in rows[:_MOST]),
        )
    if len(rows) > _MOST:
        yield Words(text=f"And {len(rows) - _MOST} more; the trail page has them all.")
    if short:
        yield Words(
            text=f"Besides these, {counted(short, 'time')} of less than half an hour not seen, "
            f"{span(short_s)} in all."
        )


def _edge(ends: tuple[Instant | None, Instant | None], otherwise: str) -> str:
    low, high = ends
    if low is None or high is None:
        return otherwise
    return between(low, high)


def _distances(made: Overview) -> Iterator[Part]:
    if made.distances:
        yield Table(
            heads=("How", "Distance", "Trips"),
            rows=tuple(
                (sentence(MODES[each.mode]), distance(each.distance_m), str(each.trips))
                for each in made.distances
            ),
        )
        yield Words(text=rail_words(made.movements.railways))


def _usual(made: Overview, names: dict[int, str]) -> Iterator[Part]:
    """Yield where he usually is by weekday, in runs of hours at one place."""
    rows: list[tuple[str, str]] = []
    for number, weekday in enumerate(Weekday):
        hours = {hour: place for at, hour, place, _ in made.usual if at == number}
        runs: list[list[int]] = []
        for hour, place in sorted(hours.items()):
            if runs and runs[-1][1] == hour and runs[-1][2] == place:
                runs[-1][1] = hour + 1
            else:
                runs.append([hour, hour + 1, place])
        said = "; ".join(f"{a:02d} to {b:02d} {names.get(p, f'place {p}')}" for a, b, p in runs)
        rows.append((_WEEKDAYS[weekday], said or "nothing usual"))
    if made.usual:
        yield Words(
            text="Hours in which he was at one place in at least half of what was seen, in two "
            "weeks or more. The other hours have no usual place, or were not seen often enough."
        )
        yield Rows(rows=tuple(rows))


_WEEKDAYS: Final = {
    Weekday.MO: "Monday",
    Weekday.TU: "Tuesday",
    Weekday.WE: "Wednesday",
    Weekday.TH: "Thursday",
    Weekday.FR: "Friday",
    Weekday.SA: "Saturday",
    Weekday.SU: "Sunday",
}


def _episodes(made: Overview) -> Iterator[Part]:
    if not made.episodes:
        return
    labels: dict[ConditionId | None, str] = {
        each.condition_id: each.label for each in (*made.zones, *made.curfews)
    }
    rows: list[tuple[str, ...]] = []
    for one in made.episodes[:_MOST]:
        left = "not known"
        if one.left is not None:
            left = between(Instant(int(one.left.least)), Instant(int(one.left.most)))
        told = " (before he was told)" if one.before_told else ""
        rows.append(
            (
                _RULES[one.rule]
                + (f": {labels[one.condition_id]}" if one.condition_id in labels else ""),
                finding_words(one.rule, one.finding, one.phase) + told,
                between(Instant(int(one.entered.least)), Instant(int(one.entered.most))),
                left,
                str(one.witnesses),
            )
        )
    yield Table(heads=("Rule", "Finding", "Began", "Ended", "Independent fixes"), rows=tuple(rows))


def _versions(made: Overview) -> Part:
    used = made.versions
    return Rows(
        rows=(
            (
                "As of",
                moment(made.made_at) + (", as scheduled" if made.scheduled else ", on demand"),
            ),
            ("Journal", f"up to record {used.journal_seq}"),
            ("Programme", f"Tagwatch {used.code}, time zone data {used.tzdata}"),
            ("Rule settings", ", ".join(f"version {each}" for each in used.settings)),
            ("Rules", ", ".join(f"{name} {many}" for name, many in used.rules) or "none used"),
            (
                "Conditions",
                ", ".join(f"{name} version {n}" for name, n in used.conditions) or "none",
            ),
            ("Overview", f"version {made.version}"),
        )
    )
