"""Form: an exclusion zone, drawn on the map, given as a circle, or pasted as GeoJSON."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.refusal import NotFound, unreachable
from tagwatch.access.role import Verb
from tagwatch.core.geometry import Shape
from tagwatch.core.ids import ConditionId, OrderId, PersonId, WearerId
from tagwatch.core.order import ConditionVersion, ExclusionZone, Terms, ZoneKnowledge
from tagwatch.core.timetable import Edge
from tagwatch.core.units import Instant
from tagwatch.desk.condition import record_condition
from tagwatch.desk.zone import Revealing, area_m2, centre, refuse_revealing
from tagwatch.query.precision import Precision, precision_of
from tagwatch.query.register import OrderForm, order_form, wearer_of_condition
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
    show_sheet,
    text,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.need_form import NEED, asked_need, need_rows, need_values, shown_need
from tagwatch.web.rehearsal import Rehearsed, rehearsed
from tagwatch.web.render import static_address
from tagwatch.web.route import Form, act, page
from tagwatch.web.shape_input import (
    read_place,
    read_shape,
    shape_values,
    template_inputs,
    template_values,
)
from tagwatch.web.wearer_form import new_id
from tagwatch.web.week import (
    SPARE,
    ahead,
    read_rows,
    rows_as_typed,
    shown_rows,
    typed_rows,
    week_of,
)

TEMPLATE: Final = "zone_form.html"
VERSION: Final = (
    Input(name="record_id", kind=Kind.HIDDEN),
    Input(name="seen_version", kind=Kind.HIDDEN),
)


def order_input(form: OrderForm) -> Input:
    """Return the choice of the order a condition belongs to."""
    return Input(
        name="order",
        label="Order it belongs to",
        kind=Kind.SELECT,
        options=tuple((o.order_id, o.reference) for o in form.orders),
    )


def validity_inputs(what: str) -> tuple[Input, ...]:
    """Return the fields of the times a condition has, and why it changes."""
    return (
        Input(name="valid_from", label=f"{what} applies from", kind=Kind.MOMENT),
        Input(name="valid_until", label="Until (optional)", kind=Kind.MOMENT),
        Input(
            name="told",
            label="The wearer was told at (optional)",
            kind=Kind.MOMENT,
            hint="Before it, the condition protects and nothing is held against him",
        ),
        Input(name="reason", label="Why it is entered or changed (optional)"),
    )


def _sheet(request: Asked, form: OrderForm, title: str) -> Sheet:
    persons = tuple((p.person_id, p.name) for p in form.persons)
    return Sheet(
        title=title,
        caption=form.wearer.name,
        back=f"/wearers/{form.wearer.wearer_id}",
        button="Save the zone",
        inputs=(
            order_input(form),
            Input(
                name="label",
                label="What the zone is called",
                hint="Without an address: it is shown to everybody who sees the case",
            ),
            *template_inputs(foundation(request).config),
            Input(name="lat", label="Centre, latitude", classes="govuk-input--width-10"),
            Input(name="lon", label="Centre, longitude", classes="govuk-input--width-10"),
            Input(name="radius", label="Radius in metres", classes="govuk-input--width-5"),
            Input(name="shape", label="Outline as GeoJSON", kind=Kind.AREA),
            Input(
                name="buffer",
                label="Warn of an approach within this many metres (0: no warning)",
                classes="govuk-input--width-5",
                numeric="numeric",
            ),
            Input(
                name="knowledge",
                label="Does the wearer know where it lies?",
                kind=Kind.RADIOS,
                options=(
                    (ZoneKnowledge.TOLD.value, "Told: he knows it"),
                    (
                        ZoneKnowledge.SECRET.value,
                        "Secret: named people only. It protects when a second one has published it",
                    ),
                ),
            ),
            Input(
                name="address_lat",
                label="Latitude of the address a secret zone hides (optional, not kept)",
                hint="Only to check that the middle of the zone does not give it away",
                classes="govuk-input--width-10",
            ),
            Input(
                name="address_lon",
                label="Longitude of that address",
                classes="govuk-input--width-10",
            ),
            Input(
                name="protects",
                label="Whom it protects",
                kind=Kind.BOXES,
                options=persons,
                hint="" if persons else "No protected person is recorded for this wearer",
            ),
            *validity_inputs("The zone"),
            *VERSION,
            NEED,
        ),
    )


@page("/wearers/{wearer_id:str}/zones/new", Verb.RECORD_CONDITION)
def new_zone(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Ask for a new zone."""
    asking = reader(request, Purpose.UPKEEP)
    form = order_form(asking, WearerId(wearer_id))
    need = asked_need(request, wearer_id, request.query_params.get("need", ""))
    values = {
        "record_id": f"c_{secrets.token_hex(8)}",
        "seen_version": "0",
        "buffer": "200",
        "template_buffer": "0",
        "protects": [p.person_id for p in form.persons],
        **need_values(need, form.orders, asking.now()),
    }
    sheet = _sheet(request, form, "Enter an exclusion zone")
    return _show(request, form, sheet, values, need_rows(need), SPARE)


@act("/wearers/{wearer_id:str}/zones/new", Verb.RECORD_CONDITION)
def enter_zone(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record a new zone."""
    form = order_form(reader(request, Purpose.UPKEEP), WearerId(wearer_id))
    return _record(request, data, form, _sheet(request, form, "Enter an exclusion zone"), None)


@page("/zones/{condition_id:str}", Verb.RECORD_CONDITION)
def change_zone(request: Asked, condition_id: FromPath[str]) -> Response[Any]:
    """Show a zone to be changed: a new version is made."""
    form, version, terms = _found(request, condition_id)
    values: dict[str, Any] = {
        "record_id": condition_id,
        "seen_version": str(version.version),
        "order": version.order_id,
        "label": terms.label,
        "buffer": f"{terms.buffer_m:g}",
        "template_buffer": "0",
        "knowledge": terms.knowledge.value,
        "protects": list(terms.protects),
        **shape_values(terms.shape),
        **moment_values("valid_from", reader(request, Purpose.UPKEEP).now()),
        **moment_values("valid_until", version.valid_until),
    }
    rows = rows_as_typed(terms.schedule)
    sheet = _sheet(request, form, "Change an exclusion zone")
    return _show(request, form, sheet, values, rows, 1)


@act("/zones/{condition_id:str}", Verb.RECORD_CONDITION)
def correct_zone(request: Asked, condition_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the next version of a zone."""
    form, _, _ = _found(request, condition_id)
    sheet = _sheet(request, form, "Change an exclusion zone")
    return _record(request, data, form, sheet, ConditionId(condition_id))


def _found(request: Asked, condition_id: str) -> tuple[OrderForm, ConditionVersion, ExclusionZone]:
    asking = reader(request, Purpose.UPKEEP)
    identity = ConditionId(condition_id)
    form = order_form(asking, wearer_of_condition(asking, identity))
    for condition in form.conditions:
        terms = condition.newest.terms
        if condition.condition_id == identity and isinstance(terms, ExclusionZone):
            if condition.withheld:
                asking.refuse("zone", [condition_id], "secret zone")
            return form, condition.newest, terms
    asking.refused("zone", [condition_id], "no exclusion zone")
    raise NotFound(unreachable(asking.actor))


def _record(
    request: Asked, data: Form, form: OrderForm, sheet: Sheet, identity: ConditionId | None
) -> Response[Any]:
    values, problems, rows = typed(data, sheet), Problems(), typed_rows(data)
    more = str(data.get("more", ""))
    if more == "row":
        return _show(request, form, sheet, values, rows, SPARE)
    if more == "week":
        read_rows(rows, problems)
        return _show(request, form, sheet, values, rows, 1, problems)
    if more == "place":
        values |= template_values(foundation(request).config, values, problems) or {}
        return _show(request, form, sheet, values, rows, 1, problems)
    shape = read_shape(values, problems)
    if more == "check":
        return _show(request, form, sheet, values, rows, 1, problems)
    zone = _condition(values, form, identity, shape, rows, problems)
    if more == "rehearse":
        tried = rehearsed(request, zone) if not problems and zone is not None else None
        return _show(request, form, sheet, values, rows, 1, problems, tried)
    if not problems and zone is not None:
        asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
        seen, reason = int(values["seen_version"]), str(values["reason"])
        need = str(values["need"])
        done = attempt(problems, lambda: record_condition(clerk, asking, zone, seen, reason, need))
        if done is not None:
            waits = done.made_id != zone.condition_id
            return after("/zone-drafts" if waits else sheet.back, done)
    return _show(request, form, sheet, values, rows, 1, problems)


def _condition(
    values: Mapping[str, Any],
    form: OrderForm,
    identity: ConditionId | None,
    shape: Shape | None,
    rows: list[dict[str, str]],
    problems: Problems,
) -> ConditionVersion | None:
    knowledge = choice(
        values, "knowledge", ZoneKnowledge, problems, "Choose whether he knows where it lies"
    )
    _refuse_address(values, shape, knowledge, problems)
    known = {p.person_id for p in form.persons}
    label = text(values, "label", problems, "Enter what the zone is called")
    buffer_m = number(values, "buffer", problems, 0, 10_000, "The approach warning in metres")
    schedule = read_rows(rows, problems)
    if shape is None:
        return None
    terms = ExclusionZone(
        label=label,
        shape=shape,
        buffer_m=buffer_m,
        schedule=schedule,
        knowledge=knowledge,
        protects=tuple(PersonId(p) for p in values["protects"] if p in known),
    )
    return condition_of(values, form, identity, terms, problems)


def condition_of(
    values: Mapping[str, Any],
    form: OrderForm,
    identity: ConditionId | None,
    terms: Terms,
    problems: Problems,
) -> ConditionVersion:
    """Return the version a form describes; what is wrong with its times is noted.

    Thresholds of its own have no field: they are those of the version before.
    """
    if not str(values["seen_version"]).isdigit():
        problems.add("main-content", "This form is incomplete. Load the page again.")
    orders = {order.order_id for order in form.orders}
    if values["order"] not in orders:
        problems.add("order", "Choose the order it belongs to")
    starts = moment(values, "valid_from", problems, "Enter from when it applies")
    ends = moment(values, "valid_until", problems, edge=Edge.UNTIL)
    if starts is not None and ends is not None and ends <= starts:
        problems.add("valid_until", "It must end after it begins to apply")
    told_at = moment(values, "told", problems)
    return ConditionVersion(
        condition_id=identity or ConditionId(new_id(values, "c_", problems)),
        version=1,
        order_id=OrderId(values["order"]),
        wearer_id=form.wearer.wearer_id,
        terms=terms,
        valid_from=starts or Instant(0),
        valid_until=ends,
        recorded_at=Instant(0),
        told_at=told_at,
        thresholds=next(
            (c.newest.thresholds for c in form.conditions if c.condition_id == identity), None
        ),
    )


def own_precision(request: Asked, values: Mapping[str, Any]) -> Precision | None:
    """Return how often alerts about the condition of a form were right; None of a new one."""
    if str(values.get("seen_version", "0")) == "0":
        return None
    return precision_of(reader(request, Purpose.UPKEEP), ConditionId(values["record_id"]))


def _refuse_address(
    values: Mapping[str, Any], shape: Shape | None, knowledge: ZoneKnowledge, problems: Problems
) -> None:
    given = any(str(values[name]).strip() for name in ("address_lat", "address_lon"))
    if not given or knowledge is not ZoneKnowledge.SECRET or shape is None:
        return
    address = read_place(values, "address_lat", "address_lon", problems)
    try:
        if address is not None:
            refuse_revealing(shape, address)
    except Revealing as error:
        problems.add("address_lat", str(error))


def _show(
    request: Asked,
    form: OrderForm,
    sheet: Sheet,
    values: dict[str, Any],
    rows: list[dict[str, str]],
    spare: int,
    problems: Problems | None = None,
    tried: Rehearsed | None = None,
) -> Response[Any]:
    found = problems or Problems()
    quiet = Problems()
    filled = {"shape": "", "lat": "", "lon": "", "radius": "", **values}
    shape = read_shape(filled, quiet)
    size = ""
    if shape is not None:
        middle = centre(shape)
        size = (
            f"{area_m2(shape) / 1e6:.3f} km², its middle at "
            f"{middle.lat_deg:.5f}, {middle.lon_deg:.5f}"
        )
    more: dict[str, Any] = {
        "rows": shown_rows(rows, spare),
        "size": size,
        "nights": ahead(request, rows) if rows else (),
        "days": week_of(rows),
        "adding": request.method == "POST" and spare == SPARE,
        "rehearsed": tried,
        "boroughs": static_address("map/boroughs.geojson"),
        "wearer": form.wearer,
        "precision": own_precision(request, values),
        **shown_need(request, form.wearer.wearer_id, values),
    }
    return show_sheet(request, sheet, values, found, TEMPLATE, more)


ROUTES = (new_zone, enter_zone, change_zone, correct_zone)
