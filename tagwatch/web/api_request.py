"""What the API can do with data requests: ask, make sure, approve, release, fetch, review."""

from collections.abc import Callable
from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import ENTERS, HANDS_OUT, HANDS_OUT_AROUND
from tagwatch.core.data_request import Minimum, RequestError, RequestRefusal
from tagwatch.core.dip_sample import SampleFinding
from tagwatch.core.ids import RequestId, WearerId
from tagwatch.core.request_kinds import IdentityCheck
from tagwatch.desk import data_request as desk
from tagwatch.desk.ask_request import Ask, ask_request
from tagwatch.desk.clerk import Done
from tagwatch.desk.data_request import Given, OnRequest
from tagwatch.desk.request_sample import review
from tagwatch.query.data_requests import RequestLog, RequestView, request_log, request_view
from tagwatch.query.request_samples import SampleView, sample_view
from tagwatch.query.request_times import RequestTimesView, times_of_requests
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Wrong, by_field
from tagwatch.web.data_requests import filter_of
from tagwatch.web.programme import period
from tagwatch.web.released import Fetch, fetch, hand_over, release
from tagwatch.web.whole import page_of

_ONE: Final = "/requests/{request_id:str}"


class AskRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked for about one wearer; police and advocates ask for themselves."""

    wearer_id: WearerId
    ask: Ask


class IdentityRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it was made sure who asks; `seen` is the version that was read."""

    how: IdentityCheck
    words: str
    seen: int


class ApprovalRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is approved; `seen` is the version that was read."""

    given: Given
    seen: int


class WordsRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why; `seen` is the version that was read."""

    words: str
    seen: int


class AmendRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was missing, and what is asked for now; None: the same."""

    words: str
    seen: int
    minimum: Minimum | None = None


class RefuseRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why nothing goes out; `seen` is the version that was read."""

    reason: RequestRefusal
    words: str
    seen: int


class SeenRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The version that was read."""

    seen: int


class FileRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A released file by its name; of a file that is handed over, to whom, and the receipt."""

    file: str
    to: str = ""
    receipt: str = ""


class ReviewRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the reviewer of a sampled request found."""

    finding: SampleFinding
    words: str


def _list(call: Call) -> RequestLog:
    page = page_of(call)
    try:
        which = filter_of(call.query)
    except ValueError as error:
        raise Wrong(str(error)) from error
    return request_log(call.reader, which, page)


def _one(call: Call) -> RequestView:
    return request_view(call.reader, RequestId(call.path["request_id"]))


def _times(call: Call) -> RequestTimesView:
    first, last = call.query.get("from", ""), call.query.get("until", "")
    try:
        return times_of_requests(call.reader, *period(call.reader.now(), first, last))
    except ValueError as error:
        raise Wrong(str(error)) from error


def _sample(call: Call) -> SampleView:
    return sample_view(call.reader, call.query.get("month", "")[:7])


def _ask(call: Call) -> Done:
    body: AskRecord = call.body
    accounts = call.sign_in.accounts
    return by_field(
        RequestError,
        lambda: ask_request(call.clerk, call.reader, accounts, body.wearer_id, body.ask),
    )


def _authenticate(call: Call) -> Done:
    body: IdentityRecord = call.body
    return by_field(
        RequestError, lambda: desk.authenticate(_on(call, body.seen), body.how, body.words)
    )


def _approve(call: Call) -> Done:
    body: ApprovalRecord = call.body
    return by_field(RequestError, lambda: desk.approve(_on(call, body.seen), body.given))


def _refuse(call: Call) -> Done:
    body: RefuseRecord = call.body
    return by_field(
        RequestError, lambda: desk.refuse(_on(call, body.seen), body.reason, body.words)
    )


def _amend(call: Call) -> Done:
    body: AmendRecord = call.body
    return by_field(
        RequestError, lambda: desk.amend(_on(call, body.seen), body.words, body.minimum)
    )


def _worded(work: Callable[[OnRequest, str], Done]) -> Callable[[Call], Done]:
    def does(call: Call) -> Done:
        body: WordsRecord = call.body
        return by_field(RequestError, lambda: work(_on(call, body.seen), body.words))

    return does


def _release(call: Call) -> Done:
    body: SeenRecord = call.body
    return by_field(RequestError, lambda: release(call, _on(call, body.seen)))


def _fetch(call: Call) -> Fetch:
    body: FileRecord = call.body
    request_id = call.path["request_id"]
    try:
        if body.to or body.receipt:
            to = (body.to, body.receipt)
            return hand_over(call, call.reader, request_id, body.file, to)
        return fetch(call, call.reader, request_id, body.file)
    except RequestError as error:
        raise Wrong(f"{error.field}: {error}") from error


def _review(call: Call) -> Done:
    body: ReviewRecord = call.body
    which = (call.path["month"], RequestId(call.path["request_id"]))
    return by_field(
        RequestError, lambda: review(call.clerk, call.reader, which, body.finding, body.words)
    )


def _on(call: Call, seen: int) -> OnRequest:
    return OnRequest(call.clerk, call.reader, RequestId(call.path["request_id"]), seen)


_PERIOD: Final = (
    ("from", "First day, as 2026-03-31"),
    ("until", "Last day"),
)
_ACTS: Final = (
    ("authenticate", Verb.RELEASE_REQUEST, "Record how it was made sure who asks", IdentityRecord),
    ("approve", Verb.APPROVE_REQUEST, "Approve the least that does", ApprovalRecord),
    ("refuse", Verb.APPROVE_REQUEST, "Refuse it, or take an approval back", RefuseRecord),
    ("return", Verb.APPROVE_REQUEST, "Ask back what is missing", WordsRecord),
    ("amend", Verb.ASK_REQUEST, "Answer what was asked back", AmendRecord),
    ("withdraw", Verb.ASK_REQUEST, "Take it back", WordsRecord),
    ("close", Verb.RELEASE_REQUEST, "End access to what was released", WordsRecord),
    ("release", Verb.RELEASE_REQUEST, "Make what was approved, and release it", SeenRecord),
)
_DOES: Final[dict[str, Callable[[Call], Done]]] = {
    "authenticate": _authenticate,
    "approve": _approve,
    "refuse": _refuse,
    "return": _worded(desk.return_for_more),
    "amend": _amend,
    "withdraw": _worded(desk.withdraw),
    "close": _worded(desk.close),
    "release": _release,
}

REQUESTS: Final[tuple[Endpoint, ...]] = (
    read(
        "list_requests",
        "/requests",
        Verb.SEE_REQUESTS,
        "The log of data requests within scope: those owed by when they are due, then the others",
        _list,
        RequestLog,
        purpose=Purpose.DATA_REQUEST,
        asks=(
            ("kind", "Who asks: police, nhs, advocate, stac, own_data, defence, court"),
            ("state", "asked, authenticated, returned, approved, released, refused, …"),
            ("urgency", "life, urgent or routine"),
            ("agency", "An agency whose account asks, or a kind for those who have none"),
            *_PERIOD,
            ("page", "Page, from 1"),
        ),
    ),
    read(
        "request_times",
        "/requests/times",
        Verb.SEE_ANSWER_TIMES,
        "How long data requests took, and what became of them, as figures that tell of nobody",
        _times,
        RequestTimesView,
        asks=_PERIOD,
    ),
    read(
        "request_sample",
        "/requests/sample",
        Verb.REVIEW_SAMPLE,
        "The dip sample of a month: its seed, what was drawn, what reviewers found",
        _sample,
        SampleView,
        purpose=Purpose.DATA_REQUEST,
        asks=(("month", "As 2026-11; the newest by default"),),
    ),
    read(
        "get_request",
        _ONE,
        Verb.SEE_REQUESTS,
        "One data request with its history, its files' digests and who fetched them",
        _one,
        RequestView,
        purpose=Purpose.DATA_REQUEST,
    ),
    do(
        "ask_request",
        "/requests",
        Verb.ASK_REQUEST,
        "Ask for data about a wearer, or record that somebody asks",
        _ask,
        AskRecord,
        purpose=Purpose.DATA_REQUEST,
    ),
    *(
        do(
            f"{name}_request",
            f"{_ONE}/{name}",
            verb,
            says,
            _DOES[name],
            takes,
            purpose=Purpose.DATA_REQUEST,
            writes=HANDS_OUT_AROUND if name == "release" else ENTERS,
        )
        for name, verb, says, takes in _ACTS
    ),
    msgspec.structs.replace(
        do(
            "fetch_released",
            f"{_ONE}/fetch",
            Verb.SEE_REQUESTS,
            "Fetch a released file, or have it handed over with a receipt",
            _fetch,
            FileRecord,
            purpose=Purpose.DATA_REQUEST,
            writes=HANDS_OUT,
        ),
        gives=Fetch,
    ),
    do(
        "review_sample",
        "/requests/sample/{month:str}/{request_id:str}",
        Verb.REVIEW_SAMPLE,
        "Record what a reviewer found who had no part in a sampled request",
        _review,
        ReviewRecord,
        purpose=Purpose.DATA_REQUEST,
    ),
)
