"""The Monday list: the caseload by what changed in the last week, a plain line for each change."""

from typing import Any, Final

from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.alert import AlertKind
from tagwatch.core.case import DecisionKind
from tagwatch.core.exemption import ExemptionCause
from tagwatch.core.ids import WearerId
from tagwatch.core.order import Demand
from tagwatch.core.review import ReviewOf
from tagwatch.core.timetable import london
from tagwatch.core.units import Instant
from tagwatch.query.glass import owed_to
from tagwatch.query.monday import Change, ChangeKind, monday_list
from tagwatch.query.unsealing import unsealings_to_decide
from tagwatch.query.weeks import latest_digest
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.reviews import review_at
from tagwatch.web.route import page
from tagwatch.web.words import word

_CASES: Final = frozenset(
    {
        ChangeKind.TASK_OVERDUE,
        ChangeKind.TASK_DUE,
        ChangeKind.CONTEST,
        ChangeKind.UNSIGNED,
        ChangeKind.DECIDED,
    }
)
_ALERTS: Final = frozenset(
    {
        ChangeKind.CONFIRMED,
        ChangeKind.POSSIBLE,
        ChangeKind.APPROACH,
        ChangeKind.BEFORE_TOLD,
        ChangeKind.UNDETERMINED,
        ChangeKind.WITHDRAWN,
        ChangeKind.TAG_REPORT,
        ChangeKind.SILENT,
    }
)
_GRAVE: Final = frozenset(list(ChangeKind)[:7])


@page("/monday", Verb.SEE_CASELOAD)
def monday(request: Asked) -> Response[Any]:
    """List the own and the covered caseload by what changed."""
    asking = reader(request, Purpose.SUPERVISION)
    found = monday_list(asking)
    officers = {row.wearer.officer for row in found.rows if row.wearer.officer}
    context = {
        "found": found,
        "glass_owed": owed_to(asking),
        "unsealings_owed": unsealings_to_decide(asking),
        "made": latest_digest(asking),
        "changed": [row for row in found.rows if row.changes],
        "unchanged": [row for row in found.rows if not row.changes],
        "names": foundation(request).sign_in.names(officers),
        "line_of": line_of,
        "link_of": link_of,
        "grave": _GRAVE,
    }
    return show(request, "monday.html", context)


def link_of(wearer_id: WearerId, change: Change) -> str:
    """Return where a change is shown: its alert, case or plan, else the wearer's page."""
    if change.about and change.kind in _CASES:
        return f"/cases/{change.about}"
    if change.about and change.kind in _ALERTS:
        return f"/alerts/{change.about}"
    if change.kind is ChangeKind.REVIEW_OVERDUE:
        return f"/wearers/{wearer_id}/plan"
    if change.kind is ChangeKind.STANDS_OVERDUE:
        return review_at(ReviewOf(change.words), change.about or wearer_id)
    if change.about and change.kind in (ChangeKind.EXEMPTION, ChangeKind.EXEMPTION_ENDS):
        return f"/wearers/{wearer_id}/exemptions/{change.about}"
    return f"/wearers/{wearer_id}"


def line_of(change: Change) -> str:
    """Return what changed in one plain line; never why, nor what anybody meant by it."""
    at, many = _moment(change.at), change.count
    match change.kind:
        case ChangeKind.CONFIRMED:
            return f"{_counted(many, 'confirmed violation')}, the last on {at}"
        case ChangeKind.POSSIBLE:
            return f"{_counted(many, 'possible violation')}, the last on {at}"
        case ChangeKind.APPROACH:
            return f"{_times(many)} near an exclusion zone, which is no breach, last on {at}"
        case ChangeKind.BEFORE_TOLD:
            what = "before he was told of the condition, which is not held against him"
            return f"{_counted(many, 'finding')} {what}, the last of {at}"
        case ChangeKind.UNDETERMINED:
            return f"{_times(many)} it cannot be said whether a condition was kept, last on {at}"
        case ChangeKind.WITHDRAWN:
            return f"{_counted(many, 'finding')} withdrawn, the last of {at}"
        case ChangeKind.TAG_REPORT | ChangeKind.SILENT:
            what = word(AlertKind(change.words))
            return f"{what}, {at}" if many == 1 else f"{many} such reports, the last: {what}, {at}"
        case ChangeKind.UNSEEN:
            return f"No fix came in {many} of the {change.hours} hours in which a tag was on him"
        case _:
            return _of_records(change, at)


def _of_records(change: Change, at: str) -> str:
    match change.kind:
        case ChangeKind.TASK_OVERDUE:
            return f"Task overdue since {at}: {change.words}"
        case ChangeKind.TASK_DUE:
            return f"Task due on {at}: {change.words}"
        case ChangeKind.CONTEST:
            return f"He contests a finding since {at}: nobody has answered"
        case ChangeKind.UNSIGNED:
            return f"{word(DecisionKind(change.words))}: waits for a second person since {at}"
        case ChangeKind.DECIDED:
            return f"Decided on {at}: {word(DecisionKind(change.words)).lower()}"
        case ChangeKind.REVIEW_OVERDUE:
            return f"The review of the risk plan is overdue since {at}"
        case ChangeKind.STANDS_OVERDUE:
            return f"{word(ReviewOf(change.words))}: its review is overdue since {at}"
        case ChangeKind.EXEMPTION_ENDS:
            return f"{word(ExemptionCause(change.words))} ends on {at}"
        case ChangeKind.EXEMPTION:
            cause, _, ended = change.words.partition(" ")
            verb = "ended" if ended else "began"
            return f"{word(ExemptionCause(cause))} {verb} on {at}"
        case ChangeKind.ORDER:
            what = "Order recorded" if change.count == 1 else "Order changed"
            return f"{what} on {at}" + (f": {change.words}" if change.words else "")
        case _:
            known = {each.value: word(each) for each in Demand}
            known |= {"exclusion_zone": "Exclusion zone", "no_contact": "No contact"}
            verb = "recorded" if change.count == 1 else f"changed, now version {change.count},"
            return f"{known.get(change.words, 'Condition')} {verb} on {at}"


def _counted(many: int, what: str) -> str:
    return f"{many} {what}{'' if many == 1 else 's'}"


def _times(many: int) -> str:
    return "Once" if many == 1 else f"{many} times"


def _moment(at: Instant) -> str:
    local = london(at)
    return f"{local.strftime('%A')} {local.day} {local.strftime('%B, %H:%M')}"


ROUTES = (monday,)
