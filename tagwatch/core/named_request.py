"""A data request about somebody who is named by what is known of him. Pure.

Whoever asks does not learn whether he is on the register: until something is released he is told
the same of a person who is and of one who is not.
"""

import re
from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.data_request import (
    LINE_MOST,
    WORDS_MOST,
    DataRequest,
    RequestError,
    RequestRefusal,
    RequestState,
    check,
)
from tagwatch.core.ids import AccountId, NamedRequestId, WearerId
from tagwatch.core.request_steps import OWED
from tagwatch.core.units import DAY, Instant

WAITING_MOST: Final = 50
"""Of one agency, those that nobody has settled."""
REOPENED_WITHIN: Final = 31 * DAY
"""So long after nothing was found an officer may still say that it is his wearer."""
_BORN: Final = re.compile(r"(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}")


class NamedState(StrEnum):
    """The life of a request about somebody who is named."""

    WAITING = "waiting"
    MATCHED = "matched"
    """An officer said whom it is about: a data request goes on with it."""
    NOTHING = "nothing"
    """Somebody looked, and nothing is released."""
    WITHDRAWN = "withdrawn"


class NamedAnswer(StrEnum):
    """What whoever asked is told: the same whether or not the named person is on the register."""

    WAITING = "waiting"
    NOTHING = "nothing"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


class Named(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What whoever asks knows of the person."""

    name: str
    born: str = ""
    """ISO date."""
    number: str = ""
    """CRN, NOMIS id or PNC reference."""
    words: str = ""
    """Anything else by which he can be told from others."""


class NamedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody asks for data about a person he names."""

    named_id: NamedRequestId
    named: Named
    asked: DataRequest
    """As asked; of no wearer until somebody says whom it is about."""
    version: int = 1
    state: NamedState = NamedState.WAITING
    wearer_id: WearerId | None = None
    reason: RequestRefusal | None = None
    """Why nothing is released. Whoever asked is never told."""
    words: str = ""
    at: Instant
    """Of this version."""
    by: AccountId


def check_named(request: NamedRequest) -> None:
    """Raise RequestError unless it says enough to tell the person from others, and what a data
    request of its kind must say."""
    named = request.named
    if not named.name.strip():
        raise RequestError("person", "Write the name of the person you ask about")
    if named.born and not _BORN.fullmatch(named.born):
        raise RequestError("born", "Write the date of birth as 1989-04-27")
    if not (named.born or named.number.strip()):
        raise RequestError("born", "Give the date of birth or a number: a name alone is not enough")
    longest = max(len(named.name), len(named.number))
    if longest > LINE_MOST or len(named.words) > WORDS_MOST:
        raise RequestError("person", f"A name or number has {LINE_MOST} characters at most")
    check(request.asked)


def next_named(before: NamedRequest | None, after: NamedRequest) -> bool:
    """Say whether `after` may become the version after `before`."""
    if before is None:
        return after.version == 1 and after.state is NamedState.WAITING
    if after.version != before.version + 1:
        return False
    match before.state, after.state:
        case NamedState.WAITING, NamedState.MATCHED | NamedState.NOTHING | NamedState.WITHDRAWN:
            return True
        case NamedState.NOTHING, NamedState.MATCHED:
            return after.at < before.at + REOPENED_WITHIN
        case NamedState.MATCHED, NamedState.WITHDRAWN:
            return True
        case _:
            return False


def answer_of(request: NamedRequest, followed: DataRequest | None) -> NamedAnswer:
    """Return what whoever asked is told; `followed` is the data request that goes on with it."""
    if request.state is NamedState.WITHDRAWN:
        return NamedAnswer.WITHDRAWN
    if followed is not None and followed.release is not None:
        return NamedAnswer.RELEASED
    if request.state is NamedState.NOTHING:
        return NamedAnswer.NOTHING
    if followed is None or followed.state in OWED:
        return NamedAnswer.WAITING
    withdrawn = followed.state is RequestState.WITHDRAWN
    return NamedAnswer.WITHDRAWN if withdrawn else NamedAnswer.NOTHING
