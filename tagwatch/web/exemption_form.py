"""Form: an authorised absence, a permission or the wearer's state; and its change."""

import secrets
from typing import Any

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.exemption import Exemption, ExemptionCause
from tagwatch.core.ids import ConditionId, ExemptionId, WearerId
from tagwatch.core.timetable import Edge
from tagwatch.core.units import Instant
from tagwatch.desk.exemption import ExemptionWrong, record_exemption
from tagwatch.query.exemptions import exemptions
from tagwatch.query.register import order_form
from tagwatch.query.wearer import wearer as ask_wearer
from tagwatch.web.form import (
    TOP,
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
    text,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.route import Form, act, page
from tagwatch.web.wearer_form import new_id
from tagwatch.web.whole import whole


def _sheet(request: Asked, wearer_id: WearerId, title: str) -> Sheet:
    view = ask_wearer(reader(request, Purpose.UPKEEP), wearer_id)
    conditions = tuple(
        (each.condition_id, "A secret zone" if each.withheld else each.newest.terms.label)
        for each in view.conditions
    )
    return Sheet(
        title=title,
        caption=view.wearer.name,
        back=f"/wearers/{wearer_id}",
        intro="Nothing in its period is held to be a breach of what it lifts. An absence, hospital "
        "or travel lifts where he must be; never a zone, unless you choose it below. Custody lifts "
        "everything, and a silent tag is told to nobody then.",
        inputs=(
            Input(
                name="cause", label="What it is", kind=Kind.RADIOS, options=options(ExemptionCause)
            ),
            Input(name="starts", label="Begins", kind=Kind.MOMENT),
            Input(
                name="ends",
                label="Ends (a state of the wearer may be left open)",
                kind=Kind.MOMENT,
                hint="The first moment at which he is bound again",
            ),
            Input(
                name="conditions",
                label="Only these conditions (optional, save for a permission)",
                kind=Kind.BOXES,
                options=conditions,
            ),
            Input(name="words", label="What for", kind=Kind.AREA),
            Input(
                name="proof",
                label="Proof (optional)",
                hint="What was shown: a letter, a rota, a direction of the court",
            ),
            Input(
                name="approved_by",
                label="Who allowed it, or says that it is so",
                hint="Name and office",
            ),
            Input(
                name="withdrawn",
                label="",
                kind=Kind.BOXES,
                options=(("yes", "It was entered by mistake, or is taken back: it lifts nothing"),),
            ),
            Input(name="record_id", kind=Kind.HIDDEN),
            Input(name="seen_version", kind=Kind.HIDDEN),
        ),
    )


@page("/wearers/{wearer_id:str}/exemptions/new", Verb.RECORD_CONDITION)
def new_exemption(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Ask for a new absence, permission or state."""
    asking = reader(request, Purpose.UPKEEP)
    order_form(asking, WearerId(wearer_id))
    values = {
        "record_id": f"x_{secrets.token_hex(8)}",
        "seen_version": "0",
        **moment_values("starts", asking.now()),
    }
    return show_sheet(request, _sheet(request, WearerId(wearer_id), _NEW), values)


@act("/wearers/{wearer_id:str}/exemptions/new", Verb.RECORD_CONDITION)
def enter_exemption(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record a new absence, permission or state."""
    return _record(request, WearerId(wearer_id), data, None)


@page("/wearers/{wearer_id:str}/exemptions/{exemption_id:str}", Verb.RECORD_CONDITION)
def change_exemption(
    request: Asked, wearer_id: FromPath[str], exemption_id: FromPath[str]
) -> Response[Any]:
    """Show an absence, permission or state to be changed."""
    asking = reader(request, Purpose.UPKEEP)
    found = _found(request, WearerId(wearer_id), exemption_id)
    if found is None:
        asking.refuse("exemption", [wearer_id, exemption_id], "unknown")
    values = {
        "cause": found.cause.value,
        "conditions": list(found.conditions),
        "words": found.words,
        "proof": found.proof,
        "approved_by": found.approved_by,
        "withdrawn": ["yes"] if found.withdrawn else [],
        "record_id": exemption_id,
        "seen_version": str(found.version),
        **moment_values("starts", found.starts_at),
        **moment_values("ends", found.ends_at),
    }
    return show_sheet(request, _sheet(request, WearerId(wearer_id), _CHANGE), values)


@act("/wearers/{wearer_id:str}/exemptions/{exemption_id:str}", Verb.RECORD_CONDITION)
def correct_exemption(
    request: Asked, wearer_id: FromPath[str], exemption_id: FromPath[str], data: Form
) -> Response[Any]:
    """Record the next version."""
    return _record(request, WearerId(wearer_id), data, ExemptionId(exemption_id))


_NEW = "Record an absence, a permission or his state"
_CHANGE = "Change an absence, a permission or his state"


def _found(request: Asked, wearer_id: WearerId, exemption_id: str) -> Exemption | None:
    views = exemptions(reader(request, Purpose.UPKEEP), wearer_id)
    return next((v.newest for v in views if v.newest.exemption_id == exemption_id), None)


def _record(
    request: Asked, wearer_id: WearerId, data: Form, identity: ExemptionId | None
) -> Response[Any]:
    sheet = _sheet(request, wearer_id, _NEW if identity is None else _CHANGE)
    values, problems = typed(data, sheet), Problems()
    seen = str(values["seen_version"])
    version = whole(seen, digits=8)
    starts_at = moment(values, "starts", problems, "Enter when it begins")
    ends_at = moment(values, "ends", problems, edge=Edge.UNTIL)
    known = {name for each in sheet.inputs if each.name == "conditions" for name, _ in each.options}
    found = Exemption(
        exemption_id=identity or ExemptionId(new_id(values, "x_", problems)),
        version=version + 1,
        wearer_id=wearer_id,
        cause=choice(values, "cause", ExemptionCause, problems, "Choose what it is"),
        conditions=tuple(ConditionId(name) for name in values["conditions"] if name in known),
        starts_at=starts_at or Instant(0),
        ends_at=ends_at,
        words=text(values, "words", problems, "Write what it is for"),
        proof=str(values["proof"])[:500],
        approved_by=text(values, "approved_by", problems, "Write who allowed it"),
        withdrawn="yes" in values["withdrawn"],
    )
    if not problems:
        asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
        try:
            done = attempt(problems, lambda: record_exemption(clerk, asking, found, version))
        except ExemptionWrong as error:
            problems.add(TOP, str(error))
            done = None
        if done is not None:
            return after(sheet.back, done)
    return show_sheet(request, sheet, values, problems)


ROUTES = (new_exemption, enter_exemption, change_exemption, correct_exemption)
