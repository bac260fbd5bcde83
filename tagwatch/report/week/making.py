"""From what was read to the overview: a function of the facts."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.geometry import Disc
from tagwatch.core.ids import ConditionId
from tagwatch.core.movements import Movements
from tagwatch.core.order import Curfew, ExclusionZone, place_of
from tagwatch.core.place import Places
from tagwatch.core.routine import Routine
from tagwatch.core.rules.prepare import Track
from tagwatch.core.shape import MultiPolygon, Shape, outline_of
from tagwatch.core.stay_spans import seconds, unseen
from tagwatch.core.timetable import TZDATA_VERSION, Weekday, intersection, union
from tagwatch.core.trail import event_order
from tagwatch.core.units import SECOND, Instant
from tagwatch.report.borough import OUTSIDE, RIVER, borough_of
from tagwatch.report.week.care import care
from tagwatch.report.week.conditions import curfews, zones
from tagwatch.report.week.facts import WeekFacts, applied, days_of
from tagwatch.report.week.findings import alerts, episodes
from tagwatch.report.week.moving import Moved
from tagwatch.report.week.overview import DaySeen, Drawn, Overview, Versions
from tagwatch.report.week.sentences import changed, praise
from tagwatch.report.week.stays import distances, nights

ROUTE_M: Final = 60.0
"""A fix on the way known to no better than this is not drawn."""
MOST_POINTS: Final = 700
_CORNERS: Final = 40


def overview(facts: WeekFacts, found: Moved, how: str) -> Overview:
    """Return the overview; `how` it was made: `scheduled`, or on demand."""
    movements, places = found.movements, found.places
    names = place_names(places, boroughs_of(places))
    held = curfews(facts, movements)
    told = alerts(facts)
    tag = care(facts)
    seen = days(facts, movements)
    slept = nights(movements, places, facts.made_at)
    return Overview(
        wearer_id=facts.wearer.wearer_id,
        name=facts.wearer.name,
        start=facts.window[0],
        end=facts.window[1],
        made_at=facts.made_at,
        scheduled=how == "scheduled",
        movements=movements,
        places=places,
        new_places=found.new_places,
        boroughs=boroughs_of(places),
        weeks_before=found.changes.of_weeks,
        changed=changed(facts, found.changes, facts.episodes, names),
        praise=praise(held, told, tag, seen, slept),
        nights=slept,
        distances=distances(movements),
        days=seen,
        zones=zones(facts, movements, found.not_excluded),
        curfews=held,
        alerts=told,
        episodes=episodes(facts),
        care=tag,
        drawn=drawn(facts),
        routes=routes(facts, movements),
        usual=_usual(found.routine),
        versions=_versions(facts),
    )


def boroughs_of(places: Places) -> tuple[str, ...]:
    """Return the borough of each place."""
    return tuple(borough_of(each.lon_deg, each.lat_deg) for each in places.places)


def place_names(places: Places, boroughs: Sequence[str]) -> dict[int, str]:
    """Return what each place is called: `place 3 (Hackney)`, or `home (Camden)`."""
    home = places.home
    found: dict[int, str] = {}
    for each, borough in zip(places.places, boroughs, strict=True):
        where = "outside London" if borough == OUTSIDE else borough
        where = "by the river" if borough == RIVER else where
        is_home = home is not None and each.place == home.place
        found[each.place] = f"{'home' if is_home else f'place {each.place}'} ({where})"
    return found


def days(facts: WeekFacts, movements: Movements) -> tuple[DaySeen, ...]:
    """Return what was observed, day by day."""
    on = union(facts.worn, ())
    blind = unseen(movements)
    found: list[DaySeen] = []
    for day, (start, end) in days_of(facts.window):
        past = [(start, max(start, min(end, facts.made_at)))]
        worn = intersection(on, union(past, ()))
        long_s, worn_s = seconds(past), seconds(worn)
        missed_s = seconds(intersection(worn, blind))
        found.append(
            DaySeen(
                day=day.isoformat(),
                start=start,
                observed_s=worn_s - missed_s,
                unobserved_s=missed_s,
                off_s=long_s - worn_s,
                ahead_s=(end - start) // SECOND - long_s,
            )
        )
    return tuple(found)


def drawn(facts: WeekFacts) -> tuple[Drawn, ...]:
    """Return the places of the conditions that applied, in the version last in force."""
    tracks = facts.prepared.tracks(facts.orders)
    found: dict[str, Drawn] = {}
    for track in (*tracks.zones, *tracks.curfews):
        if track.condition_id not in found and applied(track, facts.window):
            found[track.condition_id] = _drawn(track, facts.window[1])
    return tuple(found[name] for name in sorted(found))


def _drawn(track: Track, end: Instant) -> Drawn:
    began = [piece for piece in track.pieces if piece.start < end]
    version = (began or list(track.pieces))[-1].condition
    terms = version.terms
    shape = place_of(terms) if isinstance(terms, Curfew) else _shape(terms)
    return Drawn(
        condition_id=version.condition_id,
        condition_version=version.version,
        label=terms.label,
        kind="curfew" if isinstance(terms, Curfew) else "zone",
        rings=_rings(shape),
    )


def _shape(terms: object) -> Shape:
    if not isinstance(terms, ExclusionZone):
        raise TypeError(f"{type(terms).__name__} has no place of its own")
    return terms.shape


def _rings(shape: Shape) -> tuple[tuple[tuple[float, float], ...], ...]:
    if isinstance(shape, Disc):
        shape = outline_of(shape, _CORNERS)
    parts = shape.parts if isinstance(shape, MultiPolygon) else (shape,)
    return tuple(
        tuple((round(corner.lon_deg, 6), round(corner.lat_deg, 6)) for corner in ring)
        for part in parts
        for ring in part.rings
    )


def routes(facts: WeekFacts, movements: Movements) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return fixes on the way, trip by trip and cut at gaps, thinned to MOST_POINTS in all."""
    blind = [start for start, _ in unseen(movements)]
    spans = [(trip.started_at, trip.ended_at) for trip in movements.trips]
    times: list[int] = []
    spots: list[tuple[float, float]] = []
    for part in facts.trail:
        block = part.block[event_order(part.block)]
        sharp = block[~(block["accuracy_m"] > ROUTE_M)]
        times += sharp["fixed_at"].tolist()
        lons, lats = sharp["lon_deg"].round(5).tolist(), sharp["lat_deg"].round(5).tolist()
        spots += list(zip(lons, lats, strict=True))
    order = np.argsort(np.array(times, dtype=np.int64), kind="stable")
    sorted_at = np.array(times, dtype=np.int64)[order]
    found: list[list[int]] = []
    for start, end in spans:
        low, high = np.searchsorted(sorted_at, [start, end])
        low, high = max(0, int(low) - 1), min(len(order), int(high) + 1)
        found += _cut([int(k) for k in range(low, high)], sorted_at, blind)
    held = [each for each in found if len(each) > 1]
    step = max(1, -(-sum(map(len, held)) // MOST_POINTS))
    return tuple(tuple(spots[int(order[k])] for k in [*each[:-1:step], each[-1]]) for each in held)


def _cut(rows: list[int], at: NDArray[np.int64], blind: Sequence[int]) -> list[list[int]]:
    """Return the rows in pieces between which nothing was seen."""
    found: list[list[int]] = [rows[:1]]
    for a, b in pairwise(rows):
        if any(at[a] <= start < at[b] for start in blind):
            found.append([])
        found[-1].append(b)
    return found


def _usual(routine: Routine | None) -> tuple[tuple[int, int, int, float], ...]:
    if routine is None:
        return ()
    weekdays = list(Weekday)
    found: list[tuple[int, int, int, float]] = []
    for hour in routine.hours:
        best = next((share for share in hour.shares if share.place is not None), None)
        if best is not None and best.place is not None and hour.seen >= 2 and best.share >= 0.5:
            day = weekdays.index(hour.weekday)
            found.append((day, hour.hour, best.place, round(best.share, 2)))
    return tuple(found)


def _versions(facts: WeekFacts) -> Versions:
    start, end = facts.window
    his = facts.orders.conditions
    settings = {facts.settings.at(at).version for at in (start, end)}
    rules = {(e.rule.value, e.rule_version) for e in facts.episodes}
    newest: dict[ConditionId, int] = {}
    for each in his:
        if each.valid_from < end and each.recorded_at < facts.made_at:
            newest[each.condition_id] = max(newest.get(each.condition_id, 0), each.version)
    return Versions(
        code=facts.code_version,
        tzdata=TZDATA_VERSION,
        settings=tuple(sorted(settings)),
        rules=tuple(sorted(rules)),
        conditions=tuple((name, newest[name]) for name in sorted(newest)),
        journal_seq=facts.journal_seq,
    )
