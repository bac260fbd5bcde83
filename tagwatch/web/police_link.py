"""On the alert: a link to the police response page made, shown once, and taken back; and on the
wearer what he looks like."""

from typing import Any

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import AlertId, LinkId, WearerId
from tagwatch.desk.alert import WordsMissing
from tagwatch.desk.clerk import Conflict, NotRecorded
from tagwatch.desk.police import issue_link, record_appearance, take_back_link
from tagwatch.query.police import appearance
from tagwatch.web.alert import NO_FIELD, after_act, alert_reader, problem_page
from tagwatch.web.form import Input, Kind, Problems, Sheet, after, attempt, show_sheet, typed
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.whole import whole


@act("/alerts/{alert_id:str}/police-links", Verb.ISSUE_POLICE_LINK)
def make_link(request: Asked, alert_id: FromPath[str], data: Form) -> Response[Any]:
    """Make a link and show it with its code, this once."""
    officer, force = field(data, "officer", 100), field(data, "force", 100)
    hours = field(data, "hours", 2)
    kept = {"link_officer": officer, "link_force": force}
    base = foundation(request)
    try:
        link, made = issue_link(
            base.clerk,
            alert_reader(request),
            base.sign_in.accounts,
            AlertId(alert_id),
            officer,
            force,
            whole(hours),
        )
    except WordsMissing as error:
        return problem_page(request, alert_id, str(error), "#officer", kept)
    except (Conflict, NotRecorded) as error:
        return problem_page(request, alert_id, str(error), NO_FIELD, kept)
    address = f"{str(request.base_url).rstrip('/')}/p/enter/{made.key}"
    context = {"link": link, "address": address, "code": f"{made.code[:3]} {made.code[3:]}"}
    return show(request, "police_link.html", context)


@act("/alerts/{alert_id:str}/police-links/revoke", Verb.ISSUE_POLICE_LINK)
def take_link_back(request: Asked, alert_id: FromPath[str], data: Form) -> Response[Any]:
    """Take a link back."""
    base, link_id = foundation(request), LinkId(field(data, "link", 40))
    try:
        done = take_back_link(
            base.clerk, alert_reader(request), base.sign_in.accounts, AlertId(alert_id), link_id
        )
    except (Conflict, NotRecorded) as error:
        return problem_page(request, alert_id, str(error), NO_FIELD, {})
    return after_act(alert_id, done, "revoke_link")


@page("/wearers/{wearer_id:str}/appearance", Verb.RECORD_APPEARANCE)
def ask_appearance(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show what is written of how a wearer looks, to be changed."""
    found = appearance(reader(request, Purpose.UPKEEP), WearerId(wearer_id))
    return show_sheet(request, _sheet(wearer_id), {"description": found, "seen": found})


@act("/wearers/{wearer_id:str}/appearance", Verb.RECORD_APPEARANCE)
def change_appearance(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Record how a wearer looks."""
    asking, sheet, problems = reader(request, Purpose.UPKEEP), _sheet(wearer_id), Problems()
    values = typed(data, sheet)
    clerk = foundation(request).clerk
    words, seen = str(values["description"]), str(values["seen"])
    try:
        done = attempt(
            problems, lambda: record_appearance(clerk, asking, WearerId(wearer_id), words, seen)
        )
    except WordsMissing as error:
        problems.add("description", str(error))
    else:
        if done is not None:
            return after(f"/wearers/{wearer_id}", done)
    return show_sheet(request, sheet, values, problems)


def _sheet(wearer_id: str) -> Sheet:
    return Sheet(
        title="What he looks like",
        back=f"/wearers/{wearer_id}",
        inputs=(
            Input(name="seen", kind=Kind.HIDDEN),
            Input(
                name="description",
                label="Description",
                kind=Kind.AREA,
                hint="Height, build, hair, what he usually wears, marks. Police read it at night",
            ),
        ),
    )


ROUTES = (make_link, take_link_back, ask_appearance, change_appearance)
