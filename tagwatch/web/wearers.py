"""Wearers: the list of everybody this person may see, searched and paged."""

from typing import Any, Final
from urllib.parse import urlencode

from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.core.order import Programme
from tagwatch.query.bundle_standing import untold_count
from tagwatch.query.geometry_needs import waiting_counts
from tagwatch.query.wearers import Search
from tagwatch.query.wearers import wearers as ask_wearers
from tagwatch.web.foundation import Asked, reader, who
from tagwatch.web.layout import page_asked, show
from tagwatch.web.route import page
from tagwatch.web.words import word

NONE: Final = "none"


@page("/wearers", Verb.SEE_WEARERS)
def wearers(request: Asked) -> Response[Any]:
    """List the wearers within scope."""
    search = search_of(request)
    asking = reader(request)
    found = ask_wearers(asking, search)
    actor = who(request).actor
    context = {
        "found": found,
        "search": search,
        "programmes": [("", "All programmes"), *((p.value, word(p)) for p in Programme)],
        "boroughs": [("", "All boroughs"), *((b, b) for b in found.boroughs)],
        "pages_at": f"/wearers?{_query(search)}page=",
        "may_see_plan": actor.may(Verb.SEE_PLAN),
        "may_open": actor.may(Verb.SEE_WEARER),
        "may_ask": actor.may(Verb.ASK_ENQUIRY) and not actor.may(Verb.SEE_WEARER),
        "may_enter": actor.may(Verb.REGISTER_WEARER),
        "untold": untold_count(asking) if actor.may(Verb.SEE_BUNDLES) else 0,
        "to_draw": waiting_counts(asking) if actor.may(Verb.RECORD_CONDITION) else (0, 0),
    }
    return show(request, "wearers.html", context)


def search_of(request: Asked) -> Search:
    """Return what the address asks for; what cannot be understood is left out."""
    asked = request.query_params
    programme = asked.get("programme", "")
    return Search(
        words=asked.get("q", "").strip()[:100],
        borough=asked.get("borough", "")[:100],
        programme=Programme(programme) if programme in list(Programme) else None,
        lacks_plan=asked.get("plan") == NONE and who(request).actor.may(Verb.SEE_PLAN),
        page=page_asked(request),
    )


def _query(search: Search) -> str:
    asked = {"q": search.words, "borough": search.borough, "programme": search.programme or ""}
    asked["plan"] = NONE if search.lacks_plan else ""
    kept = urlencode({name: value for name, value in asked.items() if value})
    return f"{kept}&" if kept else ""


ROUTES = (wearers,)
