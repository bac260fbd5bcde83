"""What the map of an answer shows: the place asked about, and fixes in their 95 % circles."""

from typing import Any

from tagwatch.query.question_near import NearView


def map_of(view: Any) -> dict[str, Any] | None:
    """Return what `map/question.js` draws; None where an answer has no place."""
    if not hasattr(view, "place"):
        return None
    place: dict[str, Any] = dict(view.place)
    if "coordinates" in place:
        place = {"type": "Feature", "geometry": place, "properties": {}}
    return {"place": place, "fixes": _fixes(view) if isinstance(view, NearView) else []}


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
