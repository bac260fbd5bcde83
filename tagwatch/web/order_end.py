"""The form that says how an order ended."""

from typing import Any

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ending import LocationBearing, OrderOutcome
from tagwatch.core.ids import CaseId, OrderId
from tagwatch.core.order import Order
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import digest
from tagwatch.desk.order_end import OrderEnd, end_order
from tagwatch.query.case import recall_cases
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
from tagwatch.web.route import Form, act, page
from tagwatch.web.words import word


def _sheet(asking: Reader, found: Order) -> Sheet:
    cases = [
        (case.case_id, f"{case.title}, {word(case.state)}")
        for case in recall_cases(asking, found.wearer_id)
    ]
    return Sheet(
        title="Record how an order ended",
        caption=found.reference,
        back=f"/wearers/{found.wearer_id}",
        intro="From then on none of its zones, curfews and other conditions is judged; what was "
        "found after that time is withdrawn. The tag stays on until somebody takes it off.",
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


ROUTES = (ask_end, enter_end)
