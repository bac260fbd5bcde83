"""Bank holidays: the list in force, and the form by which an administrator publishes another."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import FORM
from tagwatch.core.holidays import HolidaySettings
from tagwatch.core.timetable import london
from tagwatch.core.units import MINUTE, Instant
from tagwatch.desk.settings import publish_holidays
from tagwatch.query.register import current_versions
from tagwatch.web.form import (
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    moment,
    moment_values,
    show_sheet,
    text,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.route import Form, act, page

DAYS_MOST: Final = 400
SHEET: Final = Sheet(
    title="Publish bank holidays",
    back="/settings",
    button="Publish",
    intro="Shifts and curfew previews go by this list. It is published as the next version of the "
    "rule settings, takes effect at its time, and decides from then on. Compare it with the list "
    "that GOV.UK publishes.",
    inputs=(
        Input(
            name="days",
            label="Bank holidays, one date on a line",
            kind=Kind.AREA,
            hint="Like 2026-12-25 or 25/12/2026. All that are known, not the new ones only",
        ),
        Input(
            name="origin",
            label="Where the list comes from, and for which years",
            hint="For example: GOV.UK, bank holidays in England and Wales, 2027 to 2029",
        ),
        Input(
            name="listed_until",
            label="Last day that the list covers",
            hint="Like 2029-12-31. The page of who is on call warns in good time before it",
            classes="govuk-input--width-10",
        ),
        Input(name="effective", label="Takes effect at", kind=Kind.MOMENT),
        Input(name="seen_version", kind=Kind.HIDDEN),
    ),
)


@page("/settings/holidays", Verb.PUBLISH_SETTINGS, FORM)
def ask_holidays(request: Asked) -> Response[Any]:
    """Show the bank holidays in force, to be changed."""
    newest = current_versions(foundation(request).projections)[0]
    listed = newest.settings.holidays
    published = newest.effective_from > 0
    at = Instant(reader(request, Purpose.UPKEEP).now() + 10 * MINUTE)
    values: dict[str, Any] = {
        "days": "\n".join(str(day) for day in listed.days),
        "origin": listed.origin,
        "listed_until": str(listed.listed_until),
        "seen_version": str(newest.settings.version if published else 0),
        **moment_values("effective", at),
    }
    return show_sheet(request, SHEET, values)


@act("/settings/holidays", Verb.PUBLISH_SETTINGS)
def publish(request: Asked, data: Form) -> Response[Any]:
    """Publish another list, as the next version of the rule settings."""
    asking, base = reader(request, Purpose.UPKEEP), foundation(request)
    values, problems = typed(data, SHEET), Problems()
    listed = _listed(values, problems, london(asking.now()).date())
    effective = moment(values, "effective", problems, "Enter when it takes effect")
    seen = str(values["seen_version"])
    if not seen.isdigit():
        problems.add("main-content", "This form is incomplete. Load the page again.")
    if not problems and listed is not None and effective is not None:
        done = attempt(
            problems, lambda: publish_holidays(base.clerk, asking, listed, int(seen), effective)
        )
        if done is not None:
            return after("/settings", done)
    return show_sheet(request, SHEET, values, problems)


def _listed(values: Mapping[str, Any], problems: Problems, today: date) -> HolidaySettings | None:
    lines = [line.strip() for line in str(values["days"]).splitlines() if line.strip()]
    days = [day for line in lines if (day := _day(line, "days", problems)) is not None]
    if not lines:
        problems.add("days", "Enter the bank holidays, one date on a line")
    if len(lines) > DAYS_MOST:
        problems.add("days", f"{len(lines)} days are more than {DAYS_MOST}: leave old years out")
    if len(set(days)) < len(days):
        twice = next(day for day in days if days.count(day) > 1)
        problems.add("days", f"{twice} stands twice: take one of them out")
    origin = text(values, "origin", problems, "Enter where the list comes from")
    until = _day(str(values["listed_until"]).strip(), "listed_until", problems)
    if until is not None and days and until < max(days):
        problems.add("listed_until", f"The list goes beyond this day: {max(days)} is in it")
    if problems or until is None:
        return None
    return HolidaySettings(
        origin=origin, written_on=today, days=tuple(sorted(days)), listed_until=until
    )


def _day(given: str, name: str, problems: Problems) -> date | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(given, form).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
    problems.add(name, f"“{given[:40]}” is no date: write it like 2026-12-25 or 25/12/2026")
    return None


ROUTES = (ask_holidays, publish)
