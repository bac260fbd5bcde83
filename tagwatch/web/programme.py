"""The programme in figures, and the form that says how an order ended."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ending import LocationBearing, OrderOutcome
from tagwatch.core.ids import CaseId, OrderId
from tagwatch.core.order import Order
from tagwatch.core.timetable import Edge, from_london, london
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import digest
from tagwatch.desk.order_end import OrderEnd, end_order
from tagwatch.query.case import recall_cases
from tagwatch.query.programme import YEAR, SheetView, programme
from tagwatch.query.reader import Reader
from tagwatch.query.register import order
from tagwatch.web.form import (
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    choice,
    moment,
    moment_values,
    options,
    show_sheet,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, page
from tagwatch.web.words import word

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
    return show(request, "programme.html", context, 422 if problem else 200)


def last_day(view: SheetView) -> date:
    """Return the last day of the period, in London."""
    return london(Instant(view.ends - 1)).date()


def period(now: Instant, first: str, last: str) -> tuple[Instant, Instant]:
    """Return [begins, ends) of the days asked for, each as 2026-03-31 or empty; by default the
    year up to `now`. Raises ValueError in words for the page."""
    begins = _midnight(_day(first)) if first else Instant(now - YEAR)
    ends = _midnight(_day(last) + _DAY) if last else now
    return begins, ends


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


# --- the end of an order ------------------------------------------------------------------------


def _sheet(asking: Reader, found: Order) -> Sheet:
    cases = [
        (case.case_id, f"{case.title}, {word(case.state)}")
        for case in recall_cases(asking, found.wearer_id)
    ]
    return Sheet(
        title="Record how an order ended",
        caption=found.reference,
        back=f"/wearers/{found.wearer_id}",
        intro="Its zones and curfews last as long as they say themselves: end those too.",
        inputs=(
            Input(name="ended", label="When it ended", kind=Kind.MOMENT),
            Input(
                name="outcome",
                label="What became of it",
                kind=Kind.RADIOS,
                options=options(OrderOutcome),
            ),
            Input(
                name="bearing",
                label="If he was recalled: what did location data say of the reason?",
                kind=Kind.RADIOS,
                options=options(LocationBearing),
                hint="Also where it spoke for him",
            ),
            Input(
                name="case_id",
                label="If he was recalled: the case in which that was decided",
                kind=Kind.SELECT,
                options=(("", "None of this system"), *cases),
            ),
            Input(name="words", label="In your own words", kind=Kind.AREA),
            Input(name="seen", kind=Kind.HIDDEN),
        ),
    )


@page("/orders/{order_id:str}/end", Verb.RECORD_ORDER)
def ask_end(request: Asked, order_id: FromPath[str]) -> Response[Any]:
    """Ask how an order ended, or show what is on record of that."""
    asking = reader(request, Purpose.UPKEEP)
    found = order(asking, OrderId(order_id))
    values: dict[str, Any] = {"seen": digest(found)}
    if found.ending is None:
        values |= moment_values("ended", asking.now())
    else:
        values |= {
            "outcome": found.ending.outcome.value,
            "bearing": "" if found.ending.bearing is None else found.ending.bearing.value,
            "case_id": found.ending.case_id or "",
            "words": found.ending.words,
            **moment_values("ended", found.ends_at),
        }
    return show_sheet(request, _sheet(asking, found), values)


@act("/orders/{order_id:str}/end", Verb.RECORD_ORDER)
def enter_end(request: Asked, order_id: FromPath[str], data: Form) -> Response[Any]:
    """Record how the order ended."""
    asking = reader(request, Purpose.UPKEEP)
    found = order(asking, OrderId(order_id))
    sheet, problems = _sheet(asking, found), Problems()
    values = typed(data, sheet)
    ended_at = moment(values, "ended", problems, "Enter when it ended")
    outcome = choice(values, "outcome", OrderOutcome, problems, "Choose what became of it")
    bearing = None
    if values["bearing"]:
        said = "Choose what location data said"
        bearing = choice(values, "bearing", LocationBearing, problems, said)
    end = OrderEnd(
        ended_at=ended_at or Instant(0),
        outcome=outcome,
        words=str(values["words"]),
        bearing=bearing,
        case_id=CaseId(values["case_id"]) if values["case_id"] else None,
        seen=values["seen"],
    )
    if not values["words"]:
        problems.add("words", "Write in your own words how it ended")
    if not problems:
        clerk = foundation(request).clerk
        done = attempt(problems, lambda: end_order(clerk, asking, found.order_id, end))
        if done is not None:
            return after(sheet.back, done)
    return show_sheet(request, sheet, values, problems)


ROUTES = (show_programme, ask_end, enter_end)
