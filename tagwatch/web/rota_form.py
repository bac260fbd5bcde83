"""Forms of the rota: the weekly hours of a contact, and somebody who stands in."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import ContactId, OverrideId, ShiftId
from tagwatch.core.rota import HolidayRule, Override, Shift
from tagwatch.core.timetable import CurfewRow, Edge
from tagwatch.core.units import HOUR, Instant
from tagwatch.desk.rota import record_override, record_shift
from tagwatch.desk.weekly_row import row_text, rows_of
from tagwatch.query.on_call import RotaForm, override_of, rota_form, shift_of
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
from tagwatch.web.words import word

WITHDRAWN: Final = "withdrawn"
_HOURS: Final = (
    "London time, one line for each: daily 19:00-07:00, or Mo-Fr 09:00-17:00, or "
    "Fr 17:30-Mo 08:00. A contact without shifts is always on call; one with shifts in them only"
)
_HIDDEN: Final = (
    Input(name="record_id", kind=Kind.HIDDEN),
    Input(name="seen_version", kind=Kind.HIDDEN),
)
_WITHDRAW: Final = Input(
    name="withdraw",
    label="Withdraw",
    kind=Kind.BOXES,
    options=((WITHDRAWN, "It does not count any more; it stays in the record"),),
)


def _people(form: RotaForm) -> tuple[tuple[str, str], ...]:
    return tuple(
        (c.contact_id, f"{c.label} ({word(c.duty).lower()}, rank {c.rank})") for c in form.contacts
    )


def _shift_sheet(form: RotaForm, title: str, *more: Input) -> Sheet:
    return Sheet(
        title=title,
        back="/on-call",
        inputs=(
            Input(name="contact", label="Who", kind=Kind.SELECT, options=_people(form)),
            Input(name="hours", label="Hours", kind=Kind.AREA, hint=_HOURS),
            Input(
                name="holidays",
                label="Bank holidays",
                kind=Kind.RADIOS,
                options=options(HolidayRule),
                hint="The day on which a shift starts decides",
            ),
            Input(name="valid_from", label="From", kind=Kind.MOMENT),
            Input(name="valid_until", label="Until (optional)", kind=Kind.MOMENT),
            *more,
            *_HIDDEN,
        ),
    )


def _override_sheet(form: RotaForm, title: str, *more: Input) -> Sheet:
    return Sheet(
        title=title,
        back="/on-call",
        inputs=(
            Input(name="contact", label="Who is on call", kind=Kind.SELECT, options=_people(form)),
            Input(
                name="instead_of",
                label="Instead of (optional)",
                kind=Kind.SELECT,
                options=(("", "Nobody: as well as those on shift"), *_people(form)),
            ),
            Input(name="start", label="From", kind=Kind.MOMENT),
            Input(name="end", label="Until", kind=Kind.MOMENT),
            Input(
                name="reason",
                label="Why",
                hint="For example: leave, court. It is shown to colleagues: no health details",
            ),
            *more,
            *_HIDDEN,
        ),
    )


@page("/on-call/shifts/new", Verb.RECORD_ROTA)
def new_shift(request: Asked) -> Response[Any]:
    """Ask for a new shift."""
    asking = reader(request, Purpose.UPKEEP)
    values = {
        "record_id": f"s_{secrets.token_hex(8)}",
        "seen_version": "0",
        "holidays": HolidayRule.AS_USUAL.value,
        "contact": request.query_params.get("contact", ""),
        **moment_values("valid_from", asking.now()),
    }
    return show_sheet(request, _shift_sheet(rota_form(asking), "Enter a shift"), values)


@act("/on-call/shifts/new", Verb.RECORD_ROTA)
def enter_shift(request: Asked, data: Form) -> Response[Any]:
    """Record a new shift."""
    form = rota_form(reader(request, Purpose.UPKEEP))
    return _record_shift(request, data, _shift_sheet(form, "Enter a shift"), None)


@page("/on-call/shifts/{shift_id:str}", Verb.RECORD_ROTA)
def change_shift(request: Asked, shift_id: FromPath[str]) -> Response[Any]:
    """Show a shift to be changed or withdrawn."""
    asking = reader(request, Purpose.UPKEEP)
    found = shift_of(asking, shift_id)
    values = {
        "record_id": shift_id,
        "seen_version": str(found.version),
        "contact": found.contact_id,
        "hours": "\n".join(map(row_text, found.rows)),
        "holidays": found.holidays.value,
        "withdraw": [WITHDRAWN] if found.withdrawn else [],
        **moment_values("valid_from", found.valid_from),
        **moment_values("valid_until", found.valid_until),
    }
    sheet = _shift_sheet(rota_form(asking), "Change a shift", _WITHDRAW)
    return show_sheet(request, sheet, values)


@act("/on-call/shifts/{shift_id:str}", Verb.RECORD_ROTA)
def correct_shift(request: Asked, shift_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the next version of a shift."""
    asking = reader(request, Purpose.UPKEEP)
    former = shift_of(asking, shift_id)
    sheet = _shift_sheet(rota_form(asking), "Change a shift", _WITHDRAW)
    return _record_shift(request, data, sheet, former)


@page("/on-call/overrides/new", Verb.RECORD_ROTA)
def new_override(request: Asked) -> Response[Any]:
    """Ask who stands in, and when."""
    asking = reader(request, Purpose.UPKEEP)
    now = asking.now()
    values = {
        "record_id": f"v_{secrets.token_hex(8)}",
        "seen_version": "0",
        **moment_values("start", now),
        **moment_values("end", Instant(now + 12 * HOUR)),
    }
    return show_sheet(request, _override_sheet(rota_form(asking), "Enter a stand-in"), values)


@act("/on-call/overrides/new", Verb.RECORD_ROTA)
def enter_override(request: Asked, data: Form) -> Response[Any]:
    """Record a new override."""
    form = rota_form(reader(request, Purpose.UPKEEP))
    return _record_override(request, data, _override_sheet(form, "Enter a stand-in"), None)


@page("/on-call/overrides/{override_id:str}", Verb.RECORD_ROTA)
def change_override(request: Asked, override_id: FromPath[str]) -> Response[Any]:
    """Show an override to be changed or withdrawn."""
    asking = reader(request, Purpose.UPKEEP)
    found = override_of(asking, override_id)
    values = {
        "record_id": override_id,
        "seen_version": str(found.version),
        "contact": found.contact_id,
        "instead_of": found.instead_of or "",
        "reason": found.reason,
        "withdraw": [WITHDRAWN] if found.withdrawn else [],
        **moment_values("start", found.start),
        **moment_values("end", found.end),
    }
    sheet = _override_sheet(rota_form(asking), "Change a stand-in", _WITHDRAW)
    return show_sheet(request, sheet, values)


@act("/on-call/overrides/{override_id:str}", Verb.RECORD_ROTA)
def correct_override(request: Asked, override_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the next version of an override."""
    asking = reader(request, Purpose.UPKEEP)
    former = override_of(asking, override_id)
    sheet = _override_sheet(rota_form(asking), "Change a stand-in", _WITHDRAW)
    return _record_override(request, data, sheet, former)


def _record_shift(request: Asked, data: Form, sheet: Sheet, former: Shift | None) -> Response[Any]:
    values, problems = typed(data, sheet), Problems()
    start = moment(values, "valid_from", problems, "Enter when the shift begins to count")
    until = moment(values, "valid_until", problems, edge=Edge.UNTIL)
    found = Shift(
        shift_id=former.shift_id if former else ShiftId(new_id(values, "s_", problems)),
        contact_id=ContactId(text(values, "contact", problems, "Choose a contact")),
        rows=_rows(values, problems),
        holidays=choice(values, "holidays", HolidayRule, problems, "Choose what holidays change"),
        valid_from=start or Instant(0),
        valid_until=until,
        withdrawn=WITHDRAWN in values.get("withdraw", []),
    )
    seen = _seen(values, problems)
    if not problems:
        asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
        done = attempt(problems, lambda: record_shift(clerk, asking, found, seen))
        if done is not None:
            return after("/on-call", done)
    return show_sheet(request, sheet, values, problems)


def _record_override(
    request: Asked, data: Form, sheet: Sheet, former: Override | None
) -> Response[Any]:
    values, problems = typed(data, sheet), Problems()
    start = moment(values, "start", problems, "Enter when it begins")
    end = moment(values, "end", problems, "Enter when it ends", Edge.UNTIL)
    who = text(values, "contact", problems, "Choose who is on call")
    reason = text(values, "reason", problems, "Say why")
    name = former.override_id if former else OverrideId(new_id(values, "v_", problems))
    seen = _seen(values, problems)
    if start is not None and end is not None and start >= end:
        problems.add("end", "The end must be after the start")
    if not problems and start is not None and end is not None:
        found = Override(
            override_id=name,
            contact_id=ContactId(who),
            instead_of=ContactId(values["instead_of"]) if values["instead_of"] else None,
            start=start,
            end=end,
            reason=reason,
            withdrawn=WITHDRAWN in values.get("withdraw", []),
        )
        asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
        done = attempt(problems, lambda: record_override(clerk, asking, found, seen))
        if done is not None:
            return after("/on-call", done)
    return show_sheet(request, sheet, values, problems)


def _rows(values: Mapping[str, Any], problems: Problems) -> tuple[CurfewRow, ...]:
    try:
        found = rows_of(str(values["hours"]))
    except ValueError as error:
        problems.add("hours", str(error)[:1].upper() + str(error)[1:])
        return ()
    if not found:
        problems.add("hours", "Enter the hours, for example: daily 19:00-07:00")
    return found


def _seen(values: Mapping[str, Any], problems: Problems) -> int:
    seen = str(values["seen_version"])
    if not seen.isdigit() or len(seen) > 9:
        problems.add(TOP, "This form is incomplete. Load the page again.")
        return 0
    return int(seen)


ROUTES = (
    new_shift,
    enter_shift,
    change_shift,
    correct_shift,
    new_override,
    enter_override,
    change_override,
    correct_override,
)
