"""The weekly overview of a wearer: on the page and as PDF, said in the same sections."""

from datetime import date
from hashlib import sha256
from typing import Any

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.ids import WearerId
from tagwatch.core.timetable import london
from tagwatch.core.units import SECOND, Instant
from tagwatch.query.week import Asked as Window
from tagwatch.query.week import WeekView, kept_paper
from tagwatch.query.week import week as ask_week
from tagwatch.report.paper import typeset
from tagwatch.report.week.facts import last_week
from tagwatch.report.week.paper import detail, first_page, following, paper
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.route import page


@page("/wearers/{wearer_id:str}/week", Verb.SEE_TRAIL)
def week(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show a wearer's week: the last whole one as it was made, or any window."""
    asking, name = reader(request), WearerId(wearer_id)
    typed = {each: request.query_params.get(each, "").strip()[:20] for each in ("from", "until")}
    problem = ""
    try:
        view = ask_week(asking, foundation(request).config, name, asked_window(request))
    except ValueError as error:
        problem = str(error)
        view = ask_week(asking, foundation(request).config, name, Window())
    made = view.overview
    first, last = _days(made.start, made.end)
    context = {
        "view": view,
        "wearer": view.wearer,
        "first_page": first_page(made),
        "detail": (*following(made), *detail(made)),
        "first": first,
        "last": last,
        "typed": typed if problem else {"from": first.isoformat(), "until": last.isoformat()},
        "before": _around(first, last, -1),
        "after": _around(first, last, 1) if last < london(asking.now()).date() else None,
        "is_latest": first == last_week(asking.now()),
        "problem": problem,
    }
    return show(request, "overview.html", context, 422 if problem else 200)


@page("/wearers/{wearer_id:str}/week.pdf", Verb.SEE_TRAIL, HANDS_OUT)
def week_pdf(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Hand the overview out as a tagged PDF, to be saved. On the audit as a disclosure."""
    asking, name = reader(request), WearerId(wearer_id)
    try:
        view = ask_week(asking, foundation(request).config, name, asked_window(request))
    except ValueError as error:
        return show(
            request, "error.html", {"title": "There is no such week", "text": str(error)}, 422
        )
    content = kept_paper(foundation(request).config, view) or typeset(paper(view.overview))
    digest = sha256(content).hexdigest()
    asking.disclosing("week_pdf", [name], f"{_window(view)} sha256 {digest}")
    first, _ = _days(view.overview.start, view.overview.end)
    return Response(
        content,
        headers={
            "content-type": "application/pdf",
            "content-disposition": f'attachment; filename="week-{first.isoformat()}.pdf"',
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-sha256": digest,
        },
    )


def asked_window(request: Asked) -> Window:
    """Return the window of an address. Raises ValueError in words for a person."""
    given = {name: request.query_params.get(name, "").strip() for name in ("from", "until")}
    anew = "anew" if request.query_params.get("anew") else ""
    return Window(first=day_of(given["from"]), last=day_of(given["until"]), anew=anew)


def day_of(words: str) -> date | None:
    """Return a day written as 2026-11-16, None for nothing. Raises ValueError in words."""
    if not words:
        return None
    try:
        found = date.fromisoformat(words)
    except ValueError:
        raise ValueError(f"{words[:20]!r} is no day: write it as 2026-11-16") from None
    if not date(2000, 1, 1) <= found <= date(2199, 12, 31):
        raise ValueError("The days must lie between 2000 and 2199")
    return found


def _days(start: Instant, end: Instant) -> tuple[date, date]:
    return london(start).date(), london(Instant(end - SECOND)).date()


def _around(first: date, last: date, steps: int) -> str:
    """Return the query of the window as long as this one before or after it."""
    long = (last - first).days + 1
    begins = date.fromordinal(first.toordinal() + steps * long)
    ends = date.fromordinal(last.toordinal() + steps * long)
    return f"from={begins.isoformat()}&until={ends.isoformat()}"


def _window(view: WeekView) -> str:
    return f"[{view.overview.start}, {view.overview.end})"


ROUTES = (week, week_pdf)
"""The pages and the paper of a wearer's week."""
