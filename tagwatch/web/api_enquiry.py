"""What the API can do with enquiries: ask, take on, answer, refuse, and how long answers took."""

from typing import Final

import msgspec

from tagwatch.access.role import Verb
from tagwatch.access.written import ENTERS_OR_HANDS_OUT
from tagwatch.core.enquiry import DisclosureBasis, EnquiryError, RefusalReason
from tagwatch.core.ids import AccountId, EnquiryId, WearerId
from tagwatch.desk import enquiry
from tagwatch.desk.clerk import Done
from tagwatch.desk.enquiry import OnEnquiry, Question
from tagwatch.query.enquiry import (
    EnquiryList,
    EnquiryView,
    TimesView,
    enquiry_list,
    enquiry_times,
    enquiry_view,
)
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Wrong, by_field
from tagwatch.web.programme import period
from tagwatch.web.whole import page_of

_ONE: Final = "/enquiries/{enquiry_id:str}"


class EnquiryRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question about one wearer or several: one enquiry each."""

    wearers: tuple[WearerId, ...]
    question: Question


class TakingRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who answers from now on; `seen` is the version that was read."""

    to: AccountId
    seen: int


class AnswerRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was answered; `disclosed` says which data went out, with its basis, empty: none."""

    words: str
    seen: int
    disclosed: str = ""
    basis: DisclosureBasis | None = None


class RefusalRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why there is no answer; `seen` is the version that was read."""

    reason: RefusalReason
    words: str
    seen: int


def _list(call: Call) -> EnquiryList:
    show = call.query.get("show", "")
    if show not in ("", "waiting", "settled"):
        raise Wrong("show is waiting or settled")
    return enquiry_list(call.reader, "yes" if show == "settled" else "", page_of(call))


def _one(call: Call) -> EnquiryView:
    return enquiry_view(call.reader, EnquiryId(call.path["enquiry_id"]))


def _times(call: Call) -> TimesView:
    first, last = call.query.get("from", ""), call.query.get("until", "")
    try:
        return enquiry_times(call.reader, *period(call.reader.now(), first, last))
    except ValueError as error:
        raise Wrong(str(error)) from error


def _log(call: Call) -> Done:
    body: EnquiryRecord = call.body
    accounts = call.sign_in.accounts
    return by_field(
        EnquiryError,
        lambda: enquiry.log_enquiry(call.clerk, call.reader, accounts, body.wearers, body.question),
    )


def _take(call: Call) -> Done:
    body: TakingRecord = call.body
    return by_field(
        EnquiryError, lambda: enquiry.take(_on(call, body.seen), call.sign_in.accounts, body.to)
    )


def _answer(call: Call) -> Done:
    body: AnswerRecord = call.body
    on = _on(call, body.seen)
    return by_field(
        EnquiryError, lambda: enquiry.answer(on, body.words, body.disclosed, body.basis)
    )


def _refuse(call: Call) -> Done:
    body: RefusalRecord = call.body
    return by_field(
        EnquiryError, lambda: enquiry.refuse(_on(call, body.seen), body.reason, body.words)
    )


def _on(call: Call, seen: int) -> OnEnquiry:
    return OnEnquiry(call.clerk, call.reader, EnquiryId(call.path["enquiry_id"]), seen)


ENQUIRIES: Final[tuple[Endpoint, ...]] = (
    read(
        "list_enquiries",
        "/enquiries",
        Verb.SEE_ENQUIRIES,
        "Enquiries within scope that wait, the first due first; or those that are settled",
        _list,
        EnquiryList,
        asks=(("show", "waiting (default) or settled"), ("page", "Page, from 1")),
    ),
    read(
        "enquiry_times",
        "/enquiries/times",
        Verb.SEE_ANSWER_TIMES,
        "How long answers took, by organisation and month, as figures that tell of nobody",
        _times,
        TimesView,
        asks=(
            ("from", "First day, as 2026-03-31; a year ago by default"),
            ("until", "Last day; today by default"),
        ),
    ),
    read(
        "get_enquiry",
        _ONE,
        Verb.SEE_ENQUIRIES,
        "One enquiry with its history",
        _one,
        EnquiryView,
    ),
    do(
        "log_enquiry",
        "/enquiries",
        Verb.ASK_ENQUIRY,
        "Log what somebody asks about wearers; police and liaison ask for themselves",
        _log,
        EnquiryRecord,
    ),
    do(
        "take_enquiry",
        f"{_ONE}/take",
        Verb.ANSWER_ENQUIRY,
        "Take an enquiry on, or give it to somebody who may see the wearer",
        _take,
        TakingRecord,
    ),
    do(
        "answer_enquiry",
        f"{_ONE}/answer",
        Verb.ANSWER_ENQUIRY,
        "Record the answer, and which data about the wearer went out on which basis",
        _answer,
        AnswerRecord,
        writes=ENTERS_OR_HANDS_OUT,
    ),
    do(
        "refuse_enquiry",
        f"{_ONE}/refuse",
        Verb.ANSWER_ENQUIRY,
        "Record that there is no answer, and why",
        _refuse,
        RefusalRecord,
    ),
)
