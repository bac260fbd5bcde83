"""The programme in figures."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.timetable import Edge, from_london, london
from tagwatch.core.units import Instant
from tagwatch.query.programme import YEAR, SheetView, programme
from tagwatch.web.foundation import Asked, reader, who
from tagwatch.web.layout import show
from tagwatch.web.route import page

_DAY: Final = timedelta(days=1)


@page("/programme", Verb.SEE_PROGRAMME)
def show_programme(request: Asked) -> Response[Any]:
    """Show what became of the orders that began in a period; by default in the last year."""
    asking = reader(request, Purpose.EVALUATION)
    asked = {name: request.query_params.get(name, "").strip() for name in ("from", "until")}
    problem, view = "", None
    try:
        view = programme(asking, *period(asking.now(), asked["from"], asked["until"]))
    except ValueError as error:
        problem = str(error)
    context = {"view": view, "asked": asked, "problem": problem, "last_day": last_day}
    actor = who(request).actor
    context |= {
        "may_see_times": actor.may(Verb.SEE_ANSWER_TIMES),
        "may_review": actor.may(Verb.REVIEW_SAMPLE),
    }
    return show(request, "programme.html", context, 422 if problem else 200)


def last_day(view: SheetView) -> date:
    """Return the last day of the period, in London."""
    return london(Instant(view.ends - 1)).date()


def period(now: Instant, first: str, last: str) -> tuple[Instant, Instant]:
    """Return [begins, ends) of the days asked for, each as 2026-03-31 or empty; by default the
    year up to `now`. Raises ValueError in words for the page."""
    begins, ends = days_of(first, last)
    return begins or Instant(now - YEAR), ends or now


def days_of(first: str, last: str) -> tuple[Instant | None, Instant | None]:
    """Return [begins, ends) of the days asked for, each as 2026-03-31, or None where it is empty.
    Raises ValueError in words for the page."""
    begins = _midnight(_day(first)) if first else None
    return begins, _midnight(_day(last) + _DAY) if last else None


def _day(words: str) -> date:
    try:
        found = date.fromisoformat(words)
    except ValueError:
        raise ValueError(f"{words[:40]!r} is no day: write it as 2026-03-31") from None
    if not date(1990, 1, 1) <= found <= date(2199, 12, 31):
        raise ValueError("The days must lie between 1990 and 2199")
    return found


def _midnight(day: date) -> Instant:
    return from_london(datetime.combine(day, time()), Edge.FROM)


ROUTES = (show_programme,)
