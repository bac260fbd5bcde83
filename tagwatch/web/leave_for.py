"""Leave of officers who cannot record it themselves: who falls ill is covered all the same."""

from typing import Any

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.access.written import FORM
from tagwatch.core.ids import AccountId, LeaveId
from tagwatch.core.timetable import Edge
from tagwatch.core.units import Instant
from tagwatch.desk.leave import WORDS_MOST, end_leave_for, officers, record_leave_for
from tagwatch.query.leave import every_leave
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
from tagwatch.web.route import Form, act, page


@page("/leave-for", Verb.RECORD_LEAVE_FOR)
def leave_for(request: Asked) -> Response[Any]:
    """List the leave of every officer, and who covers."""
    return _page(request, "", 200)


@page("/leave-for/new", Verb.RECORD_LEAVE_FOR, FORM)
def new_leave_for(request: Asked) -> Response[Any]:
    """Ask who is away, until when, who covers, and why another records it."""
    return show_sheet(request, _sheet(request), {})


@act("/leave-for/new", Verb.RECORD_LEAVE_FOR)
def enter_leave_for(request: Asked, data: Form) -> Response[Any]:
    """Record leave for an officer who cannot."""
    asking, base, problems, sheet = (
        _reader(request),
        foundation(request),
        Problems(),
        _sheet(request),
    )
    values = typed(data, sheet)
    starts_at = moment(values, "starts", problems)
    ends_at = moment(values, "ends", problems, "Enter when cover is over", edge=Edge.UNTIL)
    if not problems:
        span = (starts_at or asking.now(), ends_at or Instant(0))
        who = (AccountId(str(values["officer"])), AccountId(str(values["deputy"])))
        accounts, words = base.sign_in.accounts, str(values["words"])[:WORDS_MOST]
        done = attempt(
            problems, lambda: record_leave_for(base.clerk, asking, accounts, *who, span, words)
        )
        if done is not None:
            return after("/leave-for", done)
    return show_sheet(request, sheet, values, problems)


@act("/leave-for/{leave_id:str}/end", Verb.RECORD_LEAVE_FOR)
def end_early_for(request: Asked, leave_id: FromPath[str]) -> Response[Any]:
    """End an officer's leave now, or call it off."""
    clerk, asking, problems = foundation(request).clerk, _reader(request), Problems()
    done = attempt(problems, lambda: end_leave_for(clerk, asking, LeaveId(leave_id)))
    if done is None:
        return _page(request, problems.by_field[TOP], 422)
    return after("/leave-for", done)


def _page(request: Asked, problem: str, status: int) -> Response[Any]:
    found = every_leave(_reader(request))
    ids = {name for leave in found for name in (leave.officer, leave.deputy, leave.by or "")}
    context = {
        "found": found,
        "names": foundation(request).sign_in.names(ids - {""}),
        "said": said(request),
        "problem": problem,
    }
    return show(request, "leave_for.html", context, status)


def _reader(request: Asked) -> Reader:
    return reader(request, Purpose.UPKEEP)


def _sheet(request: Asked) -> Sheet:
    known = [(a.account_id, a.full_name) for a in officers(foundation(request).sign_in.accounts)]
    return Sheet(
        title="Record leave for an officer",
        back="/leave-for",
        button="Record and hand over",
        intro="For an officer who cannot do it himself, because he is ill. The deputy has the "
        "whole caseload until cover is over, restricted cases and secret zones too, and is told of "
        "alerts in his place. Both see who recorded it, and why.",
        inputs=(
            Input(
                name="officer",
                label="Who is away",
                kind=Kind.SELECT,
                options=(("", "Choose a practitioner"), *known),
            ),
            Input(
                name="deputy",
                label="Who covers",
                kind=Kind.SELECT,
                options=(("", "Choose a practitioner of the same agency"), *known),
            ),
            Input(
                name="starts",
                label="From (optional)",
                kind=Kind.MOMENT,
                hint="Empty: from now. London time on the 24-hour clock",
            ),
            Input(
                name="ends",
                label="Cover is over",
                kind=Kind.MOMENT,
                hint="The officer can end it when he is back. London time on the 24-hour clock",
            ),
            Input(name="words", label="Why he cannot record it himself", kind=Kind.AREA),
        ),
    )


ROUTES = (leave_for, new_leave_for, enter_leave_for, end_early_for)
