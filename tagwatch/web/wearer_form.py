"""Forms: a wearer is entered or corrected; a tag is fitted to him and taken off."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.refusal import Refused
from tagwatch.access.role import Role, Verb
from tagwatch.access.written import FORM
from tagwatch.core.ids import AccountId, ActivationId, TagId, WearerId
from tagwatch.core.inventory import TagState
from tagwatch.core.order import Programme
from tagwatch.core.person import Restriction, Wearer
from tagwatch.core.timetable import Edge
from tagwatch.core.units import Instant
from tagwatch.desk.activation import end_activation, fit_tag
from tagwatch.desk.clerk import digest
from tagwatch.desk.wearer import record_wearer
from tagwatch.query.register import activation_of, free_tags, order_form
from tagwatch.web.borough import names
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
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.route import Form, act, page

_OPTIONAL: Final = ("crn", "nomis_id", "pnc_ref", "date_of_birth", "phone")
_TEXTS: Final = ("name", "borough", "agency", "notes", "interpreter")
_DATES: Final = ("%d/%m/%Y", "%d %m %Y", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%Y-%m-%d")
"""How a date of birth may be written."""
HIDDEN: Final = (
    Input(name="record_id", kind=Kind.HIDDEN),
    Input(name="seen", kind=Kind.HIDDEN),
)


def _sheet(request: Asked, title: str, back: str) -> Sheet:
    officers = foundation(request).sign_in.accounts.all()
    named = [(a.account_id, a.full_name) for a in officers if a.role == Role.PRACTITIONER.value]
    return Sheet(
        title=title,
        back=back,
        inputs=(
            Input(name="name", label="Full name"),
            Input(
                name="date_of_birth",
                label="Date of birth (optional)",
                hint="For example 27/4/1989",
                classes="govuk-input--width-10",
            ),
            Input(name="crn", label="CRN (optional)", classes="govuk-input--width-10"),
            Input(name="nomis_id", label="NOMIS id (optional)", classes="govuk-input--width-10"),
            Input(
                name="pnc_ref",
                label="PNC number (optional)",
                hint="For example 2026/1234567Z",
                classes="govuk-input--width-10",
            ),
            Input(
                name="programme",
                label="Programme",
                kind=Kind.RADIOS,
                options=options(Programme),
            ),
            Input(
                name="borough",
                label="Borough he lives in",
                hint="Type the first letters of a London borough, or another place",
                options=tuple((name, name) for name in names()),
            ),
            Input(
                name="agency",
                label="Notifying agency",
                hint="Its officers (in teams: his officer's) see him unless the case is restricted",
            ),
            Input(
                name="officer",
                label="Responsible officer",
                kind=Kind.SELECT,
                options=(("", "Nobody yet"), *named),
            ),
            Input(
                name="restriction",
                label="Who may see the case",
                kind=Kind.RADIOS,
                options=(
                    (Restriction.ORDINARY.value, "Everybody whose work it is"),
                    (Restriction.RESTRICTED.value, "The responsible officer alone"),
                ),
            ),
            Input(
                name="restricted_why",
                label="Why the case is restricted, if it is",
                kind=Kind.AREA,
                hint="Recorded with your name and the day; read at each review of the restriction",
            ),
            Input(name="phone", label="Telephone (optional)", classes="govuk-input--width-10"),
            Input(
                name="interpreter",
                label="Language, if an interpreter is needed (optional)",
                classes="govuk-input--width-10",
            ),
            Input(name="notes", label="Notes (optional)", kind=Kind.AREA),
            *HIDDEN,
        ),
    )


@page("/wearers/new", Verb.REGISTER_WEARER, FORM)
def new_wearer(request: Asked) -> Response[Any]:
    """Ask for a new wearer."""
    actor = who(request).actor
    values = {
        "record_id": f"w_{secrets.token_hex(8)}",
        "restriction": Restriction.ORDINARY.value,
        "agency": actor.agency,
        "officer": actor.account_id if actor.role is Role.PRACTITIONER else "",
    }
    return show_sheet(request, _sheet(request, "Enter a wearer", "/wearers"), values)


@act("/wearers/new", Verb.REGISTER_WEARER)
def enter_wearer(request: Asked, data: Form) -> Response[Any]:
    """Record a new wearer."""
    return _record(request, data, _sheet(request, "Enter a wearer", "/wearers"), None)


@page("/wearers/{wearer_id:str}/change", Verb.REGISTER_WEARER)
def change_wearer(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show the wearer's record to be corrected."""
    wearer = order_form(reader(request, Purpose.UPKEEP), WearerId(wearer_id)).wearer
    values: dict[str, Any] = {name: getattr(wearer, name) or "" for name in _OPTIONAL}
    values |= {
        name: getattr(wearer, name)
        for name in ("name", "borough", "agency", "notes", "interpreter", "restricted_why")
    }
    values |= {"programme": wearer.programme.value, "restriction": wearer.restriction.value}
    values |= {"officer": wearer.officer or "", "record_id": wearer_id, "seen": digest(wearer)}
    sheet = _sheet(request, "Change a wearer", f"/wearers/{wearer_id}")
    return show_sheet(request, sheet, values)


@act("/wearers/{wearer_id:str}/change", Verb.REGISTER_WEARER)
def correct_wearer(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the wearer as he is from now on."""
    # Whose record it is comes before what was typed: a stranger is refused, on the audit.
    order_form(reader(request, Purpose.UPKEEP), WearerId(wearer_id))
    sheet = _sheet(request, "Change a wearer", f"/wearers/{wearer_id}")
    return _record(request, data, sheet, WearerId(wearer_id))


def _record(request: Asked, data: Form, sheet: Sheet, wearer_id: WearerId | None) -> Response[Any]:
    values, problems = typed(data, sheet), Problems()
    wearer = _wearer(values, wearer_id, problems)
    if not problems:
        asking = reader(request, Purpose.UPKEEP)
        clerk = foundation(request).clerk
        try:
            done = attempt(problems, lambda: record_wearer(clerk, asking, wearer, values["seen"]))
        except Refused as error:
            done = None
            problems.add("agency", str(error))
        if done is not None:
            return after(f"/wearers/{done.made_id}", done)
    return show_sheet(request, sheet, values, problems)


def _wearer(values: Mapping[str, Any], wearer_id: WearerId | None, problems: Problems) -> Wearer:
    given: dict[str, Any] = {name: str(values[name]).strip()[:60] or None for name in _OPTIONAL}
    given["date_of_birth"] = _born(given["date_of_birth"], problems)
    restriction = choice(
        values, "restriction", Restriction, problems, "Choose who may see the case"
    )
    why = str(values["restricted_why"]).strip()[:2000]
    if restriction is Restriction.RESTRICTED and not why:
        problems.add("restricted_why", "Enter why the case is restricted")
    return Wearer(
        wearer_id=wearer_id or WearerId(new_id(values, "w_", problems)),
        name=text(values, "name", problems, "Enter the wearer's name"),
        programme=choice(values, "programme", Programme, problems, "Choose the programme"),
        borough=text(values, "borough", problems, "Enter the borough he lives in"),
        agency=text(values, "agency", problems, "Enter the notifying agency"),
        officer=AccountId(values["officer"]) if values["officer"] else None,
        restriction=restriction,
        restricted_why=why if restriction is Restriction.RESTRICTED else "",
        notes=str(values["notes"])[:4000],
        interpreter=str(values["interpreter"])[:100],
        **given,
    )


def _born(written: str | None, problems: Problems) -> str | None:
    """Return a date of birth as `1989-04-27`, None with a problem noted if it cannot be read."""
    if written is None:
        return None
    for form in _DATES:
        try:
            return datetime.strptime(written, form).date().isoformat()  # noqa: DTZ007  # a day, no instant
        except ValueError:
            continue
    problems.add("date_of_birth", "Enter the date of birth as day, month and year: 27/4/1989")
    return None


def new_id(values: Mapping[str, Any], prefix: str, problems: Problems) -> str:
    """Return the id the form was made with: sent twice, the second is refused as known."""
    given = str(values.get("record_id", ""))
    if not re.fullmatch(rf"{prefix}[0-9a-f]{{16}}", given):
        problems.add(TOP, "This form is incomplete. Load the page again.")
        return f"{prefix}{secrets.token_hex(8)}"
    return given


# --- the tag on him ------------------------------------------------------------------------------


def _fit_sheet(request: Asked, wearer_id: str, caption: str) -> Sheet:
    free = free_tags(reader(request, Purpose.UPKEEP), TagState)
    offered = [(tag.tag_id, f"{tag.serial} ({tag.model})") for tag in free]
    return Sheet(
        title="Fit a tag",
        caption=caption,
        back=f"/wearers/{wearer_id}",
        button="Record that it is fitted",
        intro="Fixes count for the wearer from the time of fitting on, never before.",
        inputs=(
            Input(
                name="tag",
                label="Tag",
                kind=Kind.SELECT,
                options=(("", "Choose a tag that is on nobody"), *offered),
                hint="" if offered else "Every tag is on somebody: enter one under Tags first",
            ),
            Input(name="at", label="Fitted at", kind=Kind.MOMENT),
        ),
    )


@page("/wearers/{wearer_id:str}/fit", Verb.FIT_TAG)
def ask_fit(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Ask which tag was fitted, and when."""
    asking = reader(request, Purpose.UPKEEP)
    wearer = order_form(asking, WearerId(wearer_id)).wearer
    values = moment_values("at", asking.now())
    return show_sheet(request, _fit_sheet(request, wearer_id, wearer.name), values)


@act("/wearers/{wearer_id:str}/fit", Verb.FIT_TAG)
def fit(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record that a tag was fitted."""
    asking = reader(request, Purpose.UPKEEP)
    wearer = order_form(asking, WearerId(wearer_id)).wearer
    sheet = _fit_sheet(request, wearer_id, wearer.name)
    values, problems = typed(data, sheet), Problems()
    tag_id = TagId(text(values, "tag", problems, "Choose the tag"))
    at = moment(values, "at", problems, "Enter when it was fitted")
    if at is not None and at > asking.now():
        problems.add("at", "A tag cannot have been fitted in the future")
    if not problems:
        clerk = foundation(request).clerk
        started = Instant(at or 0)
        done = attempt(
            problems, lambda: fit_tag(clerk, asking, WearerId(wearer_id), tag_id, started)
        )
        if done is not None:
            return after(f"/wearers/{wearer_id}", done)
    return show_sheet(request, sheet, values, problems)


def _end_sheet(wearer_id: str, serial: str) -> Sheet:
    return Sheet(
        title="Record that the tag came off",
        caption=f"Tag {serial}",
        back=f"/wearers/{wearer_id}",
        button="Record that it came off",
        intro="Later fixes of this tag are kept, and count for nobody.",
        inputs=(
            Input(name="at", label="Came off at", kind=Kind.MOMENT),
            Input(name="reason", label="Why", hint="For example: order ended, strap broken"),
            Input(
                name="becomes",
                label="The tag is",
                kind=Kind.RADIOS,
                options=tuple(one for one in options(TagState) if one[0] != TagState.FITTED),
            ),
        ),
    )


@page("/activations/{activation_id:str}/end", Verb.FIT_TAG)
def ask_end(request: Asked, activation_id: FromPath[str]) -> Response[Any]:
    """Ask when the tag came off, and why."""
    asking = reader(request, Purpose.UPKEEP)
    found = activation_of(asking, ActivationId(activation_id))
    values = {"becomes": TagState.TO_BE_RETURNED.value, **moment_values("at", asking.now())}
    return show_sheet(request, _end_sheet(found.wearer_id, found.tag_id), values)


@act("/activations/{activation_id:str}/end", Verb.FIT_TAG)
def end(request: Asked, activation_id: FromPath[str], data: Form) -> Response[Any]:
    """Record that the tag came off."""
    asking = reader(request, Purpose.UPKEEP)
    found = activation_of(asking, ActivationId(activation_id))
    sheet = _end_sheet(found.wearer_id, found.tag_id)
    values, problems = typed(data, sheet), Problems()
    at = moment(values, "at", problems, "Enter when it came off", Edge.UNTIL)
    reason = text(values, "reason", problems, "Enter why it came off")
    if at is not None and at > asking.now():
        problems.add("at", "It cannot have come off in the future")
    if not values["becomes"]:
        values["becomes"] = TagState.TO_BE_RETURNED.value
    if not problems:
        clerk = foundation(request).clerk
        ended = Instant(at or 0)
        identity = ActivationId(activation_id)
        becomes = choice(values, "becomes", TagState, problems, "Say what becomes of the tag")
        done = attempt(
            problems, lambda: end_activation(clerk, asking, identity, ended, reason, becomes)
        )
        if done is not None:
            return after(f"/wearers/{found.wearer_id}", done)
    return show_sheet(request, sheet, values, problems)


ROUTES = (
    new_wearer,
    enter_wearer,
    change_wearer,
    correct_wearer,
    ask_fit,
    fit,
    ask_end,
    end,
)
