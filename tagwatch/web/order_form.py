"""Forms: an order of a wearer, and the persons whom conditions protect from him."""

import secrets
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import ContactId, OrderId, PersonId, WearerId
from tagwatch.core.order import LegalBasis, Order, Programme
from tagwatch.core.person import Duty, ProtectedPerson
from tagwatch.core.supervision import Supervision, supervision_problem, unit_of_borough
from tagwatch.core.timetable import Edge
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import digest
from tagwatch.desk.order import record_order, record_order_told
from tagwatch.desk.person import record_person
from tagwatch.query.register import contacts, order, order_form, person
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
    number,
    options,
    show_sheet,
    text,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.route import Form, act, page
from tagwatch.web.supervision_form import (
    supervision_inputs,
    supervision_of,
    supervision_values,
)
from tagwatch.web.trail_terms import days_kept_of, trail_inputs, trail_values
from tagwatch.web.wearer_form import HIDDEN, new_id

_AGAIN: Final = (
    "What you save is the next version. The versions before stay on record, and the wearer has "
    "not been told of the new one until you record that he was."
)
_VARIED: Final = (
    Input(
        name="varied",
        label="What this version changes",
        kind=Kind.AREA,
        hint="A correction of what was entered wrongly, or what the court varied",
    ),
    Input(
        name="valid_from",
        label="The variation takes effect (leave empty for a correction)",
        kind=Kind.MOMENT,
        hint="Until then the version before applies. London time",
    ),
)


def _order_sheet(title: str, wearer_id: str, caption: str, *, again: bool = False) -> Sheet:
    return Sheet(
        title=title,
        caption=caption,
        intro=_AGAIN if again else "",
        back=f"/wearers/{wearer_id}",
        inputs=(
            Input(name="reference", label="Reference of the court or parole authority"),
            Input(
                name="legal_basis",
                label="Legal basis",
                kind=Kind.RADIOS,
                options=options(LegalBasis),
                hint="It decides who is told of a breach: police or probation",
            ),
            Input(
                name="programme", label="Programme", kind=Kind.RADIOS, options=options(Programme)
            ),
            *supervision_inputs(),
            *trail_inputs(),
            Input(
                name="wording",
                label="The exact words of the prohibition (optional)",
                kind=Kind.AREA,
                hint="As the order has them: police read them on the spot, without names",
            ),
            Input(name="starts", label="Begins", kind=Kind.MOMENT),
            Input(
                name="ends",
                label="Ends (optional)",
                kind=Kind.MOMENT,
                hint="The first moment at which it does not apply any more",
            ),
            Input(
                name="review",
                label="First review (optional)",
                kind=Kind.MOMENT,
                hint="By when its authors want it looked at anew. Left empty, the settings say",
            ),
            *(_VARIED if again else ()),
            *HIDDEN,
        ),
    )


@page("/wearers/{wearer_id:str}/orders/new", Verb.RECORD_ORDER)
def new_order(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Ask for a new order."""
    asking = reader(request, Purpose.UPKEEP)
    wearer = order_form(asking, WearerId(wearer_id)).wearer
    values = {
        "record_id": f"o_{secrets.token_hex(8)}",
        "programme": wearer.programme.value,
        **supervision_values(
            Supervision(unit=unit_of_borough(wearer.borough), borough=wearer.borough)
        ),
        **trail_values(None),
        **moment_values("starts", asking.now()),
    }
    return show_sheet(request, _order_sheet("Enter an order", wearer_id, wearer.name), values)


@act("/wearers/{wearer_id:str}/orders/new", Verb.RECORD_ORDER)
def enter_order(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record a new order."""
    wearer = order_form(reader(request, Purpose.UPKEEP), WearerId(wearer_id)).wearer
    sheet = _order_sheet("Enter an order", wearer_id, wearer.name)
    return _record_order(request, data, sheet, WearerId(wearer_id), None)


@page("/orders/{order_id:str}", Verb.RECORD_ORDER)
def change_order(request: Asked, order_id: FromPath[str]) -> Response[Any]:
    """Show an order to be corrected."""
    found = order(reader(request, Purpose.UPKEEP), OrderId(order_id))
    values = {
        "reference": found.reference,
        "wording": found.wording,
        "legal_basis": found.legal_basis.value,
        "programme": found.programme.value,
        "record_id": order_id,
        "seen": digest(found),
        **supervision_values(found.supervision),
        **trail_values(found.days_kept),
        **moment_values("starts", found.starts_at),
        **moment_values("ends", found.ends_at),
        **moment_values("valid_from", found.valid_from),
        **moment_values("review", found.review_at),
    }
    sheet = _order_sheet("Correct or vary an order", found.wearer_id, "", again=True)
    return show_sheet(request, sheet, values)


@act("/orders/{order_id:str}", Verb.RECORD_ORDER)
def correct_order(request: Asked, order_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the order as it is from now on."""
    found = order(reader(request, Purpose.UPKEEP), OrderId(order_id))
    sheet = _order_sheet("Correct or vary an order", found.wearer_id, "", again=True)
    return _record_order(request, data, sheet, found.wearer_id, OrderId(order_id))


def _record_order(
    request: Asked, data: Form, sheet: Sheet, wearer_id: WearerId, order_id: OrderId | None
) -> Response[Any]:
    values, problems = typed(data, sheet), Problems()
    starts_at = moment(values, "starts", problems, "Enter when the order begins")
    ends_at = moment(values, "ends", problems, edge=Edge.UNTIL)
    found = Order(
        order_id=order_id or OrderId(new_id(values, "o_", problems)),
        wearer_id=wearer_id,
        reference=text(values, "reference", problems, "Enter the reference"),
        legal_basis=choice(values, "legal_basis", LegalBasis, problems, "Choose the legal basis"),
        programme=choice(values, "programme", Programme, problems, "Choose the programme"),
        starts_at=starts_at or Instant(0),
        ends_at=ends_at,
        wording=str(values["wording"])[:20_000],
        supervision=supervision_of(values, problems),
        days_kept=days_kept_of(values, problems),
        review_at=moment(values, "review", problems),
        valid_from=None if order_id is None else moment(values, "valid_from", problems),
        varied=""
        if order_id is None
        else text(values, "varied", problems, "Say what this version changes", 2_000),
    )
    if problem := supervision_problem(found.legal_basis, found.supervision):
        problems.add(
            "kind" if "legal basis" in problem else "unit", f"{problem[0].upper()}{problem[1:]}"
        )
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        problems.add("ends", "The order must end after it begins")
    if not problems:
        asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
        done = attempt(problems, lambda: record_order(clerk, asking, found, values["seen"]))
        if done is not None:
            return after(f"/wearers/{wearer_id}", done)
    return show_sheet(request, sheet, values, problems)


# --- told ----------------------------------------------------------------------------------------


def _told_sheet(found: Order) -> Sheet:
    return Sheet(
        title="Record that he was told of the order",
        caption=f"{found.reference}, version {found.version}",
        back=f"/wearers/{found.wearer_id}",
        inputs=(
            Input(name="told", label="When he was told", kind=Kind.MOMENT),
            Input(name="version", kind=Kind.HIDDEN),
        ),
    )


@page("/orders/{order_id:str}/told", Verb.RECORD_ORDER)
def ask_told(request: Asked, order_id: FromPath[str]) -> Response[Any]:
    """Ask when the wearer was told of the newest version."""
    asking = reader(request, Purpose.UPKEEP)
    found = order(asking, OrderId(order_id))
    values = {"version": str(found.version), **moment_values("told", asking.now())}
    return show_sheet(request, _told_sheet(found), values)


@act("/orders/{order_id:str}/told", Verb.RECORD_ORDER)
def told(request: Asked, order_id: FromPath[str], data: Form) -> Response[Any]:
    """Record when he was told of the version the form showed."""
    asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
    sheet = _told_sheet(order(asking, OrderId(order_id)))
    values, problems = typed(data, sheet), Problems()
    at = moment(values, "told", problems, "Enter when he was told")
    version = int(number(values, "version", problems, 1, 100_000, "The version"))
    if not problems and at is not None:
        identity = OrderId(order_id)
        done = attempt(problems, lambda: record_order_told(clerk, asking, identity, version, at))
        if done is not None:
            return after(sheet.back, done)
    return show_sheet(request, sheet, values, problems)


# --- protected persons ---------------------------------------------------------------------------


def _person_sheet(request: Asked, title: str, wearer_id: str) -> Sheet:
    known = contacts(reader(request, Purpose.UPKEEP))
    speakers = [(c.contact_id, c.label) for c in known if c.duty is Duty.LIAISON]
    hers = [(c.contact_id, c.label) for c in known if c.duty is Duty.PROTECTED]
    return Sheet(
        title=title,
        back=f"/wearers/{wearer_id}" if wearer_id else "/wearers",
        intro="Her address is not entered here. It is where her zones lie, and nowhere else.",
        inputs=(
            Input(name="name", label="Name"),
            Input(
                name="relation",
                label="Relation to the wearer (optional)",
                hint="For example: former partner",
            ),
            Input(
                name="liaison",
                label="Who speaks with her",
                kind=Kind.SELECT,
                options=(("", "Nobody yet"), *speakers),
            ),
            Input(
                name="contact",
                label="Her own safe channel (optional)",
                hint="A contact that stands for a protected person herself. Only if she chose it: "
                "she is told by it what becomes of the order, and never of an alert",
                kind=Kind.SELECT,
                options=(("", "None: through who speaks with her"), *hers),
            ),
            *HIDDEN,
        ),
    )


@page("/wearers/{wearer_id:str}/persons/new", Verb.RECORD_PERSON)
def new_person(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Ask for a person to be protected from this wearer."""
    order_form(reader(request, Purpose.UPKEEP), WearerId(wearer_id))
    values = {"record_id": f"p_{secrets.token_hex(8)}"}
    return show_sheet(
        request, _person_sheet(request, "Enter a protected person", wearer_id), values
    )


@act("/wearers/{wearer_id:str}/persons/new", Verb.RECORD_PERSON)
def enter_person(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record a new protected person."""
    order_form(reader(request, Purpose.UPKEEP), WearerId(wearer_id))
    sheet = _person_sheet(request, "Enter a protected person", wearer_id)
    return _record_person(request, data, sheet, (WearerId(wearer_id),), None)


@page("/persons/{person_id:str}", Verb.RECORD_PERSON)
def change_person(request: Asked, person_id: FromPath[str]) -> Response[Any]:
    """Show a protected person to be corrected."""
    found = person(reader(request, Purpose.UPKEEP), PersonId(person_id))
    values = {
        "name": found.name,
        "relation": found.relation,
        "liaison": found.liaison or "",
        "contact": found.contact or "",
        "record_id": person_id,
        "seen": digest(found),
    }
    sheet = _person_sheet(request, "Change a protected person", next(iter(found.wearers), ""))
    return show_sheet(request, sheet, values)


@act("/persons/{person_id:str}", Verb.RECORD_PERSON)
def correct_person(request: Asked, person_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the person as she is known from now on."""
    found = person(reader(request, Purpose.UPKEEP), PersonId(person_id))
    sheet = _person_sheet(request, "Change a protected person", next(iter(found.wearers), ""))
    return _record_person(request, data, sheet, found.wearers, PersonId(person_id))


def _record_person(
    request: Asked,
    data: Form,
    sheet: Sheet,
    wearers: tuple[WearerId, ...],
    person_id: PersonId | None,
) -> Response[Any]:
    values, problems = typed(data, sheet), Problems()
    found = ProtectedPerson(
        person_id=person_id or PersonId(new_id(values, "p_", problems)),
        name=text(values, "name", problems, "Enter her name"),
        relation=str(values["relation"])[:200],
        wearers=wearers,
        liaison=ContactId(values["liaison"]) if values["liaison"] else None,
        contact=ContactId(values["contact"]) if values["contact"] else None,
    )
    if not problems:
        asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
        done = attempt(problems, lambda: record_person(clerk, asking, found, values["seen"]))
        if done is not None:
            return after(sheet.back, done)
    return show_sheet(request, sheet, values, problems)


ROUTES = (
    new_order,
    enter_order,
    change_order,
    correct_order,
    ask_told,
    told,
    new_person,
    enter_person,
    change_person,
    correct_person,
)
