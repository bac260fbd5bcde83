"""The trail page of one wearer: where he was in a day, a week or any window, and how well known."""

from typing import Any, Final
from urllib.parse import urlencode

import numpy as np
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.access.written import LOOKS_OR_HANDS_OUT
from tagwatch.core.ids import WearerId
from tagwatch.core.units import iso
from tagwatch.query.trail_view import TooMany, TrailView, trail_to_print, trail_view, whose
from tagwatch.report.trail_formats import FORMATS
from tagwatch.report.trip_words import rail_words
from tagwatch.web.form import Input, Kind, Problems
from tagwatch.web.foundation import Asked, reader, who
from tagwatch.web.layout import page_asked, show
from tagwatch.web.route import page
from tagwatch.web.trail_drawn import drawn_json
from tagwatch.web.trail_lines import trail_lines
from tagwatch.web.trail_window import asked_window, day_of, week_of
from tagwatch.web.whole import whole

ROWS: Final = 100
"""Fixes on one page of the table."""
ROWS_PRINTED: Final = 2_000
"""And on one that is to be printed."""
FROM: Final = Input(
    name="from",
    label="From",
    kind=Kind.MOMENT,
    hint="London day; without a time from midnight. For a day or a week, the day in it",
)
UNTIL: Final = Input(
    name="until", label="Until", kind=Kind.MOMENT, hint="Only for any time; not itself part of it"
)


@page("/wearers/{wearer_id:str}/trail", Verb.SEE_TRAIL, LOOKS_OR_HANDS_OUT)
def trail(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show the window that is asked for, today's if none is; what cannot be shown says why."""
    asking = reader(request)
    now = asking.now()
    problems = Problems()
    query = {name: str(value) for name, value in request.query_params.items()}
    window = asked_window(query, now, problems)
    printed = query.get("print") == "yes"
    view: TrailView | None = None
    if not problems:
        ask = trail_to_print if printed else trail_view
        try:
            view = ask(asking, WearerId(wearer_id), window.start, window.end)
        except TooMany as error:
            problems.add("until", str(error))
    found = view.wearer if view is not None else whose(asking, WearerId(wearer_id))
    typed = any(name.startswith(("from-", "until-")) for name in query) and bool(problems)
    context: dict[str, Any] = {
        "address": f"/wearers/{wearer_id}/trail",
        "wearer": found,
        "window": window,
        "today": day_of(now),
        "week": week_of(now),
        "over": window.end <= now,
        "values": query if typed else window.values,
        "errors": problems.by_field,
        "summary": problems.summary((FROM, UNTIL)),
        "inputs": (FROM, UNTIL),
        "printed": printed,
    }
    if view is not None:
        context |= _shown(request, view, printed)
    return show(request, "trail.html", context, 422 if problems else 200)


def _shown(request: Asked, view: TrailView, printed: bool) -> dict[str, Any]:
    total = len(view.columns.block)
    size = ROWS_PRINTED if printed else ROWS
    pages = max(1, -(-total // size))
    chosen = _number(request, "fix", total)
    number = min(pages, -(-chosen // size) if chosen else page_asked(request))
    rows = np.arange((number - 1) * size, min(number * size, total))
    actor = who(request).actor
    may = actor.may(Verb.SEE_ALERT)
    return {
        "view": view,
        "may_open": actor.may(Verb.OPEN_SEALED),
        "total": total,
        "placed": int((~np.isnan(view.columns.radii_m)).sum()),
        "lines": trail_lines(view, "/alerts" if may else ""),
        "rail": rail_words(view.movements.railways),
        "fixes": view.columns.fixes(rows),
        "chosen": chosen,
        "page": number,
        "pages": pages,
        "map": drawn_json(view),
        "formats": [(kind.value, facts.says) for kind, facts in FORMATS.items()],
        "file": urlencode({"from": iso(view.start), "to": iso(view.end)}),
    }


def _number(request: Asked, name: str, most: int) -> int:
    """Return a number from 1 to `most` that the address gives; 0 for none."""
    given = request.query_params.get(name, "")
    found = whole(given, digits=7)
    return found if found <= most else 0


ROUTES = (trail,)
