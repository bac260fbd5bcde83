"""Somebody asks for data about a wearer, or about several under one authority: one request, of
which each has a part that is approved or refused, cut to the least and released on its own."""

import secrets
from typing import Any

import msgspec

from tagwatch.access.reader import Reader
from tagwatch.access.role import Role, Verb
from tagwatch.core import data_request as requests
from tagwatch.core import ledger
from tagwatch.core.data_request import (
    MOST_PEOPLE,
    WORDS_MOST,
    DataRequest,
    Minimum,
    Requester,
    RequestError,
    RequestUrgency,
)
from tagwatch.core.ids import (
    AccountId,
    EnquiryId,
    JointRequestId,
    RequestId,
    WearerId,
    derived_id,
)
from tagwatch.core.ledger import Event
from tagwatch.core.person import Wearer
from tagwatch.core.request_kinds import LegalGround, RequestKind
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Clerk, Done, need
from tagwatch.desk.data_request import (
    ASKING_ROLES,
    OWN_KINDS,
    asks_for_himself,
    bounded,
    line,
    own_account,
)
from tagwatch.desk.wearer import in_scope
from tagwatch.store.accounts import Accounts
from tagwatch.store.drafts import wearer_owner
from tagwatch.store.enquiries import enquiry_of
from tagwatch.store.settings import settings_at


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked for, by whom and on which law."""

    kind: RequestKind
    name: str
    """Of whoever asks; an account's own name stands in its place."""
    role: str
    organisation: str
    purpose: str
    ground: LegalGround
    cited: str
    minimum: Minimum
    reference: str = ""
    urgency: RequestUrgency = RequestUrgency.ROUTINE
    asked_at: Instant | None = None
    """None: now."""
    enquiry_id: EnquiryId | None = None
    others: tuple[WearerId, ...] = ()
    """About whom, besides, the same is asked under the same authority."""
    account_id: AccountId | None = None
    """Of an account in whose name an officer records it: that account fetches what goes out."""


def ask_request(
    clerk: Clerk, reader: Reader, accounts: Accounts, wearer_id: WearerId, ask: Ask
) -> Done:
    """Record a request about a wearer within scope, and about `others` within it; an account that
    asks for itself is made sure of by its sign-in. Raises RequestError, NotFound, NotRecorded."""
    need(reader, Verb.ASK_REQUEST)
    names = tuple(dict.fromkeys((wearer_id, *ask.others)))
    if len(names) > MOST_PEOPLE:
        raise RequestError("others", f"One request is about {MOST_PEOPLE} people at most")
    wearers = [in_scope(reader, name, "ask_request") for name in names]
    named = _in_name_of(reader, accounts, ask)
    joint = JointRequestId(derived_id("jr", secrets.token_hex(16))) if len(names) > 1 else None
    events: list[tuple[Event, Any]] = []
    parts: list[DataRequest] = []
    for wearer in wearers:
        asked = msgspec.structs.replace(
            _request(reader, wearer, named), joint_id=joint, people=len(names)
        )
        requests.check(asked)
        parts.append(asked)
        owner = wearer_owner(wearer.wearer_id)
        events.append((ledger.RequestAsked(request=asked), owner))
        if asks_for_himself(reader):
            events.append((own_account(reader, asked), owner))
        # An enquiry is about one person: it led to his part alone.
        named = (msgspec.structs.replace(named[0], enquiry_id=None), named[1])
    reader.about_to_alter("ask_request", [*(each.request_id for each in parts), *names])
    done = clerk.record_all(events)
    return msgspec.structs.replace(done, made_id=parts[0].request_id)


def _in_name_of(reader: Reader, accounts: Accounts, ask: Ask) -> tuple[Ask, str]:
    """Return what is asked, and the agency of the account in whose name it is recorded."""
    if asks_for_himself(reader) or ask.account_id is None:
        return msgspec.structs.replace(ask, account_id=None), ""
    account = accounts.get(ask.account_id)
    if account is None or not account.active or Role(account.role) not in ASKING_ROLES:
        raise RequestError("account", "Choose an account that can ask for data")
    named = msgspec.structs.replace(
        ask, name=account.full_name, organisation=ask.organisation or account.agency
    )
    return named, account.agency


def _request(reader: Reader, wearer: Wearer, asked: tuple[Ask, str]) -> DataRequest:
    (ask, agency), at, actor = asked, reader.now(), reader.actor
    own = asks_for_himself(reader)
    if own and ask.kind not in OWN_KINDS[actor.role]:
        raise RequestError("kind", "Your account cannot ask on behalf of these")
    with reader.connection() as connection:
        settings = settings_at(connection, at).request
        if ask.enquiry_id is not None:
            enquiry = enquiry_of(connection, ask.enquiry_id)
            if enquiry is None or enquiry.wearer_id != wearer.wearer_id:
                raise RequestError("enquiry", "There is no such enquiry about this wearer")
    asked_at = at if own or ask.asked_at is None else ask.asked_at
    requester = Requester(
        name=actor.name if own else line(ask.name),
        role=line(ask.role),
        organisation=(actor.agency if own else "") or line(ask.organisation),
        reference=line(ask.reference),
        account_id=actor.account_id if own else ask.account_id,
        agency=actor.agency if own else agency,
    )
    return DataRequest(
        request_id=RequestId(derived_id("dr", secrets.token_hex(16))),
        wearer_id=wearer.wearer_id,
        kind=ask.kind,
        requester=requester,
        purpose=ask.purpose.strip()[:WORDS_MOST],
        ground=ask.ground,
        cited=line(ask.cited),
        minimum=bounded(ask.minimum),
        urgency=ask.urgency,
        asked_at=asked_at,
        due_at=requests.due(settings, ask.urgency, asked_at),
        recorded_at=at,
        recorded_by=actor.account_id,
        enquiry_id=ask.enquiry_id,
    )
