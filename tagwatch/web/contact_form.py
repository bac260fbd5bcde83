"""Who is told of alerts: the list, and the form of one contact."""

import re
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import FORM
from tagwatch.core.ids import AccountId, ContactId
from tagwatch.core.person import THEMSELVES, Channel, Contact, Duty
from tagwatch.core.timetable import CurfewRow
from tagwatch.desk.clerk import digest
from tagwatch.desk.contact import record_contact, send_test
from tagwatch.desk.weekly_row import row_text, rows_of
from tagwatch.query.register import contact, contacts
from tagwatch.query.told import tests_of
from tagwatch.web.form import (
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    choice,
    number,
    options,
    said,
    show_sheet,
    text,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, page
from tagwatch.web.told import message_line
from tagwatch.web.wearer_form import HIDDEN, new_id

ACTIVE: Final = "active"
_PHONE: Final = re.compile(r"\+[1-9][0-9]{7,14}")


@page("/contacts", Verb.RECORD_CONTACT)
def list_contacts(request: Asked) -> Response[Any]:
    """List who is told of alerts, by duty and rank."""
    found = contacts(reader(request, Purpose.UPKEEP))
    filled = THEMSELVES | {c.duty for c in found if c.active}
    missing = [duty for duty in Duty if duty not in filled]
    context = {"contacts": found, "missing": missing, "said": said(request)}
    return show(request, "contacts.html", context)


def _sheet(request: Asked, title: str) -> Sheet:
    accounts = foundation(request).sign_in.accounts.all()
    return Sheet(
        title=title,
        back="/contacts",
        intro="Messages carry no name and no address: a code, how urgent it is, and a link.",
        inputs=(
            Input(name="label", label="What this contact is called"),
            Input(
                name="duty",
                label="Stands for",
                kind=Kind.RADIOS,
                options=options(Duty),
                hint="The legal basis of an order decides which of them is told",
            ),
            Input(
                name="rank",
                label="Rank",
                hint="1 is told first; the next rank when nobody acknowledges in time",
                classes="govuk-input--width-2",
                numeric="numeric",
            ),
            Input(
                name="channel",
                label="How to reach them",
                kind=Kind.RADIOS,
                options=options(Channel),
            ),
            Input(
                name="address",
                label="E-mail address, mobile number or webhook address",
                hint="A number with its country, such as +447700900123. Leave empty for the "
                "list of open alerts on these pages",
            ),
            Input(
                name="account",
                label="Account (optional)",
                kind=Kind.SELECT,
                options=(("", "None"), *((a.account_id, a.full_name) for a in accounts)),
                hint="Whose list of open alerts shows it",
            ),
            Input(
                name="boroughs",
                label="Only for these boroughs (optional)",
                hint="Separate them by commas; empty means all",
            ),
            Input(
                name="quiet",
                label="Quiet hours (optional)",
                kind=Kind.AREA,
                hint="London time, one line for each, such as daily 22:00-07:00. They hold back "
                "routine messages until they end, and urgent ones that protect nobody until the "
                "alert has climbed; never what protects a person",
            ),
            Input(
                name="use",
                label="In use",
                kind=Kind.BOXES,
                options=((ACTIVE, "This contact is told of alerts"),),
            ),
            *HIDDEN,
        ),
    )


@page("/contacts/new", Verb.RECORD_CONTACT, FORM)
def new_contact(request: Asked) -> Response[Any]:
    """Ask for a new contact."""
    values = {"record_id": f"k_{secrets.token_hex(8)}", "rank": "1", "use": [ACTIVE]}
    return show_sheet(request, _sheet(request, "Enter a contact"), values)


@act("/contacts/new", Verb.RECORD_CONTACT)
def enter_contact(request: Asked, data: Form) -> Response[Any]:
    """Record a new contact."""
    return _record(request, data, _sheet(request, "Enter a contact"), None)


@page("/contacts/{contact_id:str}", Verb.RECORD_CONTACT)
def change_contact(request: Asked, contact_id: FromPath[str]) -> Response[Any]:
    """Show a contact to be changed."""
    found = contact(reader(request, Purpose.UPKEEP), contact_id)
    return _show_contact(request, found, _values(found), Problems())


def _values(found: Contact) -> dict[str, Any]:
    return {
        "label": found.label,
        "duty": found.duty.value,
        "rank": str(found.rank),
        "channel": found.channel.value,
        "address": found.address,
        "account": found.account_id or "",
        "boroughs": ", ".join(found.boroughs),
        "use": [ACTIVE] if found.active else [],
        "quiet": "\n".join(map(row_text, found.quiet)),
        "record_id": found.contact_id,
        "seen": digest(found),
    }


@act("/contacts/{contact_id:str}/test", Verb.RECORD_CONTACT)
def test_contact(request: Asked, contact_id: FromPath[str], data: Form) -> Response[Any]:  # noqa: ARG001  # the form holds its token only
    """Send the contact a message that says that it is a test."""
    asking, clerk, problems = reader(request, Purpose.UPKEEP), foundation(request).clerk, Problems()
    found = contact(asking, contact_id)
    done = attempt(problems, lambda: send_test(clerk, asking, found.contact_id))
    if done is not None:
        return after(f"/contacts/{contact_id}", done)
    return _show_contact(request, found, _values(found), problems)


def _show_contact(
    request: Asked, found: Contact, values: Mapping[str, Any], problems: Problems
) -> Response[Any]:
    more = {
        "contact_id": found.contact_id,
        "tests": tests_of(reader(request, Purpose.UPKEEP), found.contact_id),
        "message_line": message_line,
        "said": said(request),
        "may_test": found.duty not in THEMSELVES,
    }
    sheet = msgspec.structs.replace(
        _sheet(request, "Change a contact"), action=f"/contacts/{found.contact_id}"
    )
    return show_sheet(request, sheet, values, problems, "contact_form.html", more)


@act("/contacts/{contact_id:str}", Verb.RECORD_CONTACT)
def correct_contact(request: Asked, contact_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the contact as it is from now on."""
    former = contact(reader(request, Purpose.UPKEEP), contact_id)
    return _record(request, data, _sheet(request, "Change a contact"), former)


def _record(request: Asked, data: Form, sheet: Sheet, former: Contact | None) -> Response[Any]:
    values, problems = typed(data, sheet), Problems()
    found = _contact(values, former, problems)
    if not problems:
        asking, clerk = reader(request, Purpose.UPKEEP), foundation(request).clerk
        done = attempt(problems, lambda: record_contact(clerk, asking, found, values["seen"]))
        if done is not None:
            return after("/contacts", done)
    return show_sheet(request, sheet, values, problems)


def _contact(values: Mapping[str, Any], former: Contact | None, problems: Problems) -> Contact:
    channel = choice(values, "channel", Channel, problems, "Choose how to reach them")
    address = str(values["address"]).strip()[:500]
    phone = _PHONE.fullmatch(address.replace(" ", ""))
    if channel is Channel.EMAIL and "@" not in address:
        problems.add("address", "Enter an e-mail address")
    if channel is Channel.SMS and not phone:
        problems.add("address", "Enter a mobile number with its country, such as +447700900123")
    if channel is Channel.GOVUK_NOTIFY and "@" not in address and not phone:
        problems.add("address", "Enter an e-mail address, or a number such as +447700900123")
    if phone and channel in (Channel.SMS, Channel.GOVUK_NOTIFY):
        address = address.replace(" ", "")
    if channel is Channel.WEBHOOK and urlsplit(address).scheme not in ("http", "https"):
        problems.add("address", "Enter an address that begins with https://")
    boroughs = (part.strip() for part in str(values["boroughs"]).split(","))
    return Contact(
        contact_id=former.contact_id if former else ContactId(new_id(values, "k_", problems)),
        label=text(values, "label", problems, "Enter what this contact is called"),
        duty=choice(values, "duty", Duty, problems, "Choose what this contact stands for"),
        rank=int(number(values, "rank", problems, 1, 9, "The rank")),
        channel=channel,
        address=address,
        account_id=AccountId(values["account"]) if values["account"] else None,
        wearers=former.wearers if former else (),
        boroughs=tuple(part for part in boroughs if part),
        active=ACTIVE in values["use"],
        quiet=_quiet(values, problems),
    )


def _quiet(values: Mapping[str, Any], problems: Problems) -> tuple[CurfewRow, ...]:
    try:
        return rows_of(str(values.get("quiet", "")))
    except ValueError as error:
        problems.add("quiet", str(error)[:1].upper() + str(error)[1:])
        return ()


ROUTES = (
    list_contacts,
    new_contact,
    enter_contact,
    change_contact,
    test_contact,
    correct_contact,
)
