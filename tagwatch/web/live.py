"""The live map: where everybody of a caseload was last seen, and how long ago that is."""

from typing import Any

from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.core.order import Curfew
from tagwatch.core.units import HOUR, MINUTE, Instant
from tagwatch.query.live import LiveMap, LivePlace
from tagwatch.query.live import live as ask_live
from tagwatch.web.borough import borough_of
from tagwatch.web.foundation import Asked, reader
from tagwatch.web.layout import show
from tagwatch.web.render import age, static_address
from tagwatch.web.route import page

FRESH = 10 * MINUTE


@page("/live", Verb.SEE_LIVE)
def live(request: Asked) -> Response[Any]:
    """Show the last fixes of the caseload as circles, with a table that says the same."""
    found = ask_live(reader(request))
    context = {
        "found": found,
        "rows": [(place, how_old(place, found.at), _borough(place)) for place in found.places],
        "map": {
            "places": [_drawn(place, found.at) for place in found.places if place.fixed_at],
            "zones": _zones(found),
        },
        "boroughs": static_address("map/boroughs.geojson"),
    }
    return show(request, "live.html", context)


def how_old(place: LivePlace, at: Instant) -> str:
    """Return the class of a last fix by its age: fresh, hour, old or never."""
    if place.fixed_at is None:
        return "never"
    since = at - place.fixed_at
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


ROUTES = (live,)
