"""Questions about the past: a form each, answered at once, with an address that gives the same
answer again."""

from time import perf_counter
from typing import Any, Final
from urllib.parse import quote, urlencode

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.access.written import COMBINES, LOOKS, UNASKED
from tagwatch.core.ids import WearerId
from tagwatch.core.units import iso
from tagwatch.query.question import About, QuestionError, Window, about
from tagwatch.query.reader import Reader
from tagwatch.query.wearers import Search, wearers
from tagwatch.web.form import Problems
from tagwatch.web.foundation import Asked, reader, who
from tagwatch.web.layout import show
from tagwatch.web.question_answer import API, ASKINGS, TONE, Asking
from tagwatch.web.question_input import (
    DAY_NAMES,
    fields_of,
    is_asked,
    when_inputs,
    where_inputs,
    without_as_of,
)
from tagwatch.web.question_map import map_of
from tagwatch.web.question_words import coverage_sentence, off_body_sentences
from tagwatch.web.render import static_address
from tagwatch.web.route import page
from tagwatch.web.silence import silence_words
from tagwatch.web.trail_window import LONGEST as TRAIL_LONGEST

_BY_NAME: Final = {asking.name: asking for asking in ASKINGS}


@page("/questions", Verb.SEE_TRAIL, LOOKS.unless("nobody is sought yet"))
def questions(request: Asked) -> Response[Any]:
    """List what can be asked, and find about whom."""
    asking = reader(request)
    words = request.query_params.get("q", "").strip()[:100]
    found = wearers(asking, Search(words=words)) if words else None
    context: dict[str, Any] = {"askings": ASKINGS, "words": words, "found": found}
    context["may_check"] = who(request).actor.may(Verb.CHECK_ACCOUNT)
    return show(request, "questions.html", context)


@page("/wearers/{wearer_id:str}/questions", Verb.SEE_TRAIL)
def questions_about(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """List what can be asked about one wearer."""
    found = about(reader(request), WearerId(wearer_id))
    return show(request, "questions_about.html", {"askings": ASKINGS, "wearer": found.wearer})


@page("/wearers/{wearer_id:str}/questions/near", Verb.SEE_TRAIL, COMBINES.unless(UNASKED))
def near(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Answer whether he was near a place."""
    return _answered(request, WearerId(wearer_id), _BY_NAME["near"])


@page("/wearers/{wearer_id:str}/questions/visits", Verb.SEE_TRAIL)
def visits(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Answer when he was first and last at a place."""
    return _answered(request, WearerId(wearer_id), _BY_NAME["visits"])


@page("/wearers/{wearer_id:str}/questions/worn", Verb.SEE_TRAIL)
def worn(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Answer whether his tag was worn and seen."""
    return _answered(request, WearerId(wearer_id), _BY_NAME["worn"])


def _answered(request: Asked, wearer_id: WearerId, kind: Asking) -> Response[Any]:
    asking, began = reader(request), perf_counter()
    whom = about(asking, wearer_id)
    given = {name: str(value) for name, value in request.query_params.items()}
    problems, found = Problems(), None
    if is_asked(given):
        try:
            found = kind.answer(asking, wearer_id, given)
        except QuestionError as error:
            problems.add(error.field, str(error))
            asking.refused(f"question_{kind.name}", [wearer_id], f"asked wrongly: {error.field}")
    context = _form(asking, whom, kind, given, problems)
    if found is not None:
        context |= _answer(request, wearer_id, kind, found)
        context["took_s"] = perf_counter() - began
    return show(request, kind.template, context, 422 if problems else 200)


def _form(
    asking: Reader, whom: About, kind: Asking, given: dict[str, str], problems: Problems
) -> dict[str, Any]:
    places = tuple((f"{p.condition_id}@{p.version}", p.label) for p in whom.places)
    where = where_inputs(places) if kind.has_place else ()
    extras = kind.extras()
    inputs = (*extras, *where, *when_inputs())
    return {
        "kind": kind,
        "wearer": whom.wearer,
        "extras": extras,
        "by": {each.name: each for each in inputs},
        "values": fields_of(given, asking.now(), kind.back_us),
        "errors": problems.by_field,
        "summary": problems.summary(inputs),
        "boroughs": static_address("map/boroughs.geojson"),
        "found": None,
        "silence_words": silence_words,
        "day_names": DAY_NAMES,
    }


def _answer(request: Asked, wearer_id: WearerId, kind: Asking, found: Any) -> dict[str, Any]:
    path = f"/wearers/{wearer_id}/questions/{kind.name}"
    link = found.link.replace(f"{API}/{kind.name}/{wearer_id}", path)
    asked = f"{kind.title} {found.sentence} (Answer: {link})"
    return {
        "found": found,
        "view": found.answer,
        "sentence": found.sentence,
        "link": link,
        "link_now": without_as_of(link),
        "api_link": found.link,
        "map": map_of(found.answer),
        "tone": TONE,
        "coverage_sentence": coverage_sentence,
        "off_body": off_body_sentences(found.answer.off_body),
        "asked": link.partition("?")[2],
        "trail": _trail(wearer_id, found.answer.window),
        "enquiry": f"/wearers/{wearer_id}/enquiries/new?question={quote(asked[:1500])}",
        "may_ask": who(request).actor.may(Verb.ASK_ENQUIRY),
    }


def _trail(wearer_id: WearerId, window: Window) -> str | None:
    """Return where the fixes of a window are, None of one that is longer than the page shows."""
    if window.end - window.start > TRAIL_LONGEST:
        return None
    times = {"start": iso(window.start), "end": iso(window.end)}
    return f"/wearers/{wearer_id}/trail?{urlencode(times)}"


@page("/wearers/{wearer_id:str}/questions/usual", Verb.SEE_TRAIL)
def usual(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Answer where he usually is."""
    return _answered(request, WearerId(wearer_id), _BY_NAME["usual"])


@page("/wearers/{wearer_id:str}/questions/meet", Verb.SEE_TRAIL, COMBINES.unless(UNASKED))
def meet(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Answer whether he and another met."""
    return _answered(request, WearerId(wearer_id), _BY_NAME["meet"])


@page("/wearers/{wearer_id:str}/questions/companions", Verb.SEE_TRAIL, COMBINES.unless(UNASKED))
def companions(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Answer who was with him."""
    return _answered(request, WearerId(wearer_id), _BY_NAME["companions"])


ROUTES = (questions, questions_about, near, visits, worn, usual, meet, companions)
