"""Somebody asks for data about a person he names; an officer says whom it is about, or that nothing
is released. Nothing is looked up while it is asked, so the answer cannot differ."""

import secrets
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import func, select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Role, Verb
from tagwatch.core import data_request as requests
from tagwatch.core import ledger
from tagwatch.core import request_steps as steps
from tagwatch.core.data_request import (
    LINE_MOST,
    WORDS_MOST,
    DataRequest,
    Identified,
    Minimum,
    Requester,
    RequestError,
    RequestRefusal,
    RequestUrgency,
)
from tagwatch.core.ids import NamedRequestId, RequestId, WearerId, derived_id
from tagwatch.core.ledger import Event
from tagwatch.core.named_request import (
    WAITING_MOST,
    Named,
    NamedAnswer,
    NamedRequest,
    NamedState,
    answer_of,
    check_named,
    next_named,
)
from tagwatch.core.request_kinds import KIND_RULES, IdentityCheck, LegalGround, RequestKind
from tagwatch.core.request_steps import RequestAct, RequestTurn
from tagwatch.desk.clerk import Applied, Clerk, Conflict, Done, need
from tagwatch.desk.data_request import OWN_KINDS
from tagwatch.desk.wearer import in_scope
from tagwatch.store import schema
from tagwatch.store.data_requests import request_of
from tagwatch.store.drafts import wearer_owner
from tagwatch.store.named_requests import named_of
from tagwatch.store.settings import settings_at

NAMING_KINDS: Final = {
    **OWN_KINDS,
    Role.PARTNER: (RequestKind.NHS, RequestKind.ADVOCATE, RequestKind.STAC),
}
"""Roles that ask about somebody they name, and on whose side."""


class NamedAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked for about a person who is named; the account itself is who asks."""

    named: Named
    kind: RequestKind
    role: str
    """Of whoever asks, in his agency."""
    purpose: str
    ground: LegalGround
    cited: str
    minimum: Minimum
    reference: str = ""
    urgency: RequestUrgency = RequestUrgency.ROUTINE


class OnNamed(NamedTuple):
    """Who acts on which request, and which version he has read."""

    clerk: Clerk
    reader: Reader
    named_id: NamedRequestId
    seen: int


def name_request(clerk: Clerk, reader: Reader, ask: NamedAsk) -> Done:
    """Record a request about a person who is named; whether he is on the register is not looked
    up. Raises RequestError, NotRecorded."""
    need(reader, Verb.NAME_REQUEST)
    asked = _asked(reader, ask)
    named = msgspec.structs.replace(
        ask.named, name=_line(ask.named.name), number=_line(ask.named.number)
    )
    made = NamedRequest(
        named_id=NamedRequestId(derived_id("nr", secrets.token_hex(16))),
        named=msgspec.structs.replace(named, words=ask.named.words.strip()),
        asked=asked,
        at=asked.asked_at,
        by=reader.actor.account_id,
    )
    check_named(made)
    _bounded(reader, asked)
    reader.about_to_alter("name_request", [made.named_id])
    done = clerk.record(ledger.RequestNamed(request=made))
    return msgspec.structs.replace(done, made_id=made.named_id)


def match_named(on: OnNamed, wearer_id: WearerId) -> Done:
    """Say whom it is about, a wearer within scope: a data request in the name of whoever asked goes
    on with it, and a colleague decides it. Raises RequestError, Conflict, NotFound, NotRecorded."""
    need(on.reader, Verb.RELEASE_REQUEST)
    held = _held(on)
    wearer = in_scope(on.reader, wearer_id, "match_named")
    at, by = on.reader.now(), on.reader.actor.account_id
    after = _next(on, held, state=NamedState.MATCHED, wearer_id=wearer.wearer_id)
    owner = wearer_owner(wearer.wearer_id)
    followed = msgspec.structs.replace(
        held.asked,
        wearer_id=wearer.wearer_id,
        recorded_at=at,
        recorded_by=by,
        named_id=held.named_id,
    )
    events: list[tuple[Event, Any]] = [(ledger.RequestAsked(request=followed), owner)]
    if IdentityCheck.OWN_ACCOUNT in KIND_RULES[followed.kind].checks:
        events.append((_signed_in(followed, on.reader), owner))
    events.append((ledger.RequestNamed(request=after), None))
    on.reader.about_to_alter("match_named", [held.named_id, wearer.wearer_id, followed.request_id])
    return _taken(on, after, on.clerk.record_all(events), followed.request_id)


def answer_nothing(on: OnNamed, reason: RequestRefusal, words: str) -> Done:
    """Say that nothing is released, and why; whoever asked is not told the reason.

    Raises what `match_named` raises.
    """
    need(on.reader, Verb.RELEASE_REQUEST)
    held = _held(on)
    if not words.strip():
        raise RequestError("words", "Write where you looked, and why nothing is released")
    after = _next(
        on, held, state=NamedState.NOTHING, reason=reason, words=words.strip()[:WORDS_MOST]
    )
    on.reader.about_to_alter("answer_named", [held.named_id], reason.value)
    return _taken(on, after, on.clerk.record(ledger.RequestNamed(request=after)))


def withdraw_named(on: OnNamed, words: str) -> Done:
    """Take it back, by the agency that asked, while nothing is released.

    Raises what `match_named` raises.
    """
    need(on.reader, Verb.NAME_REQUEST)
    held, text = _held(on), words.strip()[:WORDS_MOST]
    if not text:
        raise RequestError("words", "Write why you take it back")
    with on.reader.connection() as connection:
        followed = request_of(connection, held.asked.request_id)
    if answer_of(held, followed) is not NamedAnswer.WAITING:
        raise RequestError("words", "This is answered already")
    # Not the version that was read: it would differ once somebody has said whom it is about.
    on = on._replace(seen=held.version)
    after = _next(on, held, state=NamedState.WITHDRAWN, words=text)
    events: list[tuple[Event, Any]] = [(ledger.RequestNamed(request=after), None)]
    if followed is not None and steps.can(followed, RequestAct.WITHDRAW):
        turn = RequestTurn(act=RequestAct.WITHDRAW, words=text)
        acted = ledger.RequestTurned(**_act(followed, on.reader), turn=turn)
        events.insert(0, (acted, wearer_owner(followed.wearer_id)))
    on.reader.about_to_alter("withdraw_named", [held.named_id])
    return _taken(on, after, on.clerk.record_all(events))


def may_see_named(reader: Reader, request: NamedRequest) -> bool:
    """Say whether a request is this reader's to see as whoever asked: his own or his agency's."""
    own, actor = request.asked.requester, reader.actor
    same = bool(own.agency) and own.agency == actor.agency
    return actor.may(Verb.NAME_REQUEST) and (same or own.account_id == actor.account_id)


# --- inside --------------------------------------------------------------------------------------


def _asked(reader: Reader, ask: NamedAsk) -> DataRequest:
    actor, at = reader.actor, reader.now()
    if ask.kind not in NAMING_KINDS[actor.role]:
        raise RequestError("kind", "Your account cannot ask on behalf of these")
    with reader.connection() as connection:
        settings = settings_at(connection, at).request
    return DataRequest(
        request_id=RequestId(derived_id("dr", secrets.token_hex(16))),
        wearer_id=WearerId(""),
        kind=ask.kind,
        requester=Requester(
            name=actor.name,
            role=_line(ask.role),
            organisation=actor.agency or actor.name,
            reference=_line(ask.reference),
            account_id=actor.account_id,
            agency=actor.agency,
        ),
        purpose=ask.purpose.strip()[:WORDS_MOST],
        ground=ask.ground,
        cited=_line(ask.cited),
        minimum=msgspec.structs.replace(
            ask.minimum,
            wanted=tuple(dict.fromkeys(ask.minimum.wanted)),
            area_label=_line(ask.minimum.area_label),
            no_area="" if ask.minimum.area is not None else _line(ask.minimum.no_area),
        ),
        urgency=ask.urgency,
        asked_at=at,
        due_at=requests.due(settings, ask.urgency, at),
        recorded_at=at,
        recorded_by=actor.account_id,
    )


def _bounded(reader: Reader, asked: DataRequest) -> None:
    row = schema.named_request.c
    count = select(func.count()).where(
        row.agency == asked.requester.agency, row.state == NamedState.WAITING.value
    )
    with reader.connection() as connection:
        waiting = connection.scalar(count) or 0
    if waiting >= WAITING_MOST:
        raise RequestError(
            "person", f"{waiting} such requests of your agency wait: {WAITING_MOST} at most"
        )


def _held(on: OnNamed) -> NamedRequest:
    with on.reader.connection() as connection:
        held = named_of(connection, on.named_id)
    decides = on.reader.actor.may(Verb.RELEASE_REQUEST)
    if held is None or not (decides or may_see_named(on.reader, held)):
        on.reader.refuse("named_request", [on.named_id[:80]], "another's, or unknown")
    return held


def _next(on: OnNamed, held: NamedRequest, **changes: Any) -> NamedRequest:
    at, by = on.reader.now(), on.reader.actor.account_id
    after = msgspec.structs.replace(held, version=held.version + 1, at=at, by=by, **changes)
    if held.version != on.seen or not next_named(held, after):
        raise Conflict("Somebody was faster: this request has changed. Read it and decide anew")
    return after


def _taken(on: OnNamed, after: NamedRequest, done: Done, made_id: str = "") -> Done:
    """Return the act as done, if the line took this one and no other in as the next version."""
    if done.applied is Applied.APPLIED:
        with on.reader.connection() as connection:
            if named_of(connection, on.named_id) != after:
                raise Conflict("Somebody was faster: this request has changed. Read it anew")
    return msgspec.structs.replace(done, made_id=made_id or on.named_id)


def _signed_in(followed: DataRequest, reader: Reader) -> Event:
    who = followed.requester
    identified = Identified(
        how=IdentityCheck.OWN_ACCOUNT,
        words=f"Signed in here as {who.name} of {who.organisation} when it was asked",
        by=who.account_id or reader.actor.account_id,
        at=followed.asked_at,
    )
    return ledger.RequestAuthenticated(**_act(followed, reader), identified=identified)


def _act(held: DataRequest, reader: Reader) -> dict[str, Any]:
    return {
        "request_id": held.request_id,
        "wearer_id": held.wearer_id,
        "seen": held.version,
        "at": reader.now(),
        "by": reader.actor.account_id,
    }


def _line(text: str) -> str:
    return " ".join(text.split())[:LINE_MOST]
