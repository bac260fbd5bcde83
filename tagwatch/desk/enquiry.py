"""Somebody asks about a wearer: it is logged, taken on, answered or refused."""

import secrets
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import select

from tagwatch.access.actor import actor_of
from tagwatch.access.purpose import ALLOWED
from tagwatch.access.reader import Reader
from tagwatch.access.role import Role, Verb, may
from tagwatch.access.scope import scope
from tagwatch.core import enquiry as enquiries
from tagwatch.core.enquiry import (
    BASIS_MOST,
    OVER,
    QUESTION_MOST,
    ROLE_MOST,
    AskedBy,
    AskedFor,
    AskedUrgency,
    Asker,
    DisclosureBasis,
    Enquiry,
    EnquiryError,
    RefusalReason,
)
from tagwatch.core.ids import AccountId, EnquiryId, WearerId, derived_id
from tagwatch.core.ledger import EnquiryAnswered, EnquiryLogged, EnquiryRefused, EnquiryTaken, Event
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Applied, Clerk, Conflict, Done, need
from tagwatch.desk.wearer import in_scope
from tagwatch.store import schema
from tagwatch.store.accounts import Account, Accounts
from tagwatch.store.drafts import wearer_owner
from tagwatch.store.enquiries import enquiry_maker, enquiry_of
from tagwatch.store.settings import settings_at

WORDS_MOST: Final = 8000
WEARERS_MOST: Final = 20
ASKERS: Final = {Role.POLICE: Asker.POLICE, Role.LIAISON: Asker.PROTECTED_SIDE}
"""Roles that ask for themselves: what they log is their own question."""


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was asked, by whom and what for."""

    role: str
    """Of whoever asks; no name is needed."""
    organisation: str
    question: str
    asked_for: AskedFor
    urgency: AskedUrgency = AskedUrgency.ROUTINE
    asker: Asker = Asker.OTHER_AGENCY
    asked_by: AskedBy = AskedBy.PROGRAM
    reference: str = ""
    basis: str = ""
    received_at: Instant | None = None
    """None: now."""
    taken_by: AccountId | None = None
    """Who answers it; None: nobody yet."""


class OnEnquiry(NamedTuple):
    """Who acts on which enquiry, and which version he has read."""

    clerk: Clerk
    reader: Reader
    enquiry_id: EnquiryId
    seen: int


def log_enquiry(
    clerk: Clerk,
    reader: Reader,
    accounts: Accounts,
    wearers: tuple[WearerId, ...],
    question: Question,
) -> Done:
    """Log a question about one wearer or several, once for each; `Done.made_id` is the first.

    Police and liaison ask for themselves: who asks, by which way and when is theirs by that.
    Raises EnquiryError, NotFound if one of the wearers is outside the scope, NotRecorded.
    """
    need(reader, Verb.ASK_ENQUIRY)
    if not wearers or len(set(wearers)) > WEARERS_MOST:
        raise EnquiryError("others", f"A question is about 1 to {WEARERS_MOST} wearers")
    chosen = [in_scope(reader, each, "log_enquiry") for each in dict.fromkeys(wearers)]
    together = derived_id("eq", secrets.token_hex(16)) if len(chosen) > 1 else ""
    asked = [_enquiry(reader, wearer, _own(reader, question), together) for wearer in chosen]
    for each in asked:
        enquiries.check(each)
    events: list[tuple[Event, Any]] = []
    for wearer, each in zip(chosen, asked, strict=True):
        owner = wearer_owner(wearer.wearer_id)
        events.append((EnquiryLogged(enquiry=each), owner))
        if question.taken_by is not None and reader.actor.may(Verb.ANSWER_ENQUIRY):
            _eligible(reader, accounts, wearer, question.taken_by)
            events.append((_taken(reader, each, question.taken_by), owner))
    names = [name for each in asked for name in (each.enquiry_id, each.wearer_id)]
    reader.about_to_alter("log_enquiry", names)
    done = clerk.record_all(events)
    return msgspec.structs.replace(done, made_id=asked[0].enquiry_id)


def _own(reader: Reader, question: Question) -> Question:
    actor = reader.actor
    if actor.role not in ASKERS:
        return question
    return msgspec.structs.replace(
        question,
        asker=ASKERS[actor.role],
        organisation=actor.agency or question.organisation,
        asked_by=AskedBy.PROGRAM if question.asked_by is AskedBy.PROGRAM else AskedBy.PAGES,
        received_at=None,
    )


def _enquiry(reader: Reader, wearer: Wearer, question: Question, together: str) -> Enquiry:
    at = reader.now()
    received_at = question.received_at or at
    with reader.connection() as connection:
        settings = settings_at(connection, at).enquiry
    return Enquiry(
        enquiry_id=EnquiryId(derived_id("en", secrets.token_hex(16))),
        wearer_id=wearer.wearer_id,
        asker=question.asker,
        role=question.role.strip()[:ROLE_MOST],
        organisation=" ".join(question.organisation.split())[:ROLE_MOST],
        reference=question.reference.strip()[:ROLE_MOST],
        asked_by=question.asked_by,
        asked_for=question.asked_for,
        basis=question.basis.strip()[:BASIS_MOST],
        question=question.question.strip()[:QUESTION_MOST],
        urgency=question.urgency,
        received_at=received_at,
        due_at=enquiries.due(settings, question.urgency, received_at),
        recorded_at=at,
        recorded_by=reader.actor.account_id,
        agency=reader.actor.agency,
        together=together,
    )


def eligible(reader: Reader, accounts: Accounts, wearer: Wearer) -> list[Account]:
    """Return who can answer about this wearer: accounts in use whose role answers, and who may
    see him."""
    found: list[Account] = []
    row = schema.wearer.c
    with reader.connection() as connection:
        for account in accounts.all():
            role = Role(account.role)
            if not account.active or not may(role, Verb.ANSWER_ENQUIRY):
                continue
            reach = scope(actor_of(account, accounts), ALLOWED[role][0]).condition()
            seen = select(row.wearer_id).where(row.wearer_id == wearer.wearer_id, reach)
            if connection.scalar(seen) is not None:
                found.append(account)
    return sorted(found, key=lambda account: account.full_name)


def take(on: OnEnquiry, accounts: Accounts, to: AccountId) -> Done:
    """Give an enquiry to somebody who may see the wearer, or take it on.

    Raises EnquiryError, Conflict if somebody changed it meanwhile, NotFound, NotRecorded.
    """
    held, wearer = _held(on, "take_enquiry")
    _eligible(on.reader, accounts, wearer, to)
    event = _taken(on.reader, held, to)
    return _record(on, held, lambda: enquiries.taken(held, to, event.at), event)


def answer(
    on: OnEnquiry, words: str, disclosed: str = "", basis: DisclosureBasis | None = None
) -> Done:
    """Record the answer that was given, and which data about the wearer went out with it.

    Raises what `take` raises.
    """
    held, _ = _held(on, "answer_enquiry")
    event = EnquiryAnswered(
        **_act(on.reader, held),
        words=words.strip()[:WORDS_MOST],
        disclosed=disclosed.strip()[:WORDS_MOST],
        basis=basis,
    )
    tried = enquiries.answered(held, event.words, event.disclosed, basis, event.by, event.at)
    if tried.disclosed:
        detail = f"{tried.disclosure_basis}, to {held.organisation}"
        on.reader.disclosing("answer_enquiry", [held.enquiry_id, held.wearer_id], detail)
    return _record(on, held, lambda: tried, event)


def refuse(on: OnEnquiry, reason: RefusalReason, words: str) -> Done:
    """Record that no answer was given, and why. Raises what `take` raises."""
    held, _ = _held(on, "refuse_enquiry")
    event = EnquiryRefused(**_act(on.reader, held), reason=reason, words=words.strip()[:WORDS_MOST])
    return _record(
        on, held, lambda: enquiries.refused(held, reason, event.words, event.by, event.at), event
    )


def _held(on: OnEnquiry, name: str) -> tuple[Enquiry, Wearer]:
    reader = on.reader
    need(reader, Verb.ANSWER_ENQUIRY)
    with reader.connection() as connection:
        found = enquiry_of(connection, on.enquiry_id)
    if found is None:
        reader.refuse(name, [on.enquiry_id], "unknown")
    wearer = in_scope(reader, found.wearer_id, name)
    if found.version != on.seen:
        raise _changed(found)
    reader.about_to_alter(name, [on.enquiry_id, found.wearer_id])
    return found, wearer


def _record(on: OnEnquiry, held: Enquiry, tried: Callable[[], Enquiry], event: Event) -> Done:
    tried()
    done = on.clerk.record(event)
    if done.applied is Applied.APPLIED:
        with on.reader.connection() as connection:
            if enquiry_maker(connection, held.enquiry_id, held.version + 1) != done.seq:
                raise _changed(enquiry_of(connection, held.enquiry_id) or held)
    return msgspec.structs.replace(done, made_id=held.enquiry_id)


def _changed(current: Enquiry) -> Conflict:
    how = "settled" if current.state in OVER else "taken on"
    return Conflict(
        f"Somebody changed this enquiry after your page was made: it is {how} now. Nothing of "
        "yours was recorded. Read what is new, then do it again if it is still to be done."
    )


def _eligible(reader: Reader, accounts: Accounts, wearer: Wearer, to: AccountId) -> None:
    if to not in {account.account_id for account in eligible(reader, accounts, wearer)}:
        raise EnquiryError("to", "Choose somebody who answers enquiries and may see this wearer")


def _taken(reader: Reader, held: Enquiry, to: AccountId) -> EnquiryTaken:
    return EnquiryTaken(**_act(reader, held), to=to)


def _act(reader: Reader, held: Enquiry) -> dict[str, Any]:
    return {
        "enquiry_id": held.enquiry_id,
        "wearer_id": held.wearer_id,
        "seen": held.version,
        "at": reader.now(),
        "by": reader.actor.account_id,
    }
