"""Leave: recorded with a deputy, ended early; the caseload handed over wearer by wearer."""

from typing import Any

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.access.written import FORM
from tagwatch.core.ids import AccountId, LeaveId, WearerId
from tagwatch.core.timetable import Edge
from tagwatch.core.units import Instant
from tagwatch.desk.leave import WORDS_MOST, eligible, end_leave, note, record_leave
from tagwatch.query.leave import handover as ask_handover
from tagwatch.query.leave import leave_list
from tagwatch.web.form import (
    TOP,
    Input,
    Kind,
    Problems,
    Sheet,
    after,
    attempt,
    moment,
    said,
    show_sheet,
    typed,
)
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, page


@page("/leave", Verb.RECORD_LEAVE)
def leave(request: Asked) -> Response[Any]:
    """List one's own leave and whom one covers."""
    asking = _reader(request)
    found = leave_list(asking)
    ids = {each.deputy for each in found.own} | {each.officer for each in found.covers}
    context = {
        "found": found,
        "names": foundation(request).sign_in.names(ids),
        "said": said(request),
    }
    return show(request, "leave.html", context)


@page("/leave/new", Verb.RECORD_LEAVE, FORM)
def new_leave(request: Asked) -> Response[Any]:
    """Ask from when until when, and who covers."""
    return show_sheet(request, _sheet(request, _reader(request)), {})


@act("/leave/new", Verb.RECORD_LEAVE)
def enter_leave(request: Asked, data: Form) -> Response[Any]:
    """Record one's own leave."""
    asking, base, problems = _reader(request), foundation(request), Problems()
    sheet = _sheet(request, asking)
    values = typed(data, sheet)
    starts_at = moment(values, "starts", problems, "Enter when your leave begins")
    ends_at = moment(values, "ends", problems, "Enter when you are back", edge=Edge.UNTIL)
    if not problems:
        done = attempt(
            problems,
            lambda: record_leave(
                base.clerk,
                asking,
                base.sign_in.accounts,
                AccountId(str(values["deputy"])),
                starts_at or Instant(0),
                ends_at or Instant(0),
            ),
        )
        if done is not None:
            return after(f"/leave/{done.made_id}", done)
    return show_sheet(request, sheet, values, problems)


@page("/leave/{leave_id:str}", Verb.RECORD_LEAVE)
def handover(request: Asked, leave_id: FromPath[str]) -> Response[Any]:
    """Show the caseload that is handed over, with what is said of each wearer."""
    return _page(request, LeaveId(leave_id), {}, 200)


@act("/leave/{leave_id:str}/end", Verb.RECORD_LEAVE)
def end_early(request: Asked, leave_id: FromPath[str]) -> Response[Any]:
    """End one's leave now, or call it off."""
    clerk, asking, problems = foundation(request).clerk, _reader(request), Problems()
    done = attempt(problems, lambda: end_leave(clerk, asking, LeaveId(leave_id)))
    if done is None:
        return _page(request, LeaveId(leave_id), {"problem": problems.by_field[TOP]}, 422)
    return after("/leave", done)


@act("/leave/{leave_id:str}/wearers/{wearer_id:str}", Verb.RECORD_LEAVE)
def write_note(
    request: Asked, leave_id: FromPath[str], wearer_id: FromPath[str], data: Form
) -> Response[Any]:
    """Write what the other officer must know of one wearer."""
    clerk, asking, problems = foundation(request).clerk, _reader(request), Problems()
    name, words = WearerId(wearer_id), field(data, "words", WORDS_MOST)
    done = attempt(problems, lambda: note(clerk, asking, LeaveId(leave_id), name, words))
    if done is None:
        wrong = {"problem": problems.by_field[TOP], "at_wearer": wearer_id}
        return _page(request, LeaveId(leave_id), wrong, 422)
    return after(f"/leave/{leave_id}", done)


def _page(request: Asked, leave_id: LeaveId, more: dict[str, Any], status: int) -> Response[Any]:
    asking = _reader(request)
    found = ask_handover(asking, leave_id)
    ids = {found.leave.officer, found.leave.deputy, found.leave.by or found.leave.officer}
    context = {
        "found": found,
        "leave": found.leave,
        "is_mine": found.leave.officer == asking.actor.account_id,
        "names": foundation(request).sign_in.names(ids),
        "said": said(request),
        "problem": "",
        "at_wearer": "",
        **more,
    }
    return show(request, "handover.html", context, status)


def _reader(request: Asked) -> Reader:
    return reader(request, Purpose.SUPERVISION)


def _sheet(request: Asked, asking: Reader) -> Sheet:
    accounts = eligible(asking, foundation(request).sign_in.accounts)
    return Sheet(
        title="Record leave",
        back="/leave",
        button="Record and hand over",
        intro="Your deputy has your whole caseload from the first moment to the last, restricted "
        "cases and secret zones too, and is told of alerts in your place. Nothing of it is left "
        "to the deputy afterwards.",
        inputs=(
            Input(name="starts", label="Your leave begins", kind=Kind.MOMENT),
            Input(
                name="ends",
                label="You are back",
                kind=Kind.MOMENT,
                hint="The first moment at which cover is over. London time on the 24-hour clock",
            ),
            Input(
                name="deputy",
                label="Who covers",
                kind=Kind.SELECT,
                options=(
                    ("", "Choose a practitioner of your agency"),
                    *((account.account_id, account.full_name) for account in accounts),
                ),
            ),
        ),
    )


ROUTES = (leave, new_leave, enter_leave, handover, end_early, write_note)
