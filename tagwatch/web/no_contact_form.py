"""Form: another wearer whom this one must not meet."""

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.refusal import NotFound, unreachable
from tagwatch.access.role import Verb
from tagwatch.core.ids import ConditionId, PersonId, WearerId
from tagwatch.core.order import ConditionVersion, NoContact
from tagwatch.desk.condition import record_condition
from tagwatch.query.no_contact import HIDDEN
from tagwatch.query.register import OrderForm, order_form, wearer_of_condition
from tagwatch.query.wearers import wearer_by_number
from tagwatch.web.form import (
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    moment_values,
    number,
    show_sheet,
    text,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.rehearsal import rehearsed
from tagwatch.web.route import Form, act, page
from tagwatch.web.zone_form import (
    VERSION,
    condition_of,
    order_input,
    own_precision,
    validity_inputs,
)

TEMPLATE = "no_contact_form.html"
INTRO = (
    "Each fix of either is held against the last one of the other, with the errors of both and the "
    "age between them. It binds this wearer alone: where the other is bound too, enter it on his "
    "order as well, with the day he was told."
)


def _sheet(form: OrderForm, title: str, *, new: bool) -> Sheet:
    other = Input(
        name="other",
        label="CRN or NOMIS number of the other wearer",
        hint="He must be recorded here and within your reach",
    )
    return Sheet(
        title=title,
        caption=form.wearer.name,
        back=f"/wearers/{form.wearer.wearer_id}",
        button="Save the condition",
        intro=INTRO,
        inputs=(
            order_input(form),
            *((other,) if new else ()),
            Input(
                name="label",
                label="What the condition is called",
                hint="Without a name: it is shown to everybody who sees the case. "
                "For example: Co-defendant",
            ),
            Input(
                name="distance",
                label="Nearer than this many metres is contact",
                classes="govuk-input--width-5",
                numeric="numeric",
            ),
            Input(
                name="protects",
                label="Whom it protects",
                kind=Kind.BOXES,
                options=tuple((p.person_id, p.name) for p in form.persons),
                hint="Only if the other wearer is protected from this one"
                if form.persons
                else "No protected person is recorded for this wearer",
            ),
            *validity_inputs("The condition"),
            *VERSION,
        ),
    )


@page("/wearers/{wearer_id:str}/no-contact/new", Verb.RECORD_CONDITION)
def new_no_contact(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Ask for a new condition of no contact."""
    asking = reader(request, Purpose.UPKEEP)
    form = order_form(asking, WearerId(wearer_id))
    values: dict[str, Any] = {
        "record_id": f"c_{secrets.token_hex(8)}",
        "seen_version": "0",
        "distance": "100",
        "protects": [],
        **moment_values("valid_from", asking.now()),
    }
    sheet = _sheet(form, "Enter a person he must not meet", new=True)
    return show_sheet(request, sheet, values, template=TEMPLATE)


@act("/wearers/{wearer_id:str}/no-contact/new", Verb.RECORD_CONDITION)
def enter_no_contact(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record a new condition of no contact."""
    asking = reader(request, Purpose.UPKEEP)
    form = order_form(asking, WearerId(wearer_id))
    sheet = _sheet(form, "Enter a person he must not meet", new=True)
    values, problems = typed(data, sheet), Problems()
    given = text(values, "other", problems, "Enter the other wearer's CRN or NOMIS number")
    other = wearer_by_number(asking, given) if given else None
    if given and other is None:
        problems.add(
            "other", "Nobody within your reach has this number. Check it, or ask an administrator"
        )
    if other is not None and other.wearer_id == wearer_id:
        problems.add("other", "This is the wearer himself. Enter the other one's number")
    terms = _terms(values, form, HIDDEN if other is None else other.wearer_id, problems)
    version = condition_of(values, form, None, terms, problems)
    return _record(request, data, sheet, values, version, problems)


@page("/no-contact/{condition_id:str}", Verb.RECORD_CONDITION)
def change_no_contact(request: Asked, condition_id: FromPath[str]) -> Response[Any]:
    """Show a condition of no contact to be changed: a new version is made."""
    form, version, terms = _found(request, condition_id)
    values = {
        "record_id": condition_id,
        "seen_version": str(version.version),
        "order": version.order_id,
        "label": terms.label,
        "distance": f"{terms.distance_m:g}",
        "protects": list(terms.protects),
        **moment_values("valid_from", reader(request, Purpose.UPKEEP).now()),
        **moment_values("valid_until", version.valid_until),
    }
    sheet = _sheet(form, "Change a condition of no contact", new=False)
    more = {"precision": own_precision(request, values)}
    return show_sheet(request, sheet, values, template=TEMPLATE, more=more)


@act("/no-contact/{condition_id:str}", Verb.RECORD_CONDITION)
def correct_no_contact(request: Asked, condition_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the next version of a condition of no contact; whom it is about stays."""
    form, _, before = _found(request, condition_id)
    sheet = _sheet(form, "Change a condition of no contact", new=False)
    values, problems = typed(data, sheet), Problems()
    terms = _terms(values, form, before.other, problems)
    terms = msgspec.structs.replace(terms, schedule=before.schedule)
    version = condition_of(values, form, ConditionId(condition_id), terms, problems)
    return _record(request, data, sheet, values, version, problems)


def _terms(
    values: Mapping[str, Any], form: OrderForm, other: WearerId, problems: Problems
) -> NoContact:
    known = {p.person_id for p in form.persons}
    return NoContact(
        label=text(values, "label", problems, "Enter what the condition is called"),
        other=other,
        distance_m=number(values, "distance", problems, 20, 5_000, "The distance in metres"),
        protects=tuple(PersonId(p) for p in values["protects"] if p in known),
    )


def _record(
    request: Asked,
    data: Form,
    sheet: Sheet,
    values: Mapping[str, Any],
    version: ConditionVersion,
    problems: Problems,
) -> Response[Any]:
    if str(data.get("more", "")) == "rehearse":
        tried = None if problems else rehearsed(request, version)
        return show_sheet(request, sheet, values, problems, TEMPLATE, {"rehearsed": tried})
    if not problems:
        asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
        seen, reason = int(values["seen_version"]), str(values["reason"])
        done = attempt(problems, lambda: record_condition(clerk, asking, version, seen, reason))
        if done is not None:
            return after(sheet.back, done)
    return show_sheet(request, sheet, values, problems, TEMPLATE)


def _found(request: Asked, condition_id: str) -> tuple[OrderForm, ConditionVersion, NoContact]:
    asking = reader(request, Purpose.UPKEEP)
    identity = ConditionId(condition_id)
    form = order_form(asking, wearer_of_condition(asking, identity))
    for condition in form.conditions:
        terms = condition.newest.terms
        if condition.condition_id == identity and isinstance(terms, NoContact):
            if terms.other == HIDDEN:
                asking.refuse("no_contact", [condition_id], "the other is outside scope")
            return form, condition.newest, terms
    asking.refused("no_contact", [condition_id], "no condition of no contact")
    raise NotFound(unreachable(asking.actor))


ROUTES = (new_no_contact, enter_no_contact, change_no_contact, correct_no_contact)
