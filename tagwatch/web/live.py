"""The live map: where everybody of a caseload was last seen, and how long ago that is."""

import math
from typing import Any, Final

from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.core.order import Curfew
from tagwatch.core.units import HOUR, Instant
from tagwatch.query.live import (
    ACROSS,
    FRESH,
    Box,
    LiveGroup,
    LiveMap,
    LivePlace,
    live_map,
    live_rows,
)
from tagwatch.web.borough import borough_of
from tagwatch.web.foundation import Asked, reader
from tagwatch.web.layout import page_asked, show
from tagwatch.web.render import age, clock, static_address
from tagwatch.web.route import page

MOST_ACROSS: Final = 40


@page("/live", Verb.SEE_LIVE)
def live(request: Asked) -> Response[Any]:
    """Show a page of the last fixes as a table; the map beside it asks for what it draws."""
    found = live_rows(reader(request), page_asked(request))
    context = {
        "found": found,
        "rows": [(place, how_old(place, found.at), _borough(place)) for place in found.places],
        "boroughs": static_address("map/boroughs.geojson"),
    }
    return show(request, "live.html", context)


@page("/live/places", Verb.SEE_LIVE)
def live_places(request: Asked) -> Response[Any]:
    """Give what the map draws of the part `box=west,south,east,north`, or of all there is,
    in groups of `across` along its longer side where they are too many."""
    try:
        box = _box(request.query_params.get("box", ""))
    except ValueError as error:
        return Response({"status": 422, "detail": str(error)}, status_code=422)
    across = request.query_params.get("across", "")
    cells = min(max(int(across), 2), MOST_ACROSS) if across.isdecimal() else ACROSS
    found = live_map(reader(request), box, cells)
    edges = found.box
    return Response(
        {
            "at": clock(found.at),
            "wearers": found.wearers,
            "box": edges and [edges.west_deg, edges.south_deg, edges.east_deg, edges.north_deg],
            "places": [_drawn(place, found.at) for place in found.places],
            "groups": [
                {
                    "lon": round(group.lon_deg, 5),
                    "lat": round(group.lat_deg, 5),
                    "wearers": group.wearers,
                    "how": most_are(group),
                    "old": group.wearers - group.fresh - group.hour,
                    "alerts": {urgency.value: n for urgency, n in group.alerts.items()},
                }
                for group in found.groups
            ],
            "zones": _zones(found),
        },
        headers={"cache-control": "no-store"},
    )


def _box(given: str) -> Box | None:
    """Read a box. Raises ValueError with what is wrong with it."""
    if not given:
        return None
    try:
        west, south, east, north = (float(edge) for edge in given.split(","))
    except ValueError as error:
        raise ValueError("box is four numbers: west,south,east,north in degrees") from error
    edges = (west, south, east, north)
    if not all(math.isfinite(edge) and abs(edge) <= 360 for edge in edges):
        raise ValueError("box is four finite numbers of degrees")
    if west > east or south > north:
        raise ValueError("box is west,south,east,north: west before east and south before north")
    return Box(west_deg=west, south_deg=south, east_deg=east, north_deg=north)


def most_are(group: LiveGroup) -> str:
    """Return the class of age that most of a group are of, the older one of two."""
    classes = {"old": group.wearers - group.fresh - group.hour, "hour": group.hour}
    return max((classes | {"fresh": group.fresh}).items(), key=lambda each: each[1])[0]


def how_old(place: LivePlace, at: Instant) -> str:
    """Return the class of a last fix by its age: fresh, hour, old or never."""
    return "never" if place.fixed_at is None else age_class(place.fixed_at, at)


def age_class(fixed_at: Instant, at: Instant) -> str:
    """Return the class of a fix by its age: fresh, hour or old."""
    since = at - fixed_at
    return "fresh" if since <= FRESH else "hour" if since <= HOUR else "old"


def _borough(place: LivePlace) -> str:
    if place.lon_deg is None or place.lat_deg is None:
        return "unknown"
    return borough_of(place.lon_deg, place.lat_deg)


def _drawn(place: LivePlace, at: Instant) -> dict[str, Any]:
    return {
        "id": place.wearer.wearer_id,
        "name": place.wearer.name,
        "lon": place.lon_deg,
        "lat": place.lat_deg,
        "radius_m": place.accuracy_m_95,
        "age": age(at - (place.fixed_at or at)),
        "how": how_old(place, at),
        "alerts": place.open_alerts,
    }


def _zones(found: LiveMap) -> list[dict[str, Any]]:
    return [
        {
            **shape,
            "properties": {
                **shape["properties"],
                "kind": "curfew" if isinstance(version.terms, Curfew) else "zone",
            },
        }
        for version, shape in found.zones
    ]


ROUTES = (live, live_places)
