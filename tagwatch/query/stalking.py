"""Patterns around protected people: repeated presence, waiting near a route, and days unlike his
own weeks, over weeks of one wearer's trail and against his own base rate."""

from collections.abc import Sequence
from datetime import time
from hashlib import sha256
from typing import Final

import msgspec

from tagwatch.core.carried import OffBody
from tagwatch.core.coverage import LONGER, Seen
from tagwatch.core.ids import WearerId
from tagwatch.core.movements import Movements
from tagwatch.core.own_weeks import OwnWeeks, own_weeks
from tagwatch.core.plane import LonLat
from tagwatch.core.route_wait import RoutePattern, drawn_route, route_waits
from tagwatch.core.rules.area import area
from tagwatch.core.stalking import PersonPattern, PlacePattern
from tagwatch.core.timetable import CurfewRow, Interval, Weekday, windows
from tagwatch.core.units import HOUR, Instant
from tagwatch.core.unlike import AfterChange, UnlikeDay
from tagwatch.query.his_weeks import WEEK, WEEK_BESIDE, weeks_of
from tagwatch.query.question import (
    Known,
    Method,
    QuestionError,
    Window,
    audit_detail,
    known,
    method,
)
from tagwatch.query.reader import Reader
from tagwatch.query.stalking_days import days_unlike
from tagwatch.query.stalking_person import people, person_pattern
from tagwatch.query.stalking_place import Zone, place_pattern, zones_of

WEEKS: Final = (1, 13)
EARLIER: Final = 4
"""Weeks before the period that are read too: his own earlier rate."""
RING_M: Final = (50.0, 1_000.0)
WITHIN_M: Final = (25.0, 500.0)
HOW: Final = (
    "His stops and trips are found in his fixes, as for his movements. Near is within a ring round "
    "the zone and its buffer, with 80 % probability. A day counts where he was near for no reason "
    "his own weeks give: not at a place where he lives or works, and not straight on between two "
    "places he goes to. The base rate is the same count at places all round his own nearest place, "
    "as far from it and about as far from his ways; and in his own earlier weeks. Bounds are exact "
    "for Poisson counts. What was not seen is not counted. Round a person who carries a device the "
    "base rate is her trail moved by one to four weeks; near a route, the same route turned round "
    "his own nearest place. A day in quarters is held against his other weeks: how much likelier "
    "it is of a tag that lay where it was left, or that another wore."
)


class RouteAsked(msgspec.Struct, frozen=True, kw_only=True):
    """The way a protected person goes, as an officer entered it, and when she would pass."""

    corners: tuple[tuple[float, float], ...]
    """Longitude and latitude."""
    hours: tuple[time, time] | None
    """London time, the first before the second; None: not given."""
    days: tuple[Weekday, ...]

    @property
    def digest(self) -> str:
        """What the audit holds of it: it tells nobody where it lies."""
        return sha256(msgspec.json.encode(self.corners)).hexdigest()[:16]

    def times(self, window: Window) -> list[Interval]:
        """Return when she would pass in the period."""
        if self.hours is None:
            return []
        rows = [
            CurfewRow(from_day=d, from_time=self.hours[0], until_day=d, until_time=self.hours[1])
            for d in self.days
        ]
        return windows(rows, window.start, Instant(window.end + HOUR))


class PatternsView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, with all it depends on."""

    wearer_id: WearerId
    window: Window
    earlier_from: Instant
    """His own earlier weeks begin here."""
    weeks: int
    ring_m: float
    within_m: float
    """From a route."""
    places: tuple[PlacePattern, ...]
    people: tuple[PersonPattern, ...]
    """Protected people who carry a device, as far as the reader may see them."""
    route: RoutePattern | None
    """Along the route that was asked about; None: none was, or he was not seen."""
    days: tuple[UnlikeDay, ...]
    """Each whole day of the period."""
    after: tuple[AfterChange, ...]
    """His nights after each change of the tag in the period."""
    fixes: int
    """In the period."""
    observed_s: int
    unobserved_s: int
    off_s: int
    off_body: tuple[OffBody, ...]
    method: Method


def period(weeks: int, end: Instant, known_at: Instant, now: Instant) -> Window:
    """Return the period of so many weeks before `end`. Raises QuestionError."""
    low, high = WEEKS
    if not low <= weeks <= high:
        raise QuestionError("weeks", f"Ask about {low} to {high} weeks")
    if known_at > now:
        raise QuestionError("as_of", "What is known later cannot be asked for now")
    if end > known_at:
        raise QuestionError("end", "The time asked about must be over: end it by now")
    return Window(start=Instant(end - weeks * WEEK), end=end, known_at=known_at)


def patterns(
    reader: Reader,
    wearer_id: WearerId,
    window: Window,
    ring_m: float,
    within_m: float,
    route: RouteAsked | None = None,
) -> PatternsView:
    """Return the patterns of a period. Raises NotFound where he is outside scope, QuestionError;
    each is on the audit."""
    _check("ring", ring_m, RING_M, "The ring")
    _check("within", within_m, WITHIN_M, "The distance from her route")
    earlier_from = Instant(window.start - EARLIER * WEEK)
    whole = msgspec.structs.replace(window, start=earlier_from)
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "patterns")
        of_him = known(connection, wearer_id, whole, WEEK_BESIDE)
        zones = zones_of(reader, connection, wearer, window)
        weeks = weeks_of(of_him, whole.span)
        period = weeks[EARLIER:]
        spent = _spent(period)
        share = spent["observed_s"] / max(1, sum(spent.values()))
        his = _ready(of_him, weeks, window, zones, ring_m)
        places = tuple(
            place_pattern(connection, each, his, of_him, window, ring_m) for each in zones
        )
        others = people(reader, connection, wearer, window)
        carried = tuple(
            person_pattern(connection, each, his, of_him, (window, whole), within_m, share)
            for each in others
        )
        days: tuple[UnlikeDay, ...] = ()
        after: tuple[AfterChange, ...] = ()
        along: RoutePattern | None = None
        if his is not None:
            days, after = days_unlike(connection, wearer_id, his, of_him, window)
            if route is not None:
                drawn = drawn_route(his, route.corners, route.times(window))
                along = route_waits(his, drawn, within_m, share)
    asked = [f"{each.condition_id}@{each.version}" for each, _ in zones]
    detail = audit_detail(
        window,
        f"ring {ring_m:g} m",
        f"places {', '.join(asked) or 'none'}",
        f"route #{route.digest} within {within_m:g} m" if route is not None else "",
    )
    reader.combined("patterns", [wearer_id, *(each.wearer_id for _, _, each in others)], detail)
    return PatternsView(
        wearer_id=wearer_id,
        window=window,
        earlier_from=earlier_from,
        weeks=(window.end - window.start) // WEEK,
        ring_m=ring_m,
        within_m=within_m,
        places=places,
        people=carried,
        route=along,
        days=days,
        after=after,
        fixes=sum(each.fixes for each in period),
        **spent,
        off_body=of_him.off_body(window),
        method=method(
            HOW, of_him.settings, window.start, ring_m=f"{ring_m:g}", earlier_weeks=EARLIER
        ),
    )


def _check(name: str, value: float, bounds: tuple[float, float], what: str) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise QuestionError(name, f"{what} must be from {low:g} to {high:g} metres")


def _spent(weeks: Sequence[Movements]) -> dict[str, int]:
    kinds = {"observed_s": Seen.OBSERVED, "unobserved_s": Seen.UNOBSERVED, "off_s": Seen.OFF}
    return {
        name: sum(each.coverage.seconds(kind) for each in weeks) for name, kind in kinds.items()
    }


def _ready(
    of_him: Known,
    weeks: Sequence[Movements],
    window: Window,
    zones: Sequence[Zone],
    ring_m: float,
) -> OwnWeeks | None:
    guarded: list[tuple[LonLat, float]] = []
    for _, terms in zones:
        ready = area(terms.shape).shape
        middle = ready.plane.lonlat(ready.centre_x_m, ready.centre_y_m)
        guarded.append((middle, ready.bound_radius_m + terms.buffer_m + ring_m))
    mode = of_him.tags.mode
    gap_s = LONGER * max(mode.moving_interval_s, mode.resting_interval_s)
    return own_weeks(weeks, of_him.trail, window.start, gap_s, of_him.settings, guarded)
