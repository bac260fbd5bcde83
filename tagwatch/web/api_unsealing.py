"""What the API can do about sealed trails: ask, decide, end, and see how it stands."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import UnsealingId, WearerId
from tagwatch.core.request_kinds import LegalGround
from tagwatch.core.routing import Verdict
from tagwatch.core.units import Instant
from tagwatch.core.unsealing import UnsealingError, check_span
from tagwatch.desk.clerk import Done
from tagwatch.desk.unsealing import UnsealingAsk, ask_unsealing, decide_unsealing, end_unsealing
from tagwatch.query.unsealing import UnsealingLists, sealed_of, unsealing_lists
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, by_field

_ONE: Final = "/unsealings/{unsealing_id:str}"


class UnsealingWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The stretch [start, end) in whole microseconds, the legal ground with what it cites, and why
    it must be seen in 20 characters or more."""

    start: Instant
    end: Instant
    ground: LegalGround
    cited: str
    reason: str


class UnsealingAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`approved` or `refused`, and why."""

    verdict: Verdict
    words: str


class UnsealingWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it ends; needed to revoke what is open to another."""

    words: str = ""


def _lists(call: Call) -> UnsealingLists:
    return unsealing_lists(call.reader)


def _ask(call: Call) -> Done:
    body: UnsealingWanted = call.body
    wearer_id, span = WearerId(call.path["wearer_id"]), (body.start, body.end)

    def work() -> Done:
        check_span(span, call.reader.now())
        sealed = sealed_of(call.reader, wearer_id, *span)
        ask = UnsealingAsk(
            start=body.start,
            end=body.end,
            ground=body.ground,
            cited=body.cited,
            reason=body.reason,
            sealed=sealed.fixes,
            gone=sealed.gone,
        )
        return ask_unsealing(call.clerk, call.reader, wearer_id, ask)

    return by_field(UnsealingError, work)


def _decide(call: Call) -> Done:
    name, body = UnsealingId(call.path["unsealing_id"]), call.body
    return by_field(
        UnsealingError,
        lambda: decide_unsealing(call.clerk, call.reader, name, body.verdict, body.words),
    )


def _end(call: Call) -> Done:
    name, words = UnsealingId(call.path["unsealing_id"]), call.body.words
    return by_field(UnsealingError, lambda: end_unsealing(call.clerk, call.reader, name, words))


UNSEALINGS: Final[tuple[Endpoint, ...]] = (
    read(
        "list_unsealings",
        "/unsealings",
        Verb.OPEN_SEALED,
        "Openings of sealed trails: those that wait for the asker to decide, others', his own",
        _lists,
        UnsealingLists,
        purpose=Purpose.DATA_REQUEST,
    ),
    do(
        "ask_unsealing",
        "/wearers/{wearer_id:str}/unsealings",
        Verb.OPEN_SEALED,
        "Ask to see a stretch of a sealed trail; a second person decides",
        _ask,
        UnsealingWanted,
        purpose=Purpose.DATA_REQUEST,
    ),
    do(
        "decide_unsealing",
        f"{_ONE}/decide",
        Verb.APPROVE_SEALED,
        "Approve or refuse what somebody else asked to see",
        _decide,
        UnsealingAnswer,
        purpose=Purpose.DATA_REQUEST,
    ),
    do(
        "end_unsealing",
        f"{_ONE}/end",
        Verb.OPEN_SEALED,
        "Give back what one asked for, or revoke what is open to another",
        _end,
        UnsealingWords,
        purpose=Purpose.DATA_REQUEST,
    ),
)
