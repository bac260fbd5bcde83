"""Accounts checked: statements given one by one, the answer to each, and the check made again."""

from typing import Any, Final

import msgspec
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.core.account import Judgement
from tagwatch.core.geometry import to_geojson
from tagwatch.core.ids import WearerId
from tagwatch.core.likelihood import SCALE
from tagwatch.core.statement import Statement
from tagwatch.desk.account_check import fresh_id, record_check
from tagwatch.query.account_check import MOST, check_view, checks_view, new_check
from tagwatch.query.question import QuestionError
from tagwatch.web import account_words
from tagwatch.web.account_input import (
    DEFAULTS,
    inputs,
    is_begun,
    kept_of,
    statement_of,
)
from tagwatch.web.form import (
    TOP,
    Problems,
    Sheet,
    after,
    attempt,
    said,
    show_sheet,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.layout import show
from tagwatch.web.render import static_address
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.whole import whole

_MOST_SPOTS: Final = 200


@page("/wearers/{wearer_id:str}/account-checks", Verb.CHECK_ACCOUNT)
def account_checks(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """List the checks of accounts about a wearer."""
    found = checks_view(reader(request), WearerId(wearer_id))
    return show(request, "account_checks.html", {"found": found, "words": account_words})


@page("/wearers/{wearer_id:str}/account-checks/new", Verb.CHECK_ACCOUNT)
def new_account_check(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Ask for the first statement."""
    found = checks_view(reader(request), WearerId(wearer_id))
    return _form(request, found.wearer, DEFAULTS, (), "", None)


@act("/wearers/{wearer_id:str}/account-checks/new", Verb.CHECK_ACCOUNT)
def check_account(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Take a further statement, or check the account."""
    asking, problems = reader(request), Problems()
    wearer = checks_view(asking, WearerId(wearer_id)).wearer
    values = typed(data, _sheet(wearer))
    wanted, reference = field(data, "do", 20), field(data, "reference", 80)
    try:
        kept = kept_of(field(data, "kept", 2_000_001))
    except ValueError as error:
        problems.add(TOP, str(error))
        kept = ()
    if wanted.startswith("remove-"):
        number = wanted.removeprefix("remove-")
        left = tuple(each for k, each in enumerate(kept) if str(k) != number)
        return _form(request, wearer, values, left, reference, None)
    if wanted != "check" or is_begun(values) or not kept:
        fresh = statement_of(values, problems, asking.now())
        if fresh is not None:
            kept, values = (*kept, fresh), dict(DEFAULTS)
    if len(kept) > MOST:
        problems.add(TOP, f"A check has at most {MOST} statements: check these first")
    if problems or wanted != "check":
        return _form(request, wearer, values, kept, reference, problems)
    try:
        check = new_check(asking, wearer.wearer_id, fresh_id(), reference, kept)
        done = attempt(problems, lambda: record_check(foundation(request).clerk, asking, check))
    except QuestionError as error:
        problems.add(error.field, str(error))
        done = None
    if done is None:
        return _form(request, wearer, values, kept, reference, problems)
    return after(f"/account-checks/{done.made_id}", done)


def _sheet(wearer: Any) -> Sheet:
    return Sheet(
        title="Check an account",
        caption=wearer.name,
        back=f"/wearers/{wearer.wearer_id}/account-checks",
        inputs=inputs(),
    )


def _form(
    request: Asked,
    wearer: Any,
    values: Any,
    kept: tuple[Statement, ...],
    reference: str,
    problems: Problems | None,
) -> Response[Any]:
    sheet = _sheet(wearer)
    more = {
        "kept": kept,
        "kept_text": msgspec.json.encode(kept).decode(),
        "reference": reference,
        "words": account_words,
        "by": {each.name: each for each in sheet.inputs},
        "boroughs": static_address("map/boroughs.geojson"),
        "most": MOST,
    }
    return show_sheet(request, sheet, values, problems, "account_new.html", more)


@page("/account-checks/{check_id:str}", Verb.CHECK_ACCOUNT)
def account_check(request: Asked, check_id: FromPath[str]) -> Response[Any]:
    """Show what the fixes say of each statement."""
    return shown_check(request, check_id, None, {})


def shown_check(
    request: Asked, check_id: str, problems: Problems | None, values: dict[str, str]
) -> Response[Any]:
    """Return the page of a check, with what was typed and what is wrong with it."""
    written = request.query_params.get("version", "0")
    version = whole(written, digits=5)
    found = check_view(reader(request), check_id, version)
    pairs = tuple(zip(found.check.statements, found.check.judgements, strict=True))
    context = {
        "found": found,
        "check": found.check,
        "wearer": found.wearer,
        "pairs": pairs,
        "maps": [map_of(statement, judgement) for statement, judgement in pairs],
        "words": account_words,
        "scale": SCALE,
        "boroughs": static_address("map/boroughs.geojson"),
        "done": said(request),
        "names": foundation(request).sign_in.names({str(word.by) for word in found.words}),
        "may_record": who(request).actor.may(Verb.RECORD_CASE),
        "values": values,
        "errors": {} if problems is None else problems.by_field,
        "summary": [] if problems is None else problems.summary(),
    }
    return show(request, "account_check.html", context, 422 if problems else 200)


@act("/account-checks/{check_id:str}/again", Verb.CHECK_ACCOUNT)
def check_again(request: Asked, check_id: FromPath[str]) -> Response[Any]:
    """Make a check once more, with what is known now."""
    asking = reader(request)
    newest = check_view(asking, check_id).check
    check = new_check(
        asking,
        newest.wearer_id,
        newest.check_id,
        newest.reference,
        newest.statements,
        newest.version + 1,
    )
    done = record_check(foundation(request).clerk, asking, check)
    return after(f"/account-checks/{check_id}", done)


def map_of(statement: Statement, judgement: Judgement) -> dict[str, Any] | None:
    """Return what `map/question.js` draws of a statement."""
    place = None if statement.shape is None else to_geojson(statement.shape)
    if place is not None and "coordinates" in place:
        place = {"type": "Feature", "geometry": place, "properties": {}}
    spots: list[dict[str, Any]] = []
    if judgement.near is not None:
        spots = [
            _spot(n, each.lon_deg, each.lat_deg, each.accuracy_m_95, each.p_inside > 0.5)
            for n, each in enumerate(judgement.near.close, start=1)
        ]
    if judgement.alongside is not None:
        spots = [
            _spot(n, each.lon_deg, each.lat_deg, statement.within_m, each.p_near > 0.5)
            for n, each in enumerate(judgement.alongside.meetings.meetings, start=1)
        ]
    if place is None and not spots:
        return None
    return {"place": place, "fixes": spots[:_MOST_SPOTS]}


def _spot(number: int, lon: float, lat: float, radius_m: float, speaks: bool) -> dict[str, Any]:
    return {
        "number": number, "lon": lon, "lat": lat, "radius_m": radius_m, "speaks_for": speaks,
    }  # fmt: skip


ROUTES = (account_checks, new_account_check, check_account, account_check, check_again)
