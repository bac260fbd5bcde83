"""Forms: a curfew with its weekly rows, and the act of telling the wearer of a condition."""

import json
import secrets
from collections.abc import Mapping
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.refusal import NotFound, unreachable
from tagwatch.access.role import Verb
from tagwatch.core.geometry import LonLat, to_geojson
from tagwatch.core.ids import ConditionId, WearerId
from tagwatch.core.order import ConditionVersion, Curfew, Demand
from tagwatch.desk.condition import record_condition, record_told
from tagwatch.query.register import OrderForm, order_form, wearer_of_condition
from tagwatch.query.wearer import ConditionView
from tagwatch.web.appointment_input import to_come, visit_inputs, visits, window
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
from tagwatch.web.need_form import NEED, asked_need, need_rows, need_values, shown_need
from tagwatch.web.render import static_address
from tagwatch.web.route import Form, act, page
from tagwatch.web.shape_input import read_outline, read_place
from tagwatch.web.week import (
    SPARE,
    ahead,
    read_rows,
    rows_as_typed,
    shown_rows,
    typed_rows,
    week_of,
)
from tagwatch.web.zone_form import (
    VERSION,
    condition_of,
    order_input,
    own_precision,
    validity_inputs,
)

TEMPLATE: Final = "curfew_form.html"


def _sheet(form: OrderForm, title: str, before: Curfew | None = None) -> Sheet:
    """Return the form; what of the version `before` has no field of its own is told and stays."""
    more = 0 if before is None else len(before.also[1:])
    return Sheet(
        title=title,
        caption=form.wearer.name,
        back=f"/wearers/{form.wearer.wearer_id}",
        button="Save the curfew",
        intro=f"It has {more} more addresses than are shown here, and keeps them." if more else "",
        inputs=(
            order_input(form),
            Input(
                name="demand",
                label="What the order calls it",
                kind=Kind.RADIOS,
                options=options(Demand),
                hint="All are judged alike: he must be in the place in the hours below. A "
                "restriction zone without hours binds always",
            ),
            Input(name="label", label="What the place is called", hint="For example: Home"),
            Input(name="lat", label="Latitude", classes="govuk-input--width-10"),
            Input(name="lon", label="Longitude", classes="govuk-input--width-10"),
            Input(
                name="lat2",
                label="Latitude of a second address (optional)",
                hint="At either of the two he is where he must be",
                classes="govuk-input--width-10",
            ),
            Input(
                name="lon2", label="Longitude of a second address", classes="govuk-input--width-10"
            ),
            Input(
                name="shape",
                label="An outline as GeoJSON, in place of the circle (optional)",
                kind=Kind.AREA,
            ),
            Input(
                name="radius",
                label="Radius in metres within which he counts as there",
                classes="govuk-input--width-5",
                numeric="numeric",
            ),
            Input(
                name="grace",
                label="Grace in minutes",
                hint="An absence this short at the start or end is not held against him",
                classes="govuk-input--width-5",
                numeric="numeric",
            ),
            Input(
                name="release_start",
                label="Release night begins (optional)",
                kind=Kind.MOMENT,
                hint="Hours of its own on the night of release",
            ),
            Input(name="release_end", label="Release night ends (optional)", kind=Kind.MOMENT),
            *visit_inputs(before),
            *validity_inputs("The curfew"),
            *VERSION,
            NEED,
        ),
    )


@page("/wearers/{wearer_id:str}/curfews/new", Verb.RECORD_CONDITION)
def new_curfew(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Ask for a new curfew."""
    asking = reader(request, Purpose.UPKEEP)
    form = order_form(asking, WearerId(wearer_id))
    need = asked_need(request, wearer_id, request.query_params.get("need", ""))
    called = [one.value for one in Demand if need is not None and one.value == need.demand]
    values = {
        "record_id": f"c_{secrets.token_hex(8)}",
        "seen_version": "0",
        "demand": called[0] if called else Demand.CURFEW.value,
        "radius": "100",
        "grace": "5",
        **need_values(need, form.orders, asking.now()),
    }
    return _show(request, form, _sheet(form, "Enter a curfew"), values, need_rows(need), SPARE)


@act("/wearers/{wearer_id:str}/curfews/new", Verb.RECORD_CONDITION)
def enter_curfew(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record a new curfew."""
    form = order_form(reader(request, Purpose.UPKEEP), WearerId(wearer_id))
    return _record(request, data, form, _sheet(form, "Enter a curfew"), None)


@page("/curfews/{condition_id:str}", Verb.RECORD_CONDITION)
def change_curfew(request: Asked, condition_id: FromPath[str]) -> Response[Any]:
    """Show a curfew to be changed: a new version is made."""
    form, condition = _condition(request, condition_id)
    version, terms = condition.newest, condition.newest.terms
    if not isinstance(terms, Curfew):
        reader(request, Purpose.UPKEEP).refuse("curfew", [condition_id], "no curfew")
    release = terms.release_night
    second = terms.also[0] if terms.also else None
    values = {
        "record_id": condition_id,
        "seen_version": str(version.version),
        "order": version.order_id,
        "demand": terms.demand.value,
        "label": terms.label,
        "lat2": f"{second.lat_deg:.6f}" if second else "",
        "lon2": f"{second.lon_deg:.6f}" if second else "",
        "shape": json.dumps(to_geojson(terms.shape)) if terms.shape is not None else "",
        "lat": f"{terms.address.lat_deg:.6f}",
        "lon": f"{terms.address.lon_deg:.6f}",
        "radius": f"{terms.radius_m:g}",
        "grace": f"{terms.grace_s / 60:g}",
        **moment_values("release_start", release.start if release else None),
        **moment_values("release_end", release.end if release else None),
        "kept": [name for name, _ in to_come(terms)],
        **moment_values("valid_from", reader(request, Purpose.UPKEEP).now()),
        **moment_values("valid_until", version.valid_until),
    }
    rows = rows_as_typed(terms.rows)
    return _show(
        request, form, _sheet(form, "Change a curfew", terms), values, rows, 1, before=terms
    )


@act("/curfews/{condition_id:str}", Verb.RECORD_CONDITION)
def correct_curfew(request: Asked, condition_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the next version of a curfew."""
    form, condition = _condition(request, condition_id)
    terms = condition.newest.terms
    if not isinstance(terms, Curfew):
        reader(request, Purpose.UPKEEP).refuse("curfew", [condition_id], "no curfew")
    sheet = _sheet(form, "Change a curfew", terms)
    return _record(request, data, form, sheet, ConditionId(condition_id), terms)


def _condition(request: Asked, condition_id: str) -> tuple[OrderForm, ConditionView]:
    asking = reader(request, Purpose.UPKEEP)
    identity = ConditionId(condition_id)
    form = order_form(asking, wearer_of_condition(asking, identity))
    for condition in form.conditions:
        if condition.condition_id == identity:
            if condition.withheld:
                asking.refuse("condition", [condition_id], "secret zone")
            return form, condition
    asking.refused("condition", [condition_id], "unknown")
    raise NotFound(unreachable(asking.actor))


def _record(
    request: Asked,
    data: Form,
    form: OrderForm,
    sheet: Sheet,
    identity: ConditionId | None,
    before: Curfew | None = None,
) -> Response[Any]:
    values, problems, rows = typed(data, sheet), Problems(), typed_rows(data)
    more = str(data.get("more", ""))
    if more == "row":
        return _show(request, form, sheet, values, rows, SPARE, before=before)
    if more == "check":
        return _show(request, form, sheet, values, rows, 1, problems, before)
    curfew = _version(values, form, identity, rows, problems, before)
    if not problems and curfew is not None:
        asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
        seen, reason = int(values["seen_version"]), str(values["reason"])
        need = str(values["need"])
        done = attempt(
            problems, lambda: record_condition(clerk, asking, curfew, seen, reason, need)
        )
        if done is not None:
            return after(sheet.back, done)
    return _show(request, form, sheet, values, rows, 1, problems, before)


def _version(
    values: Mapping[str, Any],
    form: OrderForm,
    identity: ConditionId | None,
    rows: list[dict[str, str]],
    problems: Problems,
    before: Curfew | None,
) -> ConditionVersion | None:
    label = text(values, "label", problems, "Enter what the place is called")
    address = read_place(values, "lat", "lon", problems)
    demand = choice(values, "demand", Demand, problems, "Choose what the order calls it")
    second = _second(values, problems)
    shape = read_outline(values, problems)
    also = () if second is None else (second,)
    also += () if before is None else before.also[1:]
    if shape is not None and also:
        problems.add("shape", "Give a second address or an outline, not both")
    found = read_rows(rows, problems)
    single = visits(values, before, problems)
    if not rows and not single and demand is not Demand.RESTRICTION_ZONE:
        problems.add("row-0-from_day", "Enter at least one weekly row, or an appointment")
    radius_m = number(values, "radius", problems, 20, 2_000, "The radius in metres")
    grace = number(values, "grace", problems, 0, 240, "The grace in minutes")
    release = window(values, "release", "release night", problems)
    if address is None:
        return None
    terms = Curfew(
        label=label,
        address=address,
        rows=found,
        radius_m=radius_m,
        grace_s=round(grace * 60),
        release_night=release,
        shape=shape,
        demand=demand,
        also=also,
        appointments=single,
    )
    return condition_of(values, form, identity, terms, problems)


def _second(values: Mapping[str, Any], problems: Problems) -> LonLat | None:
    if not any(str(values[name]).strip() for name in ("lat2", "lon2")):
        return None
    return read_place(values, "lat2", "lon2", problems)


def _show(
    request: Asked,
    form: OrderForm,
    sheet: Sheet,
    values: dict[str, Any],
    rows: list[dict[str, str]],
    spare: int,
    problems: Problems | None = None,
    before: Curfew | None = None,
) -> Response[Any]:
    more: dict[str, Any] = {
        "rows": shown_rows(rows, spare),
        "nights": ahead(
            request,
            rows,
            window(values, "release", "release night", Problems()),
            visits(values, before, Problems()),
        ),
        "days": week_of(rows),
        "boroughs": static_address("map/boroughs.geojson"),
        "precision": own_precision(request, values),
        **shown_need(request, form.wearer.wearer_id, values),
    }
    return show_sheet(request, sheet, values, problems, TEMPLATE, more)


# --- telling the wearer --------------------------------------------------------------------------


def _told_sheet(form: OrderForm, condition: ConditionView) -> Sheet:
    newest = condition.newest
    return Sheet(
        title="Record that he was told",
        caption=f"{form.wearer.name}: {newest.terms.label}, version {newest.version}",
        back=f"/wearers/{form.wearer.wearer_id}",
        button="Record that he was told",
        intro="From this time on a breach of this version can be held against him.",
        inputs=(
            Input(name="told", label="Told at", kind=Kind.MOMENT),
            Input(name="version", kind=Kind.HIDDEN),
        ),
    )


@page("/conditions/{condition_id:str}/told", Verb.RECORD_CONDITION)
def ask_told(request: Asked, condition_id: FromPath[str]) -> Response[Any]:
    """Ask when the wearer was told."""
    form, condition = _condition(request, condition_id)
    asking = reader(request, Purpose.UPKEEP)
    values = {
        "version": str(condition.newest.version),
        **moment_values("told", asking.now()),
    }
    return show_sheet(request, _told_sheet(form, condition), values)


@act("/conditions/{condition_id:str}/told", Verb.RECORD_CONDITION)
def told(request: Asked, condition_id: FromPath[str], data: Form) -> Response[Any]:
    """Record when the wearer was told of the version the form showed."""
    form, condition = _condition(request, condition_id)
    sheet = _told_sheet(form, condition)
    values, problems = typed(data, sheet), Problems()
    at = moment(values, "told", problems, "Enter when he was told")
    version = int(number(values, "version", problems, 1, 100_000, "The version"))
    if not problems and at is not None:
        asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
        identity = ConditionId(condition_id)
        done = attempt(problems, lambda: record_told(clerk, asking, identity, version, at))
        if done is not None:
            return after(sheet.back, done)
    return show_sheet(request, sheet, values, problems)


ROUTES = (new_curfew, enter_curfew, change_curfew, correct_curfew, ask_told, told)
