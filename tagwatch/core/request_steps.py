"""What happens to a data request: a table of lettered steps, and each step as a function. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from tagwatch.core.data_request import (
    Approval,
    DataRelease,
    DataRequest,
    Identified,
    Minimum,
    RequestError,
    RequestRefusal,
    RequestState,
    check_minimum,
    check_outline,
)
from tagwatch.core.ids import AccountId
from tagwatch.core.request_kinds import KIND_RULES, ReleaseForm, Wanted
from tagwatch.core.units import DAY, Instant
from tagwatch.core.within import TooManyCornersError, lies_within

ACCESS_MOST: Final = 92 * DAY
RELEASE_MOST: Final = 31 * DAY


class RequestAct(StrEnum):
    """What can be done with a request."""

    AUTHENTICATE = "authenticate"
    APPROVE_FIRST = "approve_first"
    """The first of two persons."""
    APPROVE = "approve"
    REFUSE = "refuse"
    RETURN = "return"
    AMEND = "amend"
    RELEASE = "release"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


class RequestStep(NamedTuple):
    """One lettered step: from which state, by which act, to which state."""

    letter: str
    before: RequestState
    act: RequestAct
    after: RequestState


_S, _A = RequestState, RequestAct
STEPS: Final[tuple[RequestStep, ...]] = (
    RequestStep("a", _S.ASKED, _A.AUTHENTICATE, _S.AUTHENTICATED),
    RequestStep("b", _S.AUTHENTICATED, _A.APPROVE_FIRST, _S.AUTHENTICATED),
    RequestStep("c", _S.AUTHENTICATED, _A.APPROVE, _S.APPROVED),
    RequestStep("d", _S.ASKED, _A.REFUSE, _S.REFUSED),
    RequestStep("e", _S.AUTHENTICATED, _A.REFUSE, _S.REFUSED),
    RequestStep("f", _S.RETURNED, _A.REFUSE, _S.REFUSED),
    RequestStep("g", _S.APPROVED, _A.REFUSE, _S.REFUSED),
    RequestStep("h", _S.ASKED, _A.RETURN, _S.RETURNED),
    RequestStep("i", _S.AUTHENTICATED, _A.RETURN, _S.RETURNED),
    RequestStep("j", _S.RETURNED, _A.AMEND, _S.ASKED),
    RequestStep("k", _S.APPROVED, _A.RELEASE, _S.RELEASED),
    RequestStep("l", _S.RELEASED, _A.CLOSE, _S.CLOSED),
    RequestStep("m", _S.ASKED, _A.WITHDRAW, _S.WITHDRAWN),
    RequestStep("n", _S.AUTHENTICATED, _A.WITHDRAW, _S.WITHDRAWN),
    RequestStep("o", _S.RETURNED, _A.WITHDRAW, _S.WITHDRAWN),
    RequestStep("p", _S.APPROVED, _A.WITHDRAW, _S.WITHDRAWN),
    RequestStep("q", _S.APPROVED, _A.EXPIRE, _S.EXPIRED),
    RequestStep("r", _S.RELEASED, _A.EXPIRE, _S.EXPIRED),
)
"""docs/requests.md draws it."""

_NEXT: Final[Mapping[tuple[RequestState, RequestAct], RequestState]] = {
    (step.before, step.act): step.after for step in STEPS
}
OVER: Final = frozenset(_S) - {step.before for step in STEPS}
"""Nothing more happens to these."""
OWED: Final = frozenset({_S.ASKED, _S.AUTHENTICATED, _S.RETURNED, _S.APPROVED})
"""An answer is owed."""


class RequestTurn(msgspec.Struct, frozen=True, kw_only=True):
    """A step that words alone make."""

    act: RequestAct
    words: str
    refusal: RequestRefusal | None = None
    minimum: Minimum | None = None
    """Of an amendment: what is asked for now."""


def state_diagram() -> str:
    """Return the steps as a Mermaid diagram, as docs/requests.md draws it."""
    lines = [
        f"    {step.before} --> {step.after}: {step.letter} {step.act.replace('_', ' ')}"
        for step in STEPS
    ]
    return "\n".join(["stateDiagram-v2", "    [*] --> asked", *lines])


def can(request: DataRequest, act: RequestAct) -> bool:
    """Say whether the table has this step."""
    return (request.state, act) in _NEXT


def authenticated(request: DataRequest, identified: Identified) -> DataRequest:
    """Return the request of somebody of whom was made sure. Raises RequestError."""
    after = _after(request, RequestAct.AUTHENTICATE)
    if identified.how not in KIND_RULES[request.kind].checks:
        raise RequestError("how", "Whoever asks for this cannot be made sure of so")
    if not identified.words.strip():
        raise RequestError("words", "Write what was seen or which published number was rung")
    return _next(request, after, identified=identified)


def approved(request: DataRequest, approval: Approval) -> DataRequest:
    """Return the request with this approval; of a whole trail the first one is not enough.

    Raises RequestError: never by whoever asks or recorded it, never for more than was asked.
    """
    act = RequestAct.APPROVE if _is_last(request, approval) else RequestAct.APPROVE_FIRST
    after = _after(request, act)
    _check_person(request, approval.by)
    _check_approval(request, approval)
    if request.approvals:
        _check_second(request.approvals[-1], approval)
    expires_at = approval.release_until if act is RequestAct.APPROVE else None
    return _next(request, after, approvals=(*request.approvals, approval), expires_at=expires_at)


def persons_needed(request: DataRequest) -> int:
    """Return how many persons approve what is asked for: two for a whole trail."""
    return 2 if request.minimum.is_whole_trail else 1


def released(request: DataRequest, release: DataRelease) -> DataRequest:
    """Return the request with what was released. Raises RequestError."""
    after = _after(request, RequestAct.RELEASE)
    approval = request.approved
    if approval is None or release.at >= approval.release_until:
        raise RequestError("release", "The approval is over: it must be approved anew")
    if not release.files:
        raise RequestError("release", "There is no file to release")
    return _next(
        request,
        after,
        release=release,
        settled_at=release.at,
        settled_by=release.by,
        expires_at=approval.access_until,
    )


def turned(request: DataRequest, turn: RequestTurn, by: AccountId, at: Instant) -> DataRequest:
    """Return the request refused, returned, amended, withdrawn or closed. Raises RequestError."""
    after = _after(request, turn.act)
    if not turn.words.strip():
        raise RequestError("words", "Write it in words")
    changes: dict[str, object] = {"words": turn.words.strip()}
    match turn.act:
        case RequestAct.REFUSE:
            if turn.refusal is None:
                raise RequestError("refusal", "Choose why it is refused")
            changes |= {"refusal": turn.refusal} | _settled(by, at)
        case RequestAct.WITHDRAW:
            changes |= _settled(by, at)
        case RequestAct.RETURN:
            changes |= {"more": (*request.more, turn.words.strip()), "approvals": ()}
        case RequestAct.AMEND:
            asked = turn.minimum or request.minimum
            check_minimum(request.kind, asked, at)
            changes |= {"more": (*request.more, turn.words.strip()), "minimum": asked}
            changes |= {"identified": None}
        case RequestAct.CLOSE:
            changes |= {"expires_at": None}
        case _:
            raise RequestError("request", f"Words alone do not {turn.act}")
    return _next(request, after, **changes)


def expired(request: DataRequest, at: Instant) -> DataRequest:
    """Return the request whose approval, or access to what was released, is over."""
    after = _after(request, RequestAct.EXPIRE)
    if request.expires_at is None or request.expires_at > at:
        raise RequestError("request", "It is not over yet")
    changes = {} if request.settled_at is not None else {"settled_at": request.expires_at}
    return _next(request, after, expires_at=None, **changes)


def _is_last(request: DataRequest, approval: Approval) -> bool:
    return len(request.approvals) + 1 >= (2 if approval.minimum.is_whole_trail else 1)


def _check_person(request: DataRequest, by: AccountId) -> None:
    if by in (request.requester.account_id, request.recorded_by):
        raise RequestError(
            "approve", "Whoever asks for it or recorded it cannot approve it: a colleague must"
        )
    if any(each.by == by for each in request.approvals):
        raise RequestError("approve", "A second person must approve a whole trail")


def _check_approval(request: DataRequest, approval: Approval) -> None:
    asked, given = request.minimum, approval.minimum
    if given.start < asked.start or given.end > asked.end or given.end <= given.start:
        raise RequestError("start", "Approve no other time than was asked for; it may be shorter")
    if not given.wanted or not set(given.wanted) <= set(asked.wanted):
        raise RequestError("approved", "Choose which of the data that was asked for is approved")
    _check_area(asked, given)
    if Wanted.PRESENCE in given.wanted and given.area is None:
        raise RequestError("area", "To say whether he was there needs the area")
    if approval.form not in KIND_RULES[request.kind].forms:
        raise RequestError("form", "A release to these never has a place he was not told of")
    if not approval.words.strip():
        raise RequestError("words", "Write why this is necessary and not too much")
    if not approval.at < approval.release_until <= approval.at + RELEASE_MOST:
        raise RequestError("release_days", "An approval stands for 1 to 31 days")
    if not approval.release_until <= approval.access_until <= approval.at + ACCESS_MOST:
        raise RequestError(
            "access_days", "What is released is kept at least as long as the approval, 92 days most"
        )


def _check_area(asked: Minimum, given: Minimum) -> None:
    if given.area == asked.area:
        return
    if given.area is None:
        raise RequestError("area", "It was asked for within an area: approve that or a part of it")
    if Wanted.BUNDLE in given.wanted:
        raise RequestError(
            "area", "A bundle holds whole days wherever he was: take it away to approve less"
        )
    check_outline(given)
    try:
        inside = asked.area is None or lies_within(given.area, asked.area)
    except TooManyCornersError as error:
        raise RequestError("area", str(error)) from error
    if not inside:
        raise RequestError(
            "area",
            "The area reaches beyond what was asked for. Approve that, or a part of it that lies "
            "wholly within",
        )


def _check_second(first: Approval, second: Approval) -> None:
    same = (first.minimum, first.form) == (second.minimum, second.form)
    if not same:
        raise RequestError(
            "approved", "The second person approves the same as the first, or it is returned"
        )


def may_be_expert(form: ReleaseForm, request: DataRequest) -> bool:
    """Say whether a request of this kind can be released in this form."""
    return form in KIND_RULES[request.kind].forms


def _after(request: DataRequest, act: RequestAct) -> RequestState:
    after = _NEXT.get((request.state, act))
    if after is None:
        raise RequestError(
            "request", f"A request that is {request.state} cannot {act.replace('_', ' ')}"
        )
    return after


def _settled(by: AccountId, at: Instant) -> dict[str, object]:
    return {"settled_by": by, "settled_at": at, "expires_at": None}


def _next(request: DataRequest, after: RequestState, **changes: object) -> DataRequest:
    return msgspec.structs.replace(request, version=request.version + 1, state=after, **changes)
