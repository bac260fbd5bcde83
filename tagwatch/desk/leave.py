"""A practitioner goes on leave and hands his caseload over; he comes back early; notes for both."""

import secrets
from typing import Final

from tagwatch.access.reader import Reader
from tagwatch.access.role import Role, Verb
from tagwatch.core.ids import AccountId, LeaveId, WearerId, derived_id
from tagwatch.core.leave import FaultyLeave, Leave, LeaveFault, fault_of
from tagwatch.core.ledger import LeaveEnded, LeaveNoted, LeaveRecorded
from tagwatch.core.timetable import london
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Applied, Clerk, Conflict, Done, need
from tagwatch.desk.wearer import in_scope
from tagwatch.store.accounts import Account, Accounts
from tagwatch.store.leaves import leave_of, leaves

WORDS_MOST: Final = 4000
_NO_COLLEAGUE: Final = "A deputy is a practitioner of your own agency, with an account in use."
_NO_COLLEAGUE_OF_HIS: Final = (
    "A deputy is a practitioner of the officer's own agency, with an account in use."
)
_SAYS: Final = {
    LeaveFault.ENDS_FIRST: "The leave must end after it starts.",
    LeaveFault.OVER: "This leave is over already: cover is for the time to come.",
    LeaveFault.TOO_LONG: "Leave lasts at most 366 days. Hand the wearers over for good instead.",
    LeaveFault.NOBODY_COVERS: (
        "Choose who covers: without a deputy nobody has your caseload meanwhile."
    ),
    LeaveFault.OWN_OVERLAP: (
        "You have leave on record already {when}. End that one first, or choose other dates."
    ),
    LeaveFault.DEPUTY_AWAY: (
        "{deputy} is on leave {when}: nobody would cover then. Choose another deputy, or other "
        "dates."
    ),
    LeaveFault.COVERS_MEANWHILE: (
        "You cover for {officer} {when}: nobody would have that caseload. Ask {officer} to end "
        "that cover and choose another deputy first."
    ),
}
_SAYS_OF_HIM: Final = {
    LeaveFault.NOBODY_COVERS: (
        "Choose who covers, not the officer himself: without a deputy nobody has the caseload."
    ),
    LeaveFault.OWN_OVERLAP: (
        "This officer has leave on record already {when}. End that one first, or choose other "
        "dates."
    ),
    LeaveFault.COVERS_MEANWHILE: (
        "This officer covers for {officer} {when}: nobody would have that caseload. End that leave "
        "first and record it with another deputy."
    ),
}


def officers(accounts: Accounts) -> list[Account]:
    """Return who can be away, or cover: practitioners with accounts in use."""
    role = Role.PRACTITIONER.value
    return [account for account in accounts.all() if account.active and account.role == role]


def eligible(reader: Reader, accounts: Accounts) -> list[Account]:
    """Return who can cover for the reader: practitioners of his agency with accounts in use."""
    return _colleagues(reader.actor.account_id, reader.actor.agency, accounts)


def _colleagues(officer: AccountId, agency: str, accounts: Accounts) -> list[Account]:
    return [
        account
        for account in officers(accounts)
        if account.agency == agency and account.account_id != officer
    ]


def record_leave(
    clerk: Clerk,
    reader: Reader,
    accounts: Accounts,
    deputy: AccountId,
    starts_at: Instant,
    ends_at: Instant,
) -> Done:
    """Record one's own leave; `Done.made_id` names it.

    Raises Conflict with a sentence if nobody would cover, or it overlaps; NotRecorded.
    """
    need(reader, Verb.RECORD_LEAVE)
    leave = Leave(
        leave_id=LeaveId(derived_id("le", secrets.token_hex(16))),
        officer=reader.actor.account_id,
        deputy=deputy,
        starts_at=starts_at,
        ends_at=ends_at,
        recorded_at=reader.now(),
    )
    return _record(clerk, reader, accounts, leave, eligible(reader, accounts))


def record_leave_for(
    clerk: Clerk,
    reader: Reader,
    accounts: Accounts,
    officer: AccountId,
    deputy: AccountId,
    span: tuple[Instant, Instant],
    words: str,
) -> Done:
    """Record leave in `span` for an officer who cannot, with the reason; `Done.made_id` names it.

    A beginning that has passed is now: nobody covers for the past. Raises Conflict with a sentence
    if there is no reason, no such officer, nobody would cover, or it overlaps; NotRecorded.
    """
    need(reader, Verb.RECORD_LEAVE_FOR)
    away = {account.account_id: account for account in officers(accounts)}.get(officer)
    if away is None:
        raise Conflict("Choose an officer: a practitioner with an account in use.")
    if not words.strip():
        raise Conflict("Write why the officer cannot record the leave himself.")
    now = reader.now()
    leave = Leave(
        leave_id=LeaveId(derived_id("le", secrets.token_hex(16))),
        officer=officer,
        deputy=deputy,
        starts_at=max(span[0], now),
        ends_at=span[1],
        recorded_at=now,
        by=reader.actor.account_id,
        words=words.strip()[:WORDS_MOST],
    )
    colleagues = _colleagues(officer, away.agency, accounts)
    return _record(clerk, reader, accounts, leave, colleagues)


def end_leave_for(clerk: Clerk, reader: Reader, leave_id: LeaveId) -> Done:
    """End an officer's leave now, or call it off. Raises Conflict if it is over, NotFound,
    NotRecorded."""
    need(reader, Verb.RECORD_LEAVE_FOR)
    with reader.connection() as connection:
        leave = leave_of(connection, leave_id)
    if leave is None:
        reader.refuse("end_leave_for", [leave_id], "unknown")
    return _end(clerk, reader, leave)


def _record(
    clerk: Clerk, reader: Reader, accounts: Accounts, leave: Leave, colleagues: list[Account]
) -> Done:
    with reader.connection() as connection:
        known = leaves(connection)
    faulty = fault_of(leave, known)
    if faulty is not None:
        raise Conflict(_sentence(leave, faulty, accounts))
    if leave.deputy not in {account.account_id for account in colleagues}:
        raise Conflict(_NO_COLLEAGUE if leave.by is None else _NO_COLLEAGUE_OF_HIS)
    reader.about_to_alter("record_leave", [leave.leave_id, leave.officer, leave.deputy])
    done = clerk.record(LeaveRecorded(leave=leave))
    if done.applied is Applied.APPLIED:
        with reader.connection() as connection:
            if leave_of(connection, leave.leave_id) is None:
                raise Conflict(
                    "Somebody recorded leave in the same moment, and yours does not stand beside "
                    "it. Load the page again."
                )
    return _made(done, leave.leave_id)


def end_leave(clerk: Clerk, reader: Reader, leave_id: LeaveId) -> Done:
    """End one's own leave now, or call it off. Cover stops with it.

    Raises Conflict if it is over, NotFound if it is another's, NotRecorded.
    """
    need(reader, Verb.RECORD_LEAVE)
    leave = _one(reader, leave_id, "end_leave")
    if leave.officer != reader.actor.account_id:
        reader.refuse("end_leave", [leave_id], "another officer's leave")
    return _end(clerk, reader, leave)


def _end(clerk: Clerk, reader: Reader, leave: Leave) -> Done:
    at, name = reader.now(), leave.leave_id
    if leave.is_over(at):
        raise Conflict("This leave is over already. Load the page again.")
    reader.about_to_alter("end_leave", [name, leave.officer, leave.deputy])
    done = clerk.record(LeaveEnded(leave_id=name, at=at, by=reader.actor.account_id))
    return _made(done, name)


def note(clerk: Clerk, reader: Reader, leave_id: LeaveId, wearer_id: WearerId, words: str) -> Done:
    """Write what the other officer must know of one wearer; both officers can.

    Raises Conflict for no words or a leave that is over, NotFound outside the scope, NotRecorded.
    """
    need(reader, Verb.RECORD_LEAVE)
    leave = _one(reader, leave_id, "note_handover")
    wearer = in_scope(reader, wearer_id, "note_handover")
    if wearer.officer != leave.officer:
        reader.refuse("note_handover", [leave_id, wearer_id], "not in the caseload handed over")
    if not words.strip():
        raise Conflict("Write what the other officer must know.")
    if leave.is_over(reader.now()):
        raise Conflict("This leave is over: write on the wearer's case instead.")
    reader.about_to_alter("note_handover", [leave_id, wearer_id])
    event = LeaveNoted(
        leave_id=leave_id,
        wearer_id=wearer_id,
        words=words.strip()[:WORDS_MOST],
        at=reader.now(),
        by=reader.actor.account_id,
    )
    return clerk.record(event)


def _one(reader: Reader, leave_id: LeaveId, verb: str) -> Leave:
    """Return a leave of which the reader is the officer or the deputy."""
    with reader.connection() as connection:
        found = leave_of(connection, leave_id)
    if found is None or reader.actor.account_id not in (found.officer, found.deputy):
        reader.refuse(verb, [leave_id], "unknown, or of others")
    return found


def _made(done: Done, leave_id: LeaveId) -> Done:
    return Done(seq=done.seq, applied=done.applied, made_id=leave_id)


def _sentence(leave: Leave, faulty: FaultyLeave, accounts: Accounts) -> str:
    other = faulty.other or leave
    named = accounts.those({leave.deputy, other.officer})
    full = {name: account.full_name for name, account in named.items()}
    says = _SAYS if leave.by is None else _SAYS | _SAYS_OF_HIM
    return says[faulty.fault].format(
        when=f"from {_day(other.starts_at)} to {_day(other.until)}",
        deputy=full.get(leave.deputy, "Your deputy"),
        officer=full.get(other.officer, "another officer"),
    )


def _day(at: Instant) -> str:
    local = london(at)
    return f"{local.day} {local.strftime('%B %Y, %H:%M')}"
