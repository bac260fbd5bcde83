"""What the map of an answer shows: the place asked about, and fixes in their 95 % circles."""

from collections.abc import Sequence
from typing import Any

from tagwatch.query.question_companions import CompanionsView
from tagwatch.query.question_meet import MeetView
from tagwatch.query.question_near import NearView
from tagwatch.query.question_usual import UsualView
from tagwatch.query.question_worn import WornView

MOST_SPOTS = 200


def map_of(view: Any) -> dict[str, Any] | None:
    """Return what `map/question.js` draws; None where an answer shows no place."""
    if isinstance(view, UsualView):
        return _spots(
            [(p.place, p.lon_deg, p.lat_deg, p.radius_m) for p in view.usual if p.place is not None]
        )
    if isinstance(view, MeetView):
        within_m = view.found.within_m
        return _spots(
            [(n, m.lon_deg, m.lat_deg, within_m) for n, m in enumerate(view.found.meetings, 1)]
        )
    if isinstance(view, WornView):
        ends = [(e.gap, e.lon_deg, e.lat_deg, e.accuracy_m_95) for e in view.ends if e.before]
        after = [(e.gap, e.lon_deg, e.lat_deg, e.accuracy_m_95) for e in view.ends if not e.before]
        return _spots([*ends, *after], len(ends))
    if isinstance(view, CompanionsView):
        best = [each.times[each.best] for each in (*view.beside, *view.possible)]
        places = [(n, m.lon_deg, m.lat_deg, view.within_m) for n, m in enumerate(best, 1)]
        return _spots(places, len(view.beside))
    if not hasattr(view, "place"):
        return None
    place: dict[str, Any] = dict(view.place)
    if "coordinates" in place:
        place = {"type": "Feature", "geometry": place, "properties": {}}
    return {"place": place, "fixes": _fixes(view) if isinstance(view, NearView) else []}


def _spots(
    spots: Sequence[tuple[int | None, float | None, float | None, float | None]], shown: int = 0
) -> Any:
    """Return numbered circles without a place asked about, the first `shown` of them in black; None
    without any."""
    found = [
        {"number": number, "lon": lon, "lat": lat, "radius_m": radius_m, "speaks_for": k < shown}
        for k, (number, lon, lat, radius_m) in enumerate(spots[:MOST_SPOTS])
    ]
    return {"place": None, "fixes": found} if found else None


def _fixes(view: NearView) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "lon": fix.lon_deg,
            "lat": fix.lat_deg,
            "radius_m": fix.accuracy_m_95,
            "speaks_for": fix.p_inside >= view.found.probability / 2 and fix.p_inside > 0.01,
        }
        for number, fix in enumerate(view.found.close, start=1)
    ]
