"""Who was in this area then? The page: of all wearers within scope, for one place and window."""

from time import perf_counter
from typing import Any, Final

from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.access.written import COMBINES
from tagwatch.query.question import QuestionError
from tagwatch.web.form import Problems
from tagwatch.web.foundation import Asked, reader
from tagwatch.web.layout import show
from tagwatch.web.question_answer import API, AreaAnswer, answer_area
from tagwatch.web.question_input import (
    fields_of,
    is_asked,
    when_inputs,
    where_inputs,
    without_as_of,
)
from tagwatch.web.question_map import map_of
from tagwatch.web.question_words import coverage_sentence, excluded_sentence, why_open
from tagwatch.web.render import static_address
from tagwatch.web.route import page

PATH: Final = "/questions/area"
_BACK: Final = 2 * 3_600_000_000
_KIND: Final = {
    "name": "area",
    "title": "Who was in this area then?",
    "says": "Of the wearers within your scope, in a window of up to 24 hours: those who were, "
    "those who cannot be excluded and why, and how many are excluded",
    "has_place": True,
}


@page(PATH, Verb.SEE_TRAIL, COMBINES.unless("nothing is asked yet"))
def area(request: Asked) -> Response[Any]:
    """Answer who was in an area."""
    asking, began = reader(request), perf_counter()
    given = {name: str(value) for name, value in request.query_params.items()}
    problems, found = Problems(), None
    if is_asked(given):
        try:
            found = answer_area(asking, given)
        except QuestionError as error:
            problems.add(error.field, str(error))
            asking.refused("question_area", [], f"asked wrongly: {error.field}")
    inputs = (*where_inputs(()), *when_inputs())
    context: dict[str, Any] = {
        "kind": _KIND,
        "by": {each.name: each for each in inputs},
        "values": fields_of(given, asking.now(), _BACK),
        "errors": problems.by_field,
        "summary": problems.summary(inputs),
        "boroughs": static_address("map/boroughs.geojson"),
        "found": found,
    }
    if found is not None:
        context |= {**_answer(found), "took_s": perf_counter() - began}
    return show(request, "question_area.html", context, 422 if problems else 200)


def _answer(found: AreaAnswer) -> dict[str, Any]:
    link = found.link.replace(f"{API}/area", PATH)
    return {
        "view": found.answer,
        "sentence": found.sentence,
        "link": link,
        "link_now": without_as_of(link),
        "api_link": found.link,
        "map": map_of(found.answer),
        "off_body": (),
        "excluded": excluded_sentence(found.answer),
        "why_open": why_open,
        "coverage_sentence": coverage_sentence,
        "asked": link.partition("?")[2],
    }


ROUTES = (area,)
