"""Which of these wearers could have been there: the page, for one statement and many wearers."""

from time import perf_counter
from typing import Any, Final

import msgspec
from litestar.response import Response

from tagwatch.access.purpose import SAYS as PURPOSE_SAYS
from tagwatch.access.role import Verb
from tagwatch.access.written import COMBINES, FORM
from tagwatch.core.crime_profiles import PROFILES, profile_of
from tagwatch.core.geometry import to_geojson
from tagwatch.core.ids import WearerId
from tagwatch.core.order import Programme
from tagwatch.core.statement import Allegation
from tagwatch.query.account_many import (
    MOST_ASKED,
    MOST_FULL,
    MOST_LISTED,
    MOST_SHOWN,
    PURPOSES,
    Among,
    ManyView,
    could_have_been,
)
from tagwatch.query.question import QuestionError
from tagwatch.report.borough import names as boroughs
from tagwatch.web import account_many_words, account_words
from tagwatch.web.account_input import DEFAULTS, inputs, statement_of
from tagwatch.web.form import Input, Kind, Problems, Sheet, options, show_sheet, typed
from tagwatch.web.foundation import Asked, reader
from tagwatch.web.question_words import coverage_sentence
from tagwatch.web.render import static_address
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.words import word

PATH: Final = "/account-search"
_NOT_ASKED: Final = ("track", "within")
_ASKABLE: Final = tuple(one for one in Allegation if one is not Allegation.FOLLOWED)


def _inputs() -> tuple[Input, ...]:
    said = tuple(_askable(one) for one in inputs() if one.name not in _NOT_ASKED)
    return (*said, *whom_inputs())


def _askable(one: Input) -> Input:
    if one.name != "claim":
        return one
    return msgspec.structs.replace(one, options=tuple((a.value, word(a)) for a in _ASKABLE))


def whom_inputs() -> tuple[Input, ...]:
    """Return the fields that say of whom it is asked."""
    kinds = tuple((one.profile_id, one.title) for one in PROFILES)
    return (
        Input(
            name="profile",
            label="What it is about",
            kind=Kind.SELECT,
            hint="Only wearers whose order is of a programme for it are looked at",
            options=(("", "Choose"), *kinds),
        ),
        Input(
            name="programme",
            label="Programme (optional)",
            kind=Kind.SELECT,
            options=(("", "Any of them"), *options(Programme)),
        ),
        Input(
            name="borough",
            label="Where they live (optional)",
            kind=Kind.SELECT,
            options=(("", "Anywhere"), *((name, name) for name in boroughs())),
        ),
        Input(
            name="wearers",
            label="These wearers alone (optional)",
            kind=Kind.AREA,
            hint=f"Their ids as Tagwatch has them, one a line, at most {MOST_LISTED}",
        ),
    )


@page(PATH, Verb.CHECK_ACCOUNT, FORM)
def account_search(request: Asked) -> Response[Any]:
    """Ask what is said, and of whom."""
    reader(request)
    return _form(request, dict(DEFAULTS), None, None, 0.0)


@act(PATH, Verb.CHECK_ACCOUNT, COMBINES)
def search_account(request: Asked, data: Form) -> Response[Any]:
    """Answer which wearers could have been there."""
    asking, problems, began = reader(request), Problems(), perf_counter()
    values = typed(data, _sheet())
    among = among_of(field(data, "profile", 80), values, problems)
    statement = statement_of({**values, "track": "", "within": "100"}, problems, asking.now())
    if problems or statement is None or among is None:
        asking.refused("account_many", [], f"asked wrongly: {', '.join(problems.by_field)}")
        return _form(request, values, problems, None, 0.0)
    try:
        found = could_have_been(asking, statement, among, asking.now())
    except QuestionError as error:
        problems.add(error.field, str(error))
        return _form(request, values, problems, None, 0.0)
    return _form(request, values, None, found, perf_counter() - began)


def among_of(profile_id: str, values: dict[str, Any], problems: Problems) -> Among | None:
    """Return of whom it is asked; None, with problems noted."""
    profile = profile_of(profile_id)
    if profile is None:
        problems.add("profile", "Choose what it is about")
        return None
    programme, borough = str(values["programme"]), str(values["borough"])
    if programme and programme not in list(Programme):
        problems.add("programme", "Choose one of the programmes")
        return None
    if borough and borough not in boroughs():
        problems.add("borough", "Choose one of the boroughs")
        return None
    names = [each.strip() for each in str(values["wearers"]).split() if each.strip()]
    if len(names) > MOST_LISTED or any(len(each) > 80 for each in names):
        problems.add("wearers", f"Name at most {MOST_LISTED} wearers by their ids, one a line")
        return None
    return Among(
        profile=profile,
        wearers=tuple(WearerId(each) for each in dict.fromkeys(names)),
        borough=borough,
        programme=Programme(programme) if programme else None,
    )


def _sheet() -> Sheet:
    return Sheet(title="Who could have been there", back="/questions", inputs=_inputs())


def _form(
    request: Asked,
    values: dict[str, Any],
    problems: Problems | None,
    found: ManyView | None,
    took_s: float,
) -> Response[Any]:
    sheet = _sheet()
    more: dict[str, Any] = {
        "by": {each.name: each for each in sheet.inputs},
        "boroughs": static_address("map/boroughs.geojson"),
        "found": found,
        "took_s": took_s,
        "words": account_many_words,
        "said": account_words.said_sentence,
        "tone": account_words.TONE,
        "coverage_sentence": coverage_sentence,
        "purposes": [PURPOSE_SAYS[each] for each in PURPOSES],
        "most_full": MOST_FULL,
        "most_asked": MOST_ASKED,
        "most_shown": MOST_SHOWN,
    }
    if found is not None:
        more["kept"] = msgspec.json.encode((found.statement,)).decode()
        more["map"] = _map(found)
    return show_sheet(request, sheet, values, problems, "account_search.html", more)


def _map(found: ManyView) -> dict[str, Any] | None:
    """Return what `map/question.js` draws: the place alone, nobody's fixes."""
    if found.statement.shape is None:
        return None
    place = to_geojson(found.statement.shape)
    if "coordinates" in place:
        place = {"type": "Feature", "geometry": place, "properties": {}}
    return {"place": place, "fixes": []}


ROUTES = (account_search, search_account)
