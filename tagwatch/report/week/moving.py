"""What the fixes of the week, and the weeks before, come to: stops, places, routine, change."""

from dataclasses import dataclass

import msgspec

from tagwatch.core.between import NotExcluded, not_excluded, walked
from tagwatch.core.change import ChangeKind, Changes, changes
from tagwatch.core.geometry import LonLat
from tagwatch.core.movements import Movements, movements
from tagwatch.core.order import Curfew, Demand
from tagwatch.core.place import Places, places
from tagwatch.core.routine import Routine, routine
from tagwatch.core.timetable import Interval
from tagwatch.core.units import DAY, Instant
from tagwatch.report.week.facts import WeekFacts


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """All of it."""

    movements: Movements
    places: Places
    """Numbered over the weeks before and this one; `of_stop` is of this one's stops."""
    new_places: tuple[int, ...]
    changes: Changes
    routine: Routine | None
    not_excluded: tuple[NotExcluded, ...]


def moved(facts: WeekFacts) -> Moved:
    """Return all of it. Only a window of about a week is compared with weeks."""
    found = movements_of(facts)
    weeks = (*facts.past, found)
    of_all = places(weeks, _curfew_address(facts))
    his = of_all.of_stop[len(of_all.of_stop) - len(found.stops) :]
    differs = changes(found, facts.past, of_all)
    if not 6 * DAY <= found.end - found.start <= 8 * DAY:
        new = tuple(each for each in differs.changes if each.kind is ChangeKind.NEW_PLACE)
        differs = msgspec.structs.replace(differs, changes=new, enough=False)
    return Moved(
        movements=found,
        places=msgspec.structs.replace(of_all, of_stop=his),
        new_places=tuple(
            each.place
            for each in differs.changes
            if each.kind is ChangeKind.NEW_PLACE and each.place is not None
        ),
        changes=differs,
        routine=routine(weeks, of_all) if facts.past else None,
        not_excluded=_open_gaps(facts),
    )


def movements_of(facts: WeekFacts) -> Movements:
    """Return the stops, trips and gaps of the window, as far as it is past."""
    return movements(
        facts.trail,
        facts.worn,
        facts.mode,
        _past(facts),
        facts.settings,
        railways=facts.railways,
    )


def _past(facts: WeekFacts) -> Interval:
    start, end = facts.window
    return start, Instant(max(start, min(end, facts.made_at)))


def _curfew_address(facts: WeekFacts) -> LonLat | None:
    """Return the one address at which he must be at night, None without one or with several."""
    held = {
        (each.terms.address.lon_deg, each.terms.address.lat_deg): each.terms.address
        for each in facts.orders.conditions
        if isinstance(each.terms, Curfew) and each.terms.demand is Demand.CURFEW
    }
    return next(iter(held.values())) if len(held) == 1 else None


def _open_gaps(facts: WeekFacts) -> tuple[NotExcluded, ...]:
    """Return the gaps in which a zone cannot be excluded."""
    if not facts.prepared.tracks(facts.orders).zones:
        return ()
    walk = walked(facts.trail, facts.settings, facts.prepared)
    return not_excluded(walk, facts.orders, _past(facts), facts.prepared)
