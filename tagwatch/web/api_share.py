"""What the API can do about shares of cases: give, vary, end them, and take what is shared."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.case_share import ShareBasis, ShareError, ShareField
from tagwatch.core.ids import CaseId, ShareId, WearerId
from tagwatch.core.recorded_share import FetchForm
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Done
from tagwatch.desk.share import Terms, end_share, share_case, vary_share
from tagwatch.query.shares import (
    SharedRow,
    ShareRow,
    ShareView,
    own_shares,
    share_view,
    shared_list,
    shares_of,
)
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, by_field
from tagwatch.web.meeting_pack import take
from tagwatch.web.released import Fetch

_ONE: Final = "/shares/{share_id:str}"


class ShareVariation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is shared from now on, and why that is varied; `seen` is the version that was read.
    With whom does not change: that is another share."""

    purpose: str
    basis: ShareBasis
    fields: tuple[ShareField, ...]
    until: Instant
    alert_days: int = 28
    case_id: CaseId | None = None
    words: str
    seen: int


class ShareEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it ends; `seen` is the version that was read."""

    words: str = ""
    seen: int


class ShareForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`pdf`: the meeting pack on paper; `page`: the same sections as JSON."""

    form: FetchForm = FetchForm.PAGE


class ShareRows(msgspec.Struct, frozen=True, kw_only=True):
    """Shares with whose case each is, and who took it."""

    rows: tuple[ShareRow, ...]


class SharedRows(msgspec.Struct, frozen=True, kw_only=True):
    """What is shared with the agency that asks, the first to end first."""

    rows: tuple[SharedRow, ...]


def _own(call: Call) -> ShareRows:
    return ShareRows(rows=own_shares(call.reader))


def _of_wearer(call: Call) -> ShareRows:
    return ShareRows(rows=shares_of(call.reader, WearerId(call.path["wearer_id"]))[1])


def _one(call: Call) -> ShareView:
    return share_view(call.reader, _id(call))


def _shared(call: Call) -> SharedRows:
    return SharedRows(rows=tuple(SharedRow.of(each) for each in shared_list(call.reader)))


def _give(call: Call) -> Done:
    wearer, terms = WearerId(call.path["wearer_id"]), call.body
    accounts = call.sign_in.accounts
    return by_field(
        ShareError, lambda: share_case(call.clerk, call.reader, accounts, wearer, terms)
    )


def _vary(call: Call) -> Done:
    body: ShareVariation = call.body
    terms = Terms(
        agency="",
        purpose=body.purpose,
        basis=body.basis,
        fields=body.fields,
        until=body.until,
        alert_days=body.alert_days,
        case_id=body.case_id,
        words=body.words,
    )
    return by_field(
        ShareError, lambda: vary_share(call.clerk, call.reader, _id(call), body.seen, terms)
    )


def _end(call: Call) -> Done:
    body: ShareEnd = call.body
    return by_field(
        ShareError, lambda: end_share(call.clerk, call.reader, _id(call), body.seen, body.words)
    )


def _fetch(call: Call) -> Fetch:
    body: ShareForm = call.body
    return take(call, call.reader.through(_id(call)), _id(call), body.form).file


def _id(call: Call) -> ShareId:
    return ShareId(call.path["share_id"])


SHARES: Final[tuple[Endpoint, ...]] = (
    read(
        "list_shares",
        "/shares",
        Verb.SHARE_CASE,
        "Shares of the own caseload: the first to end first, then those that are over",
        _own,
        ShareRows,
        purpose=Purpose.SUPERVISION,
    ),
    read(
        "list_wearer_shares",
        "/wearers/{wearer_id:str}/shares",
        Verb.SHARE_CASE,
        "To whom a case is and was shared, and who fetched it",
        _of_wearer,
        ShareRows,
        purpose=Purpose.SUPERVISION,
    ),
    read(
        "get_share",
        _ONE,
        Verb.SHARE_CASE,
        "One share with its versions, and who fetched it",
        _one,
        ShareView,
        purpose=Purpose.SUPERVISION,
    ),
    do(
        "share_case",
        "/wearers/{wearer_id:str}/shares",
        Verb.SHARE_CASE,
        "Share the least of an own case with a partner agency, for 90 days at most",
        _give,
        Terms,
        purpose=Purpose.SUPERVISION,
    ),
    do(
        "vary_share",
        f"{_ONE}/vary",
        Verb.SHARE_CASE,
        "Change what is shared, or for how long",
        _vary,
        ShareVariation,
        purpose=Purpose.SUPERVISION,
    ),
    do(
        "end_share",
        f"{_ONE}/end",
        Verb.SHARE_CASE,
        "End a share now",
        _end,
        ShareEnd,
        purpose=Purpose.SUPERVISION,
    ),
    read(
        "list_shared",
        "/shared",
        Verb.SEE_SHARED,
        "What is shared with the own agency, with when each ends",
        _shared,
        SharedRows,
        purpose=Purpose.PARTNERSHIP,
    ),
    msgspec.structs.replace(
        do(
            "fetch_shared",
            "/shared/{share_id:str}/fetch",
            Verb.SEE_SHARED,
            "Take what a share gives now, as sections or as the meeting pack; it is recorded first",
            _fetch,
            ShareForm,
            purpose=Purpose.PARTNERSHIP,
            writes=HANDS_OUT,
        ),
        gives=Fetch,
    ),
)
