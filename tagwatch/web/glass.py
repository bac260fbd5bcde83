"""Break-glass: the page on which a record is opened, and openings are judged and explained."""

from collections.abc import Callable, Iterable
from typing import Any

from litestar.params import FromPath
from litestar.response import Redirect, Response

from tagwatch.access.enrolment import now
from tagwatch.access.purpose import ALLOWED, Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import ENTERS
from tagwatch.core.glass import REASON_LEAST, WORDS_MOST, GlassError, GlassStep
from tagwatch.core.ids import GlassId
from tagwatch.core.units import MINUTE
from tagwatch.desk.clerk import Applied, Conflict, Done, NotRecorded
from tagwatch.desk.glass import answer_glass, break_glass, end_glass, explain_glass
from tagwatch.query.glass import GlassRow, all_glasses, glass_lasts, glass_lists
from tagwatch.web.form import TOP, after, said
from tagwatch.web.foundation import Asked, foundation, reader, role_reader, who
from tagwatch.web.layout import page_asked, show
from tagwatch.web.route import Form, act, field, page

AT = "/break-glass"


@page(AT, Verb.BREAK_GLASS)
def glass_page(request: Asked) -> Response[Any]:
    """Show the form, the own openings, and those of the own cases."""
    return _page(request, {}, {}, 200)


@act(AT, Verb.BREAK_GLASS, ENTERS.unless("he is within reach without it: then it is a look"))
def open_record(request: Asked, data: Form) -> Response[Any]:
    """Open a record, and lead to it."""
    base = foundation(request)
    typed = {
        "number": field(data, "number", 80),
        "born": field(data, "born", 20),
        "reason": field(data, "reason", WORDS_MOST + 1),
    }
    try:
        opened = break_glass(
            base.clerk, role_reader(request), base.sign_in.accounts, *typed.values()
        )
    except GlassError as error:
        return _page(request, typed, {error.field: str(error)}, 422)
    except NotRecorded as error:
        return _page(request, typed, {TOP: str(error)}, 503)
    if who(request).purpose(now()) is None:
        # The reason says why he looks: he is not asked twice.
        purpose = ALLOWED[who(request).actor.role][0]
        base.sign_in.state_purpose(who(request), purpose, typed["reason"][:500], now())
    if opened.done is not None and opened.done.applied is not Applied.APPLIED:
        return after(AT, opened.done)
    return Redirect(f"/wearers/{opened.wearer_id}", status_code=303)


@act(f"{AT}/{{glass_id:str}}/end", Verb.BREAK_GLASS)
def end(request: Asked, glass_id: FromPath[str], data: Form) -> Response[Any]:  # noqa: ARG001  # the form's token
    """Close a record before its time."""
    base, asking = foundation(request), role_reader(request)
    return _do(request, lambda: end_glass(base.clerk, asking, GlassId(glass_id)))


@act(f"{AT}/{{glass_id:str}}/explain", Verb.BREAK_GLASS)
def explain(request: Asked, glass_id: FromPath[str], data: Form) -> Response[Any]:
    """Answer whoever asks why."""
    base, asking, words = foundation(request), role_reader(request), field(data, "words", 1000)
    return _do(request, lambda: explain_glass(base.clerk, asking, GlassId(glass_id), words))


@act(f"{AT}/{{glass_id:str}}/answer", Verb.ANSWER_GLASS)
def answer(request: Asked, glass_id: FromPath[str], data: Form) -> Response[Any]:
    """Say that an opening was justified, or ask why."""
    base, asking, words = foundation(request), role_reader(request), field(data, "words", 1000)
    asked = field(data, "step", 20) == GlassStep.ASKED.value
    step = GlassStep.ASKED if asked else GlassStep.JUSTIFIED
    name = GlassId(glass_id)
    return _do(request, lambda: answer_glass(base.clerk, asking, name, step, words))


@page("/audit/break-glass", Verb.SEE_AUDIT)
def every_glass(request: Asked) -> Response[Any]:
    """List all openings for whoever reads the audit."""
    found = all_glasses(reader(request, Purpose.UPKEEP), page_asked(request))
    context = {"found": found, "names": _names(request, found.rows)}
    return show(request, "glass_all.html", context)


def _do(request: Asked, work: Callable[[], Done]) -> Response[Any]:
    try:
        return after(AT, work())
    except GlassError as error:
        return _page(request, {}, {TOP: str(error)}, 422)
    except Conflict as error:
        return _page(request, {}, {TOP: str(error)}, 409)
    except NotRecorded as error:
        return _page(request, {}, {TOP: str(error)}, 503)


def _page(
    request: Asked, typed: dict[str, str], problems: dict[str, str], status: int
) -> Response[Any]:
    asking = role_reader(request)
    found = glass_lists(asking)
    context = {
        "found": found,
        "typed": typed,
        "errors": problems,
        "summary": [{"text": text, "href": f"#{name}"} for name, text in problems.items()],
        "names": _names(request, (*found.owed, *found.settled, *found.own)),
        "may_answer": asking.actor.may(Verb.ANSWER_GLASS),
        "least": REASON_LEAST,
        "minutes": glass_lasts(asking) // MINUTE,
        "said": said(request),
    }
    return show(request, "glass.html", context, status)


def _names(request: Asked, rows: Iterable[GlassRow]) -> dict[str, str]:
    shown = [row.glass for row in rows]
    ids = {each.by for each in shown} | {each.judged_by for each in shown}
    ids |= {each.officer for each in shown}
    return foundation(request).sign_in.names({str(each) for each in ids if each})


ROUTES = (glass_page, open_record, end, explain, answer, every_glass)
