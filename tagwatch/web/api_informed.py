"""What the API can do about what protected persons' sides are told."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import PersonId, WearerId
from tagwatch.core.notice import NoticeVerdict
from tagwatch.core.units import Instant
from tagwatch.desk import notice
from tagwatch.desk.clerk import Done
from tagwatch.query.informed import Informed, informed
from tagwatch.query.who_told import WhoTold, told_of_person, told_of_wearer
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call

_SEE: Final = Purpose.VICTIM_SAFETY


class Deciding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of a notice that waits."""

    verdict: NoticeVerdict
    words: str = ""


class Holding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why sending is unsafe; `until` null: until it is lifted."""

    words: str
    until: Instant | None = None


class Lifting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is safe again."""

    words: str = ""


class Releasing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose release, and when."""

    wearer_id: WearerId
    at: Instant


def _list(call: Call) -> Informed:
    return informed(call.reader)


def _decide(call: Call) -> Done:
    body: Deciding = call.body
    name = call.path["notice_id"]
    return notice.decide(call.clerk, call.reader, name, body.verdict, body.words)


def _hold(call: Call) -> Done:
    body: Holding = call.body
    return notice.hold(call.clerk, call.reader, _person(call), body.until, body.words)


def _lift(call: Call) -> Done:
    return notice.lift(call.clerk, call.reader, _person(call), call.body.words)


def _release(call: Call) -> Done:
    body: Releasing = call.body
    of = (_person(call), body.wearer_id, body.at)
    return notice.announce_release(call.clerk, call.reader, *of)


def _person(call: Call) -> PersonId:
    return PersonId(call.path["person_id"])


def _of_wearer(call: Call) -> WhoTold:
    return told_of_wearer(call.reader, WearerId(call.path["wearer_id"]))


def _of_person(call: Call) -> WhoTold:
    return told_of_person(call.reader, _person(call))[1]


_ONE: Final = "/persons/{person_id:str}"

INFORMED: Final[tuple[Endpoint, ...]] = (
    read(
        "list_informed",
        "/informed",
        Verb.SEE_INFORMED,
        "What protected persons' sides were told, what waits, and how each is told",
        _list,
        Informed,
        purpose=_SEE,
    ),
    read(
        "list_told_of_wearer",
        "/wearers/{wearer_id:str}/told",
        Verb.SEE_INFORMED,
        "Who was told what about a wearer: protected persons' sides, and himself",
        _of_wearer,
        WhoTold,
        purpose=_SEE,
    ),
    read(
        "list_told_to_person",
        f"{_ONE}/told",
        Verb.SEE_INFORMED,
        "What one protected person's side was told",
        _of_person,
        WhoTold,
        purpose=_SEE,
    ),
    do(
        "decide_notice",
        "/informed/{notice_id:str}/decide",
        Verb.INFORM_SIDE,
        "Say what becomes of a message that waits",
        _decide,
        Deciding,
        _SEE,
    ),
    do(
        "hold_messages",
        f"{_ONE}/hold",
        Verb.INFORM_SIDE,
        "Hold messages to a protected person",
        _hold,
        Holding,
        _SEE,
    ),
    do(
        "lift_hold",
        f"{_ONE}/lift",
        Verb.INFORM_SIDE,
        "Hold them no more",
        _lift,
        Lifting,
        _SEE,
    ),
    do(
        "tell_release",
        f"{_ONE}/release",
        Verb.INFORM_SIDE,
        "Tell a protected person's side of a release",
        _release,
        Releasing,
        _SEE,
    ),
)
