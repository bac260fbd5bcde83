"""Places to be drawn: what orders name in words only, the overdue ones first."""

from typing import Any

from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.geometry_need import GeometryNeed, NeedState
from tagwatch.query.geometry_needs import places_to_draw
from tagwatch.web.form import said
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.route import page


@page("/to-draw", Verb.RECORD_CONDITION)
def list_to_draw(request: Asked) -> Response[Any]:
    """List the places within scope that wait to be drawn, and those settled lately."""
    found = places_to_draw(reader(request, Purpose.UPKEEP))
    context: dict[str, Any] = {
        "found": found,
        "groups": [
            (state, [row for row in found.rows if row.state is state]) for state in NeedState
        ],
        "names": foundation(request).sign_in.names({one.by for one in found.lately}),
        "draw_at": draw_at,
        "said": said(request),
    }
    return show(request, "to_draw.html", context)


def draw_at(need: GeometryNeed) -> str:
    """Return the address of the form in which a place is drawn."""
    kind = "zones" if need.demand == "exclusion_zone" else "curfews"
    return f"/wearers/{need.wearer_id}/{kind}/new?need={need.need_id}"


ROUTES = (list_to_draw,)
