"""First and last time at this place, and how many stays were seen there."""

from typing import Any, Final

import msgspec

from tagwatch.core.carried import OffBody
from tagwatch.core.geometry import to_geojson
from tagwatch.core.ids import WearerId
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.units import DAY
from tagwatch.core.visits import Visits, visits
from tagwatch.query.question import (
    CACHED,
    Method,
    PlaceAsked,
    Window,
    audit_detail,
    known,
    method,
)
from tagwatch.query.reader import Reader

LONGEST: Final = 92 * DAY
HOW: Final = (
    "A stay is certain where the rule for an exclusion zone would have confirmed it, by the "
    "position filter that decides alerts; possible where a fix may lie in the place. Before the "
    "first possible time, and after the last, the way to the place was too long between any two "
    "fixes. Comings back within ten minutes are the same stay. What was not seen is not counted."
)


class VisitsView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, with all it depends on."""

    wearer_id: WearerId
    place: dict[str, Any]
    """GeoJSON; a disc is a Point with `radius_m`."""
    place_label: str
    window: Window
    found: Visits
    off_body: tuple[OffBody, ...]
    method: Method


def visits_to(reader: Reader, wearer_id: WearerId, place: PlaceAsked, window: Window) -> VisitsView:
    """Return when he was there. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "question_visits")
        of_him = known(connection, wearer_id, window)
    found = visits(
        of_him.trail,
        place.shape,
        window.span,
        of_him.tags.worn,
        of_him.tags.mode,
        of_him.settings,
        Prepared(most=CACHED),
    )
    reader.consulted(
        "question_visits", [wearer_id], audit_detail(window, place.for_audit, str(found.certain))
    )
    zone = of_him.settings.at(window.start).zone
    return VisitsView(
        wearer_id=wearer_id,
        place=to_geojson(place.shape),
        place_label=place.label,
        window=window,
        found=found,
        off_body=of_him.off_body(window),
        method=method(
            HOW,
            of_him.settings,
            window.start,
            sure_from=zone.thresholds.accuse,
            witnesses=zone.confirm_fixes,
            same_stay_within_s=zone.same_stay_s,
        ),
    )
