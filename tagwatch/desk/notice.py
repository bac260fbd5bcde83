"""What a protected person's side is told: a person holds it, decides, or writes it."""

import secrets

import msgspec
from sqlalchemy import select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import PersonId, WearerId, derived_id
from tagwatch.core.ledger import HoldRecorded, NoticeDecided, NoticeWritten
from tagwatch.core.notice import (
    WAITING,
    Hold,
    Notice,
    NoticeKind,
    NoticeState,
    NoticeVerdict,
)
from tagwatch.core.person import ProtectedPerson
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Clerk, Conflict, Done, need, stored
from tagwatch.desk.wearer import in_scope
from tagwatch.store import schema

WORDS_MOST = 600


def hold(
    clerk: Clerk, reader: Reader, person_id: PersonId, until: Instant | None, words: str
) -> Done:
    """Hold every message to a person's safe channel. Raises Conflict, NotFound, NotRecorded."""
    if not words.strip():
        raise Conflict("Write why sending is unsafe for her.")
    if until is not None and until <= reader.now():
        raise Conflict("The hold must end in the future, or be left without an end.")
    return _hold(clerk, reader, person_id, until, words, is_lifted=False)


def lift(clerk: Clerk, reader: Reader, person_id: PersonId, words: str) -> Done:
    """Hold them no more; what was held still waits for a person. Raises what `hold` raises."""
    return _hold(clerk, reader, person_id, None, words, is_lifted=True)


def decide(
    clerk: Clerk, reader: Reader, notice_id: str, verdict: NoticeVerdict, words: str
) -> Done:
    """Say what becomes of a notice that waits.

    Raises Conflict if it waits no more or reasons are missing, NotFound outside the scope,
    NotRecorded.
    """
    need(reader, Verb.INFORM_SIDE)
    found: Notice | None = stored(reader, schema.notice, notice_id, Notice)
    if found is None:
        reader.refuse("decide_notice", [notice_id], "unknown")
    in_scope(reader, found.wearer_id, "decide_notice")
    _own(reader, found.person_id)
    if found.state not in WAITING:
        raise Conflict("Somebody decided about this message already. Load the page again.")
    if verdict is not NoticeVerdict.SEND and not words.strip():
        raise Conflict("Write how she was told, or why she is not.")
    reader.about_to_alter("decide_notice", [notice_id, found.person_id], verdict.value)
    return clerk.record(
        NoticeDecided(
            notice_id=notice_id,
            person_id=found.person_id,
            verdict=verdict,
            words=words.strip()[:WORDS_MOST],
            at=reader.now(),
            by=reader.actor.account_id,
        )
    )


def announce_release(
    clerk: Clerk, reader: Reader, person_id: PersonId, wearer_id: WearerId, at: Instant
) -> Done:
    """Tell a person's side of a release. Raises Conflict, NotFound, NotRecorded."""
    need(reader, Verb.INFORM_SIDE)
    in_scope(reader, wearer_id, "announce_release")
    person = _own(reader, person_id)
    if wearer_id not in person.wearers:
        reader.refuse("announce_release", [person_id, wearer_id], "not protected from him")
    reader.about_to_alter("announce_release", [person_id, wearer_id])
    made = Notice(
        notice_id=derived_id("nt", secrets.token_hex(16)),
        person_id=person_id,
        wearer_id=wearer_id,
        kind=NoticeKind.RELEASE,
        happened_at=at,
        made_at=reader.now(),
        state=NoticeState.SENT,
        by=reader.actor.account_id,
    )
    return clerk.record(NoticeWritten(notice=made))


def _hold(
    clerk: Clerk,
    reader: Reader,
    person_id: PersonId,
    until: Instant | None,
    words: str,
    *,
    is_lifted: bool,
) -> Done:
    need(reader, Verb.INFORM_SIDE)
    person = _own(reader, person_id)
    reader.about_to_alter("lift_hold" if is_lifted else "hold_messages", [person.person_id])
    made = Hold(
        person_id=person_id,
        until=until,
        words=words.strip()[:WORDS_MOST],
        at=reader.now(),
        by=reader.actor.account_id,
        is_lifted=is_lifted,
    )
    return clerk.record(HoldRecorded(hold=made))


def _own(reader: Reader, person_id: PersonId) -> ProtectedPerson:
    """Return a person of a wearer within scope; a liaison acts for those he speaks with alone."""
    found: ProtectedPerson | None = stored(
        reader, schema.protected_person, person_id, ProtectedPerson
    )
    wearers = () if found is None else found.wearers
    with reader.connection() as connection:
        seen = reader.wearers(connection, wearers)
        row = schema.contact.c
        body = None
        if found is not None and found.liaison is not None:
            body = connection.scalar(select(row.body).where(row.contact_id == found.liaison))
    account = None if body is None else msgspec.json.decode(body)["account_id"]
    is_liaison = reader.actor.role.value == "liaison"
    if found is None or not seen or (is_liaison and account != reader.actor.account_id):
        reader.refuse("inform_side", [person_id], "outside scope, or unknown")
    return found
