"""What the API can do with data requests about somebody who is named."""

from collections.abc import Callable
from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.data_request import RequestError, RequestRefusal
from tagwatch.core.ids import NamedRequestId, WearerId
from tagwatch.desk import named_request as desk
from tagwatch.desk.clerk import Done
from tagwatch.desk.named_request import NamedAsk, OnNamed
from tagwatch.query.named_requests import NamedList, NamedRow, named_list, named_view
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Wrong

_ONE: Final = "/named-requests/{named_id:str}"


class MatchRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which wearer it is about; `seen` is the version that was read."""

    wearer_id: WearerId
    seen: int


class NothingRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why nothing is released; `seen` is the version that was read."""

    reason: RequestRefusal
    words: str
    seen: int


class TakenBack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is no longer needed."""

    words: str


def _list(call: Call) -> NamedList:
    return named_list(call.reader)


def _get(call: Call) -> NamedRow:
    return named_view(call.reader, NamedRequestId(call.path["named_id"]))


def _name(call: Call) -> Done:
    ask: NamedAsk = call.body
    return _whole(lambda: desk.name_request(call.clerk, call.reader, ask))


def _match(call: Call) -> Done:
    body: MatchRecord = call.body
    return _whole(lambda: desk.match_named(_on(call, body.seen), body.wearer_id))


def _nothing(call: Call) -> Done:
    body: NothingRecord = call.body
    return _whole(lambda: desk.answer_nothing(_on(call, body.seen), body.reason, body.words))


def _withdraw(call: Call) -> Done:
    body: TakenBack = call.body
    return _whole(lambda: desk.withdraw_named(_on(call, 0), body.words))


def _on(call: Call, seen: int) -> OnNamed:
    return OnNamed(call.clerk, call.reader, NamedRequestId(call.path["named_id"]), seen)


def _whole(work: Callable[[], Done]) -> Done:
    try:
        return work()
    except RequestError as error:
        raise Wrong(str(error)) from error


_FOR: Final = Purpose.DATA_REQUEST

NAMED_REQUESTS: Final[tuple[Endpoint, ...]] = (
    read(
        "list_named_requests",
        "/named-requests",
        Verb.SEE_REQUESTS,
        "Requests about persons who are named: of the own agency, or those to be decided",
        _list,
        NamedList,
        purpose=_FOR,
    ),
    read(
        "get_named_request",
        _ONE,
        Verb.SEE_REQUESTS,
        "One of them: to whoever asked, the same whether or not the person is on the register",
        _get,
        NamedRow,
        purpose=_FOR,
    ),
    do(
        "name_request",
        "/named-requests",
        Verb.NAME_REQUEST,
        "Ask for data about a person by what is known of him",
        _name,
        NamedAsk,
        _FOR,
    ),
    do(
        "match_named_request",
        f"{_ONE}/match",
        Verb.RELEASE_REQUEST,
        "Say which wearer it is about: a data request goes on with it",
        _match,
        MatchRecord,
        _FOR,
    ),
    do(
        "answer_named_request",
        f"{_ONE}/nothing",
        Verb.RELEASE_REQUEST,
        "Say that nothing is released; whoever asked is told no reason",
        _nothing,
        NothingRecord,
        _FOR,
    ),
    do(
        "withdraw_named_request",
        f"{_ONE}/withdraw",
        Verb.NAME_REQUEST,
        "Take it back",
        _withdraw,
        TakenBack,
        _FOR,
    ),
)
