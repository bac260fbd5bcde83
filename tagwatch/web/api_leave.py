"""What the API can do about a practitioner's caseload: leave, its hand-over, what changed."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import AccountId, LeaveId, WearerId
from tagwatch.core.leave import Leave
from tagwatch.core.units import Instant
from tagwatch.desk import leave
from tagwatch.desk.clerk import Done
from tagwatch.query.leave import Handover, LeaveList, every_leave, handover, leave_list
from tagwatch.query.monday import MondayList, monday_list
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Nothing

_SEE: Final = Purpose.SUPERVISION
_ONE: Final = "/leave/{leave_id:str}"


class LeaveRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One's own leave, [starts_at, ends_at), and who covers."""

    deputy: AccountId
    starts_at: Instant
    ends_at: Instant


class LeaveOfOther(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Leave of an officer who cannot record it, [starts_at, ends_at), who covers, and why."""

    officer: AccountId
    deputy: AccountId
    starts_at: Instant
    ends_at: Instant
    words: str


class HandoverWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the other officer must know of one wearer."""

    wearer_id: WearerId
    words: str


def _list(call: Call) -> LeaveList:
    return leave_list(call.reader)


def _monday(call: Call) -> MondayList:
    return monday_list(call.reader)


def _handover(call: Call) -> Handover:
    return handover(call.reader, LeaveId(call.path["leave_id"]))


def _record(call: Call) -> Done:
    body: LeaveRecord = call.body
    accounts = call.sign_in.accounts
    span = (body.starts_at, body.ends_at)
    return leave.record_leave(call.clerk, call.reader, accounts, body.deputy, *span)


def _end(call: Call) -> Done:
    return leave.end_leave(call.clerk, call.reader, LeaveId(call.path["leave_id"]))


def _note(call: Call) -> Done:
    body: HandoverWords = call.body
    name = LeaveId(call.path["leave_id"])
    return leave.note(call.clerk, call.reader, name, body.wearer_id, body.words)


def _every(call: Call) -> tuple[Leave, ...]:
    return every_leave(call.reader)


def _record_for(call: Call) -> Done:
    body: LeaveOfOther = call.body
    accounts, span = call.sign_in.accounts, (body.starts_at, body.ends_at)
    who = (body.officer, body.deputy)
    return leave.record_leave_for(call.clerk, call.reader, accounts, *who, span, body.words)


def _end_for(call: Call) -> Done:
    return leave.end_leave_for(call.clerk, call.reader, LeaveId(call.path["leave_id"]))


LEAVE: Final[tuple[Endpoint, ...]] = (
    read(
        "list_leave",
        "/leave",
        Verb.RECORD_LEAVE,
        "One's own leave, and whom one covers",
        _list,
        LeaveList,
        purpose=_SEE,
    ),
    read(
        "list_monday",
        "/monday",
        Verb.SEE_CASELOAD,
        "The own and the covered caseload by what changed in the last week",
        _monday,
        MondayList,
        purpose=_SEE,
    ),
    read(
        "get_handover",
        _ONE,
        Verb.RECORD_LEAVE,
        "The caseload handed over for a leave, with the notes about each wearer",
        _handover,
        Handover,
        purpose=_SEE,
    ),
    do(
        "record_leave",
        "/leave",
        Verb.RECORD_LEAVE,
        "Record one's own leave with a deputy",
        _record,
        LeaveRecord,
        _SEE,
    ),
    do(
        "end_leave",
        f"{_ONE}/end",
        Verb.RECORD_LEAVE,
        "End one's leave now, or call it off",
        _end,
        Nothing,
        _SEE,
    ),
    read(
        "list_every_leave",
        "/leave-for",
        Verb.RECORD_LEAVE_FOR,
        "Every officer's leave, and who covers",
        _every,
        tuple[Leave, ...],
        purpose=Purpose.UPKEEP,
    ),
    do(
        "record_leave_for",
        "/leave-for",
        Verb.RECORD_LEAVE_FOR,
        "Record leave for an officer who cannot, with the reason",
        _record_for,
        LeaveOfOther,
    ),
    do(
        "end_leave_for",
        "/leave-for/{leave_id:str}/end",
        Verb.RECORD_LEAVE_FOR,
        "End an officer's leave now, or call it off",
        _end_for,
        Nothing,
    ),
    do(
        "note_handover",
        f"{_ONE}/notes",
        Verb.RECORD_LEAVE,
        "Hand over what must be known of one wearer",
        _note,
        HandoverWords,
        _SEE,
    ),
)
