"""The team's digest: everybody's week in a line, the greatest change first; also as CSV."""

import csv
from datetime import date
from io import StringIO
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.core.outcome import Finding
from tagwatch.query.weeks import Digest, WeekRow, digest
from tagwatch.report.week.facts import week_from
from tagwatch.report.week.words import share, span
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import page_asked, show
from tagwatch.web.overview import day_of
from tagwatch.web.route import page

HEADS: Final = (
    "WEARER", "CRN", "WEEK FROM", "CHANGE", "SURPRISE BITS", "OBSERVED PER CENT", "NOT OBSERVED S",
    "TAG OFF S", "ALERTS", "CONFIRMED",
)  # fmt: skip


@page("/weeks", Verb.SEE_TRAIL)
def weeks(request: Asked) -> Response[Any]:
    """Show the latest digest."""
    return _show(request, "")


@page("/weeks/{monday:str}", Verb.SEE_TRAIL)
def weeks_of(request: Asked, monday: FromPath[str]) -> Response[Any]:
    """Show the digest of the week of a Monday; with `.csv` behind it, as a file."""
    if monday.endswith(".csv"):
        return _file(request, monday.removesuffix(".csv"))
    return _show(request, monday)


def _show(request: Asked, monday: str) -> Response[Any]:
    found = _digest(request, monday, page_asked(request))
    context = {
        "found": found,
        "span": None if not found.monday else week_from(date.fromisoformat(found.monday)),
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


def line_of(row: WeekRow) -> str:
    """Return the one sentence: the rarest of what changed, or that nothing did."""
    if row.row.failure:
        return f"No overview could be made: {row.row.failure}"
    if row.row.changed:
        return row.row.changed[0].sentence
    if row.observed is None:
        return "No tag was on him in this week, or it was switched off."
    return "Nothing that was seen differs from what is usual for him."


def seen_of(row: WeekRow) -> str:
    """Return how much of the week was seen."""
    on_s = row.row.observed_s + row.row.unobserved_s
    if not on_s:
        return "nothing"
    missed = f", {span(row.row.unobserved_s)} not" if row.row.unobserved_s else ""
    return f"{share(row.row.observed_s, on_s)} observed{missed}"


def alerts_of(row: WeekRow) -> str:
    """Return how many alerts there were."""
    many = len(row.row.alerts)
    sure = sum(alert.finding is Finding.CONFIRMED for alert in row.row.alerts)
    if not many:
        return "none"
    return f"{many}, {sure} confirmed" if sure else str(many)


def _file(request: Asked, monday: str) -> Response[Any]:
    found = _digest(request, monday, 0)
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADS)
    for row in found.rows:
        seen = "" if row.observed is None else f"{100 * row.observed:.1f}"
        sure = sum(alert.finding is Finding.CONFIRMED for alert in row.row.alerts)
        writer.writerow(
            (
                _safe(row.wearer.name), row.wearer.crn or "", found.monday, _safe(line_of(row)),
                f"{row.surprise:.2f}", seen, row.row.unobserved_s, row.row.off_s,
                len(row.row.alerts), sure,
            )
        )  # fmt: skip
    return Response(
        text.getvalue().encode(),
        headers={
            "content-type": "text/csv; charset=utf-8",
            "content-disposition": f'attachment; filename="weeks-{found.monday or "none"}.csv"',
        },
    )


def _safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


ROUTES = (weeks, weeks_of)
