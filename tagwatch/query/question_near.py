"""Was he near this place in this window? Yes, no or cannot say, with the evidence."""

from typing import Any, Final

import msgspec

from tagwatch.core.carried import OffBody
from tagwatch.core.geometry import to_geojson
from tagwatch.core.ids import WearerId
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.units import DAY
from tagwatch.core.was_near import WasNear, was_near
from tagwatch.query.question import (
    CACHED,
    Known,
    Method,
    PlaceAsked,
    Window,
    audit_detail,
    known,
    method,
)
from tagwatch.query.reader import Reader

LONGEST: Final = 31 * DAY
HOW: Final = (
    "Each fix is held against the place by the position filter that decides alerts, which knows "
    "how a fix errs and that errors last. Yes: the rule for an exclusion zone would have confirmed "
    "a stay, and a fix within the time shows it. No: between any two fixes the way to the place "
    "and back was too long, at the fastest way of moving not left out where fixes came as "
    "expected, and at the speed of the fastest train where they did not; and the place lies "
    "outside the 99 % region of every fix. All else is: cannot say."
)


class NearView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, with all it depends on."""

    wearer_id: WearerId
    place: dict[str, Any]
    """A GeoJSON Feature; a disc is a Point with `radius_m`."""
    place_label: str
    window: Window
    found: WasNear
    off_body: tuple[OffBody, ...]
    """In these times the tag said that it was not on him: its fixes are left out."""
    method: Method


def near(reader: Reader, wearer_id: WearerId, place: PlaceAsked, window: Window) -> NearView:
    """Return whether he was there. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "question_near")
        of_him = known(connection, wearer_id, window)
    found = judged(of_him, place, window)
    detail = audit_detail(window, place.for_audit, found.answer.value)
    reader.combined("question_near", [wearer_id], detail)
    zone = of_him.settings.at(window.start).zone
    return NearView(
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
            witnesses_apart_s=zone.independent_s,
            lasting_error_m=zone.steady_m,
        ),
    )


def judged(of_him: Known, place: PlaceAsked, window: Window) -> WasNear:
    """Return what is known of him against the place."""
    return was_near(
        of_him.trail,
        place.shape,
        window.span,
        of_him.tags.worn,
        of_him.tags.mode,
        of_him.settings,
        Prepared(most=CACHED),
    )
