"""Somebody asks for data about a wearer: made sure of, approved or not, released, fetched."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from tagwatch.access.reader import Reader
from tagwatch.access.role import Role, Verb, may
from tagwatch.access.scope import may_see_secrets
from tagwatch.core import data_request as requests
from tagwatch.core import ledger
from tagwatch.core import request_steps as steps
from tagwatch.core.data_request import (
    LINE_MOST,
    WORDS_MOST,
    Approval,
    DataRequest,
    Identified,
    Minimum,
    ReleasedFile,
    RequestError,
    RequestRefusal,
)
from tagwatch.core.ids import RequestId
from tagwatch.core.ledger import Event
from tagwatch.core.person import Wearer
from tagwatch.core.recorded_request import RequestEvent
from tagwatch.core.request_kinds import IdentityCheck, ReleaseForm, RequestKind
from tagwatch.core.request_steps import RequestAct, RequestTurn
from tagwatch.core.units import DAY, Instant
from tagwatch.desk.clerk import Applied, Clerk, Conflict, Done, need, need_another
from tagwatch.desk.wearer import in_scope
from tagwatch.store.data_requests import parts_of, request_maker, request_of
from tagwatch.store.drafts import wearer_owner

OWN_KINDS: Final = {
    Role.POLICE: (RequestKind.POLICE,),
    Role.LIAISON: (RequestKind.ADVOCATE,),
}
"""Roles that ask for themselves, and on whose side."""
ASKING_ROLES: Final = frozenset({*OWN_KINDS, Role.PARTNER})
"""Accounts of these can fetch what an officer recorded in their name."""


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one person approves."""

    minimum: Minimum
    words: str
    form: ReleaseForm = ReleaseForm.ORDINARY
    release_days: int = 7
    access_days: int = 14


class OnRequest(NamedTuple):
    """Who acts on which request, and which version he has read."""

    clerk: Clerk
    reader: Reader
    request_id: RequestId
    seen: int


def asks_for_himself(reader: Reader) -> bool:
    """Say whether what this reader asks is his own request."""
    return reader.actor.role in OWN_KINDS


def own_account(reader: Reader, asked: DataRequest) -> Event:
    """Return the record that whoever asks was made sure of by the sign-in."""
    actor, at = reader.actor, reader.now()
    identified = Identified(
        how=IdentityCheck.OWN_ACCOUNT,
        words=f"Signed in here as {actor.name}, {actor.role.value}",
        by=actor.account_id,
        at=at,
    )
    # Where this cannot be (the kind must be seen in person), an officer does it.
    return ledger.RequestAuthenticated(**act_on(reader, asked), identified=identified)


def authenticate(on: OnRequest, how: IdentityCheck, words: str) -> Done:
    """Record how it was made sure who asks: of a joint request for every part within scope that
    waits for it.

    Raises RequestError, Conflict if somebody changed it meanwhile, NotFound, NotRecorded.
    """
    held, _ = _held(on, "authenticate_request", Verb.RELEASE_REQUEST)
    if how is IdentityCheck.OWN_ACCOUNT:
        raise RequestError("how", "That is recorded by itself when an account asks")
    at, by = on.reader.now(), on.reader.actor.account_id
    identified = Identified(how=how, words=words.strip()[:WORDS_MOST], by=by, at=at)
    event = ledger.RequestAuthenticated(**act_on(on.reader, held), identified=identified)
    _checked(held, on.seen, lambda: steps.authenticated(held, identified))
    parts = [
        each
        for each in _parts(on.reader, held)
        if steps.can(each, RequestAct.AUTHENTICATE) and each.state is held.state
    ]
    events: list[tuple[Event, Any]] = [
        (
            ledger.RequestAuthenticated(**act_on(on.reader, each), identified=identified),
            wearer_owner(each.wearer_id),
        )
        for each in (held, *parts)
    ]
    ids = [name for each in (held, *parts) for name in (each.request_id, each.wearer_id)]
    on.reader.about_to_alter("authenticate_request", ids)
    return _made_next(on, held, event, on.clerk.record_all(events), len(parts))


def approve(on: OnRequest, given: Given) -> Done:
    """Approve the least that does; of a whole trail a second person must, too.

    Raises what `authenticate` raises; RequestError for a secret place, unless it is his duty.
    """
    held, wearer = _held(on, "approve_request", Verb.APPROVE_REQUEST)
    actor, at = on.reader.actor, on.reader.now()
    if held.version == on.seen and steps.can(held, RequestAct.APPROVE):
        had_part = {held.requester.account_id, held.recorded_by, *(a.by for a in held.approvals)}
        ids = [held.request_id, held.wearer_id]
        need_another(on.reader, Verb.APPROVE_REQUEST, ids, had_part)
    if given.form is ReleaseForm.EXPERT and not may_see_secrets(actor, wearer):
        raise RequestError("form", "Only somebody whose duty secret places are can approve that")
    approval = Approval(
        minimum=bounded(given.minimum),
        form=given.form,
        words=given.words.strip()[:WORDS_MOST],
        release_until=Instant(at + given.release_days * DAY),
        access_until=Instant(at + given.access_days * DAY),
        by=actor.account_id,
        at=at,
    )
    event = ledger.RequestApproved(**act_on(on.reader, held), approval=approval)
    return _record(on, held, lambda: steps.approved(held, approval), event)


def refuse(on: OnRequest, reason: RequestRefusal, words: str) -> Done:
    """Refuse it, or take an approval back. Raises what `authenticate` raises."""
    turn = RequestTurn(act=RequestAct.REFUSE, words=words.strip()[:WORDS_MOST], refusal=reason)
    return _turn(on, "refuse_request", Verb.APPROVE_REQUEST, turn)


def return_for_more(on: OnRequest, words: str) -> Done:
    """Ask back: what is missing stands in `words`. Raises what `authenticate` raises."""
    held, _ = _held(on, "return_request", Verb.APPROVE_REQUEST)
    if held.named_id is not None:
        raise RequestError(
            "request",
            "A question would tell whoever named him that he is on the register: "
            "approve less, or refuse",
        )
    turn = RequestTurn(act=RequestAct.RETURN, words=words.strip()[:WORDS_MOST])
    return _turn(on, "return_request", Verb.APPROVE_REQUEST, turn)


def amend(on: OnRequest, words: str, minimum: Minimum | None = None) -> Done:
    """Answer what was asked back; an account that asks for itself is made sure of again.

    Raises what `authenticate` raises.
    """
    held, _ = _held(on, "amend_request", Verb.ASK_REQUEST)
    _theirs(on.reader, held)
    turn = RequestTurn(
        act=RequestAct.AMEND,
        words=words.strip()[:WORDS_MOST],
        minimum=None if minimum is None else bounded(minimum),
    )
    reader = on.reader
    event = ledger.RequestTurned(**act_on(reader, held), turn=turn)
    after = _checked(held, on.seen, lambda: steps.turned(held, turn, event.by, event.at))
    events: list[tuple[Event, Any]] = [(event, wearer_owner(held.wearer_id))]
    if held.requester.account_id == reader.actor.account_id and asks_for_himself(reader):
        events.append((own_account(reader, after), wearer_owner(held.wearer_id)))
    reader.about_to_alter("amend_request", [held.request_id, held.wearer_id])
    return _made_next(on, held, event, on.clerk.record_all(events), len(events) - 1)


def withdraw(on: OnRequest, words: str) -> Done:
    """Take it back, by whoever asked or recorded it. Raises what `authenticate` raises."""
    turn = RequestTurn(act=RequestAct.WITHDRAW, words=words.strip()[:WORDS_MOST])
    held, _ = _held(on, "withdraw_request", Verb.ASK_REQUEST)
    _theirs(on.reader, held)
    return _turn(on, "withdraw_request", Verb.ASK_REQUEST, turn)


def close(on: OnRequest, words: str) -> Done:
    """End access to what was released. Raises what `authenticate` raises."""
    turn = RequestTurn(act=RequestAct.CLOSE, words=words.strip()[:WORDS_MOST])
    return _turn(on, "close_request", Verb.RELEASE_REQUEST, turn)


def enter_release(
    on: OnRequest, release: requests.DataRelease, also: tuple[Event, ...] = ()
) -> Done:
    """Record what was released, `also` the bundles it holds; the files are kept already.

    Raises what `authenticate` raises.
    """
    held, _ = _held(on, "release_request", Verb.RELEASE_REQUEST)
    event = ledger.RequestReleased(**act_on(on.reader, held), release=release)
    _checked(held, on.seen, lambda: steps.released(held, release))
    digests = ", ".join(f"{each.name} {each.sha256}" for each in release.files)
    on.reader.disclosing("release_request", [held.request_id, held.wearer_id], digests)
    owner = wearer_owner(held.wearer_id)
    done = on.clerk.record_all([*((each, owner) for each in also), (event, owner)])
    return _made_next(on, held, event, done)


def enter_fetch(
    clerk: Clerk, reader: Reader, held: DataRequest, file: ReleasedFile, to: tuple[str, str]
) -> Done:
    """Record that a released file is fetched by whoever asked, or handed over to `to` (whom, and
    the receipt). On the audit as a disclosure before. Raises NotRecorded."""
    detail = f"{file.name} {file.sha256}{' to ' if to[0] else ''}{to[0]}"
    reader.disclosing("fetch_released", [held.request_id, held.wearer_id], detail)
    event = ledger.RequestFetched(
        **act_on(reader, held), file=file.name, sha256=file.sha256, to=to[0], receipt=to[1]
    )
    return clerk.record(event, wearer_owner(held.wearer_id))


# --- inside --------------------------------------------------------------------------------------


def _turn(on: OnRequest, question: str, verb: Verb, turn: RequestTurn) -> Done:
    held, _ = _held(on, question, verb)
    event = ledger.RequestTurned(**act_on(on.reader, held), turn=turn)
    return _record(on, held, lambda: steps.turned(held, turn, event.by, event.at), event, question)


def _held(on: OnRequest, question: str, verb: Verb) -> tuple[DataRequest, Wearer]:
    """Return the request and its wearer, within what this reader may see."""
    need(on.reader, verb)
    with on.reader.connection() as connection:
        held = request_of(connection, on.request_id)
    if held is None or not may_see(on.reader, held):
        on.reader.refuse(question, [on.request_id[:80]], "outside scope, or unknown")
    return held, in_scope(on.reader, held.wearer_id, question)


def _parts(reader: Reader, held: DataRequest) -> list[DataRequest]:
    """Return the other parts of a joint request, of wearers within scope."""
    if held.joint_id is None:
        return []
    with reader.connection() as connection:
        parts = parts_of(connection, held.joint_id)
        reached = reader.wearers(connection, [each.wearer_id for each in parts])
    others = [each for each in parts if each.request_id != held.request_id]
    return [each for each in others if each.wearer_id in reached and may_see(reader, each)]


def may_see(reader: Reader, request: DataRequest) -> bool:
    """Say whether a request about a wearer within scope is for this reader: those who only ask
    see what their own agency asked."""
    if may(reader.actor.role, Verb.RELEASE_REQUEST):
        return True
    if request.named_id is not None and request.release is None:
        return False  # that there is one would say that the person is on the register
    own = request.requester
    same = bool(own.agency) and own.agency == reader.actor.agency
    return same or own.account_id == reader.actor.account_id


def is_theirs(reader: Reader, held: DataRequest) -> bool:
    """Say whether it is for this reader to change what was asked for, or take it back."""
    own, actor = held.requester, reader.actor
    if own.account_id is None or held.recorded_by != own.account_id:
        return may(actor.role, Verb.RELEASE_REQUEST)
    return own.account_id == actor.account_id or bool(own.agency and own.agency == actor.agency)


def _theirs(reader: Reader, held: DataRequest) -> None:
    if not is_theirs(reader, held):
        raise RequestError("request", "Only whoever asked for it can change it or take it back")


def _record(
    on: OnRequest,
    held: DataRequest,
    after: Callable[[], DataRequest],
    event: RequestEvent,
    question: str = "",
) -> Done:
    _checked(held, on.seen, after)
    verb = question or type(event).__name__
    on.reader.about_to_alter(verb, [held.request_id, held.wearer_id])
    done = on.clerk.record(event, wearer_owner(held.wearer_id))
    return _made_next(on, held, event, done)


def _checked(held: DataRequest, seen: int, after: Callable[[], DataRequest]) -> DataRequest:
    if held.version != seen:
        raise Conflict(f"Somebody changed this request meanwhile: it is {held.state} now. Read it")
    return after()


def _made_next(
    on: OnRequest, held: DataRequest, event: RequestEvent, done: Done, followed_by: int = 0
) -> Done:
    """Return the act as done, if the line took this one and no other in as the next version."""
    if done.applied is not Applied.APPLIED:
        return done
    with on.reader.connection() as connection:
        maker = request_maker(connection, held.request_id, event.seen + 1)
    if maker != done.seq - followed_by:
        raise Conflict("Somebody was faster: the request has changed. Read it and decide anew")
    return done


def act_on(reader: Reader, held: DataRequest) -> dict[str, Any]:
    """Return what every act on a request says."""
    return {
        "request_id": held.request_id,
        "wearer_id": held.wearer_id,
        "seen": held.version,
        "at": reader.now(),
        "by": reader.actor.account_id,
    }


def bounded(minimum: Minimum) -> Minimum:
    """Return the same with its words cut to length."""
    return msgspec.structs.replace(
        minimum,
        wanted=tuple(dict.fromkeys(minimum.wanted)),
        area_label=line(minimum.area_label),
        no_area="" if minimum.area is not None else line(minimum.no_area),
    )


def line(text: str) -> str:
    """Return a text as one line of at most LINE_MOST characters."""
    return " ".join(text.split())[:LINE_MOST]
