"""Who is on call: now and for two weeks, duty by duty, with every gap, and how alerts climb."""

from typing import Any, Final

from litestar.response import Response

from tagwatch.access.purpose import ALLOWED, Purpose
from tagwatch.access.role import Verb
from tagwatch.core.timetable import Interval, london
from tagwatch.core.units import DAY, SECOND, Instant
from tagwatch.desk.weekly_row import row_text
from tagwatch.query.on_call import Area, OnCallView, holidays_ahead, on_call_view
from tagwatch.query.reader import Reader
from tagwatch.web.form import said
from tagwatch.web.foundation import Asked, reader, who
from tagwatch.web.layout import show
from tagwatch.web.render import age
from tagwatch.web.route import page
from tagwatch.web.words import word

LIST_ENDS_WITHIN: Final = 60 * DAY
"""So long before the list of bank holidays ends the page asks for a newer one."""


@page("/on-call", Verb.SEE_ON_CALL)
def show_on_call(request: Asked) -> Response[Any]:
    """Show who is on call now and for the next 14 days."""
    view = on_call_view(colleague(request))
    may = who(request).actor.may
    context: dict[str, Any] = {
        "view": view,
        "gaps": [(area, gap) for area in view.areas for gap in area.gaps],
        "name": area_name,
        "lasts": lasts,
        "within": within,
        "row_text": row_text,
        "holidays": holidays_ahead(view),
        "list_ends": list_ends(view),
        "may_record": may(Verb.RECORD_ROTA),
        "may_publish": may(Verb.PUBLISH_SETTINGS),
        "said": said(request),
    }
    return show(request, "on_call.html", context)


def colleague(request: Asked) -> Reader:
    """Return a reader for a page that says who is told: to answer alerts, or to keep it right."""
    allowed = ALLOWED[who(request).actor.role]
    answers = Purpose.ALERT_RESPONSE in allowed
    return reader(request, Purpose.ALERT_RESPONSE if answers else Purpose.UPKEEP)


def area_name(area: Area) -> str:
    """Return what an area is called: the duty, and its borough where it has one."""
    return f"{word(area.duty)}, {area.borough} only" if area.borough else word(area.duty)


def lasts(span: Interval) -> str:
    """Return how long a turn lasts in true hours."""
    return age(span[1] - span[0])


def within(seconds: int) -> str:
    """Return a deadline in words."""
    return age(seconds * SECOND)


def list_ends(view: OnCallView) -> str:
    """Return the last day of the list of bank holidays if it ends soon, else nothing."""
    soon = london(Instant(view.at + LIST_ENDS_WITHIN)).date()
    return str(view.holidays.listed_until) if view.holidays.listed_until < soon else ""


ROUTES = (show_on_call,)
