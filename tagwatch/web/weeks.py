"""The team's digest: everybody's week in a line, the greatest change first; also as a file."""

from datetime import date
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.access.written import LOOKS_OR_HANDS_OUT
from tagwatch.desk.week import choose_week_notice
from tagwatch.query.weeks import Digest, digest, week_notice
from tagwatch.report.week.facts import week_from
from tagwatch.web.form import TOP, Problems, after, attempt, said
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import page_asked, show
from tagwatch.web.overview import day_of
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.weeks_file import alerts_of, as_csv, as_pdf, line_of, seen_of

_TYPES: Final = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}


@page("/weeks", Verb.SEE_TRAIL, LOOKS_OR_HANDS_OUT)
def weeks(request: Asked) -> Response[Any]:
    """Show the latest digest."""
    return _show(request, "")


@page("/weeks/{monday:str}", Verb.SEE_TRAIL, LOOKS_OR_HANDS_OUT)
def weeks_of(request: Asked, monday: FromPath[str]) -> Response[Any]:
    """Show the digest of the week of a Monday; with `.csv` or `.pdf` behind it, as a file."""
    day, _, ending = monday.rpartition(".")
    return _file(request, day, ending) if ending in _TYPES else _show(request, monday)


@act("/weeks/notice", Verb.SEE_TRAIL)
def choose_notice(request: Asked, data: Form) -> Response[Any]:
    """Choose whether one is told when the week's overviews are ready."""
    asking, clerk, problems = reader(request), foundation(request).clerk, Problems()
    wanted = field(data, "wanted") == "yes"
    done = attempt(problems, lambda: choose_week_notice(clerk, asking, wanted=wanted))
    if done is None:
        error = {"title": "This was not recorded", "text": problems.by_field[TOP]}
        return show(request, "error.html", error, 422)
    return after("/weeks", done)


def _show(request: Asked, monday: str) -> Response[Any]:
    found = _digest(request, monday, page_asked(request))
    context = {
        "found": found,
        "span": None if not found.monday else week_from(date.fromisoformat(found.monday)),
        "notice": week_notice(reader(request)),
        "said": said(request),
        "line_of": line_of,
        "seen_of": seen_of,
        "alerts_of": alerts_of,
    }
    return show(request, "weeks.html", context)


def _digest(request: Asked, monday: str, number: int) -> Digest:
    asking = reader(request)
    try:
        day = day_of(monday)
    except ValueError as error:
        asking.refuse("weeks", [], str(error))
    wanted = "" if day is None else day.isoformat()
    return digest(asking, foundation(request).config, wanted, number)


def _file(request: Asked, monday: str, ending: str) -> Response[Any]:
    found = _digest(request, monday, 0)
    content = as_csv(found) if ending == "csv" else as_pdf(found, reader(request).now())
    name = f"weeks-{found.monday or 'none'}.{ending}"
    return Response(
        content,
        headers={
            "content-type": _TYPES[ending],
            "content-disposition": f'attachment; filename="{name}"',
        },
    )


ROUTES = (weeks, weeks_of, choose_notice)
