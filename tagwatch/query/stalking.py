"""Patterns around protected people: repeated presence, waiting near a route, and days unlike his
own weeks, over weeks of one wearer's trail and against his own base rate."""

from collections.abc import Sequence
from typing import Final

import msgspec

from tagwatch.core.carried import OffBody
from tagwatch.core.coverage import LONGER, Seen
from tagwatch.core.ids import WearerId
from tagwatch.core.movements import Movements
from tagwatch.core.own_weeks import OwnWeeks, own_weeks
from tagwatch.core.plane import LonLat
from tagwatch.core.rules.area import area
from tagwatch.core.stalking import PlacePattern
from tagwatch.core.units import Instant
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
from tagwatch.query.stalking_place import Zone, place_pattern, zones_of

WEEKS: Final = (1, 13)
EARLIER: Final = 4
"""Weeks before the period that are read too: his own earlier rate."""
RING_M: Final = (50.0, 1_000.0)
HOW: Final = (
    "His stops and trips are found in his fixes, as for his movements. Near is within a ring round "
    "the zone and its buffer, with 80 % probability. A day counts where he was near for no reason "
    "his own weeks give: not at a place where he lives or works, and not straight on between two "
    "places he goes to. The base rate is the same count at places all round his own nearest place, "
    "as far from it and about as far from his ways; and in his own earlier weeks. Bounds are exact "
    "for Poisson counts. What was not seen is not counted."
)


class PatternsView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, with all it depends on."""

    wearer_id: WearerId
    window: Window
    earlier_from: Instant
    """His own earlier weeks begin here."""
    weeks: int
    ring_m: float
    places: tuple[PlacePattern, ...]
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


def patterns(reader: Reader, wearer_id: WearerId, window: Window, ring_m: float) -> PatternsView:
    """Return the patterns of a period. Raises NotFound where he is outside scope, QuestionError;
    each is on the audit."""
    low, high = RING_M
    if not low <= ring_m <= high:
        raise QuestionError("ring", f"The ring must be from {low:g} to {high:g} metres wide")
    earlier_from = Instant(window.start - EARLIER * WEEK)
    whole = msgspec.structs.replace(window, start=earlier_from)
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "patterns")
        of_him = known(connection, wearer_id, whole, WEEK_BESIDE)
        zones = zones_of(reader, connection, wearer, window)
        weeks = weeks_of(of_him, whole.span)
        his = _ready(of_him, weeks, window, zones, ring_m)
        places = tuple(
            place_pattern(connection, each, his, of_him, window, ring_m) for each in zones
        )
    asked = [f"{each.condition_id}@{each.version}" for each, _ in zones]
    detail = audit_detail(window, f"ring {ring_m:g} m", f"places {', '.join(asked) or 'none'}")
    reader.consulted("patterns", [wearer_id], detail)
    return PatternsView(
        wearer_id=wearer_id,
        window=window,
        earlier_from=earlier_from,
        weeks=(window.end - window.start) // WEEK,
        ring_m=ring_m,
        places=places,
        fixes=sum(each.fixes for each in weeks[EARLIER:]),
        **_spent(weeks[EARLIER:]),
        off_body=of_him.off_body(window),
        method=method(
            HOW, of_him.settings, window.start, ring_m=f"{ring_m:g}", earlier_weeks=EARLIER
        ),
    )


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
