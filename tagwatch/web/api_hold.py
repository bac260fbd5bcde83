"""What the API can do about legal holds."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.desk import hold
from tagwatch.desk.clerk import Done
from tagwatch.desk.hold import LiftDecision
from tagwatch.query.holds import HoldList, HoldStand, hold_list, hold_of
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call

_ONE: Final = "/wearers/{name:str}/hold"


class HoldReason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The law or decision on which it rests."""

    why: str


class HoldDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a hold is lifted, and why."""

    decision: LiftDecision
    why: str


def _list(call: Call) -> HoldList:
    return hold_list(call.reader)


def _get(call: Call) -> HoldStand:
    return hold_of(call.reader, WearerId(call.path["name"]))


def _set(call: Call) -> Done:
    body: HoldReason = call.body
    return hold.set_hold(call.clerk, call.reader, WearerId(call.path["name"]), body.why)


def _ask(call: Call) -> Done:
    body: HoldReason = call.body
    return hold.ask_lift(call.clerk, call.reader, WearerId(call.path["name"]), body.why)


def _decide(call: Call) -> Done:
    body: HoldDecision = call.body
    name = WearerId(call.path["name"])
    return hold.decide_lift(call.clerk, call.reader, name, body.decision, body.why)


HOLDS: Final[tuple[Endpoint, ...]] = (
    read(
        "list_holds",
        "/holds",
        Verb.SEE_HOLDS,
        "Wearers on legal hold, and those who were",
        _list,
        HoldList,
        purpose=Purpose.UPKEEP,
    ),
    read(
        "get_hold",
        _ONE,
        Verb.SEE_HOLDS,
        "Whether a wearer is on legal hold, and all that was done about it",
        _get,
        HoldStand,
        purpose=Purpose.UPKEEP,
    ),
    do(
        "set_hold",
        _ONE,
        Verb.SET_HOLD,
        "Set a legal hold: nothing of the wearer goes because of its age",
        _set,
        HoldReason,
    ),
    do(
        "ask_hold_lift",
        f"{_ONE}/ask-lift",
        Verb.SET_HOLD,
        "Ask that a legal hold be lifted",
        _ask,
        HoldReason,
    ),
    do(
        "decide_hold_lift",
        f"{_ONE}/decide",
        Verb.LIFT_HOLD,
        "Lift a legal hold that somebody else asked to lift, or let it stand",
        _decide,
        HoldDecision,
    ),
)
