"""Patterns around protected people: one wearer's weeks against his own base rate, as a page."""

from time import perf_counter
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.access.written import COMBINES
from tagwatch.core.ids import WearerId
from tagwatch.core.route_wait import When
from tagwatch.core.stalking import PlacePattern
from tagwatch.core.unlike import Likeness
from tagwatch.query.question import QuestionError, about
from tagwatch.query.stalking import PatternsView, patterns
from tagwatch.web import stalking_words
from tagwatch.web.form import Problems
from tagwatch.web.foundation import Asked, reader
from tagwatch.web.layout import show
from tagwatch.web.question_words import coverage_sentence, off_body_sentences
from tagwatch.web.render import static_address
from tagwatch.web.route import page
from tagwatch.web.stalking_input import PatternsAsked, asked_of, fields_of, inputs

_MOST_SPOTS: Final = 200


@page("/wearers/{wearer_id:str}/patterns", Verb.SEE_TRAIL, COMBINES)
def patterns_page(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show repeated presence, waiting and days unlike his own weeks."""
    asking, began = reader(request), perf_counter()
    given = {name: str(value) for name, value in request.query_params.items()}
    problems, asked, found = Problems(), None, None
    whom = about(asking, WearerId(wearer_id))
    try:
        asked = asked_of(given, asking.now())
        found = patterns(
            asking, whom.wearer.wearer_id, asked.window, asked.ring_m, asked.within_m, asked.route
        )
    except QuestionError as error:
        problems.add(error.field, str(error))
        asking.refused("patterns", [whom.wearer.wearer_id], f"asked wrongly: {error.field}")
    shown = inputs()
    context: dict[str, Any] = {
        "wearer": whom.wearer,
        "inputs": shown,
        "values": fields_of(given),
        "errors": problems.by_field,
        "summary": problems.summary(shown),
        "boroughs": static_address("map/boroughs.geojson"),
        "view": None,
    }
    if found is not None and asked is not None:
        context |= _answer(found, asked) | {"took_s": perf_counter() - began}
    return show(request, "patterns.html", context, 422 if problems else 200)


def _answer(found: PatternsView, asked: PatternsAsked) -> dict[str, Any]:
    path = f"/wearers/{found.wearer_id}/patterns?{asked.query}"
    return {
        "view": found,
        "words": stalking_words,
        "link": path,
        "api_link": f"/api/v1{path}",
        "unlike": [each for each in found.days if each.likeness in stalking_words.UNLIKE],
        "unsaid": [each for each in found.days if each.likeness is Likeness.CANNOT_SAY],
        "route_map": route_map(found, asked),
        "maps": [map_of(each) for each in found.places],
        "seen": coverage_sentence(found.observed_s, found.unobserved_s, found.off_s),
        "off_body": off_body_sentences(found.off_body),
    }


def map_of(place: PlacePattern) -> dict[str, Any] | None:
    """Return what `map/question.js` draws of a place: the zone, and of each visit the fix that
    shows it best."""
    found = place.around
    if found is None or not found.visits:
        return None
    outline: dict[str, Any] = place.place
    if "coordinates" in outline:
        outline = {"type": "Feature", "geometry": outline, "properties": {}}
    properties: dict[str, Any] = {**outline["properties"], "label": place.label}
    outline = {**outline, "properties": properties}
    spots = [
        {
            "number": number, "lon": each.lon_deg, "lat": each.lat_deg,
            "radius_m": each.radius_m_95, "speaks_for": each.stopped_s_most > 0,
        }
        for number, each in enumerate(found.visits, start=1)
    ]  # fmt: skip
    return {"place": outline, "fixes": spots[:_MOST_SPOTS]}


def route_map(found: PatternsView, asked: PatternsAsked) -> dict[str, Any] | None:
    """Return what `map/question.js` draws of the route asked about, and his stops near it."""
    if asked.route is None or found.route is None:
        return None
    corners = [[lon, lat] for lon, lat in asked.route.corners]
    line = {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": corners},
        "properties": {"label": "her route"},
    }
    spots = [
        {
            "number": number, "lon": each.lon_deg, "lat": each.lat_deg,
            "radius_m": each.radius_m_95, "speaks_for": each.when is not When.OTHER,
        }
        for number, each in enumerate(found.route.waits, start=1)
    ]  # fmt: skip
    return {"place": line, "fixes": spots[:_MOST_SPOTS]}


ROUTES = (patterns_page,)
