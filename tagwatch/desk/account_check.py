"""An account is checked: what was answered goes into the journal, so that it can be made again. A
check may be put on a case, and a person may say in words what to think of it."""

import secrets
from collections.abc import Sequence
from typing import Final

import msgspec

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.account_check import AccountCheck
from tagwatch.core.case import CaseError, CaseState
from tagwatch.core.ids import CaseId, derived_id
from tagwatch.core.ledger import AccountAttached, AccountChecked, AccountQualified
from tagwatch.desk.clerk import Clerk, Done, need
from tagwatch.desk.wearer import in_scope
from tagwatch.store.account_checks import attachings_of, attachings_to, words_to
from tagwatch.store.cases import case_of
from tagwatch.store.drafts import wearer_owner

BODY_MOST: Final = 2 << 20
WORDS_MOST: Final = 4_000
ON_CASE_MOST: Final = 50
"""Checks that are ever attached to one case."""
SAID_MOST: Final = 100
"""Times that somebody may say something of one check."""


def fresh_id() -> str:
    """Return an id for a new check."""
    return derived_id("ac", secrets.token_hex(16))


def record_check(clerk: Clerk, reader: Reader, check: AccountCheck) -> Done:
    """Put a check in the journal. Raises NotFound, NotRecorded; ValueError if it is too long."""
    need(reader, Verb.CHECK_ACCOUNT)
    in_scope(reader, check.wearer_id, "record_account_check")
    body = msgspec.json.encode(check).decode()
    if len(body) > BODY_MOST:
        raise ValueError("the check says too much to keep: check fewer statements at a time")
    reader.about_to_alter("record_account_check", [check.wearer_id, check.check_id])
    event = AccountChecked(
        check_id=check.check_id,
        wearer_id=check.wearer_id,
        version=check.version,
        made_at=check.made_at,
        made_by=check.made_by,
        body=body,
    )
    done = clerk.record(event, wearer_owner(check.wearer_id))
    return msgspec.structs.replace(done, made_id=check.check_id)


def attach(clerk: Clerk, reader: Reader, check: AccountCheck, case_id: CaseId) -> Done:
    """Put a check on a case of the same wearer, where its later versions stand too.

    Raises CaseError for a case that cannot take it, NotFound outside the scope, NotRecorded.
    """
    _may(reader, check, "attach_account_check")
    with reader.connection() as connection:
        case = case_of(connection, case_id)
        if case is None or case.wearer_id != check.wearer_id:
            raise CaseError("case", "Choose one of his cases")
        if case.state is CaseState.CLOSED:
            raise CaseError("case", "This case is closed. Open a new one")
        here = attachings_of(connection, check.check_id)
        if len({each.check_id for each in attachings_to(connection, case_id)}) >= ON_CASE_MOST:
            raise CaseError("case", f"A case holds at most {ON_CASE_MOST} account checks")
    if _stands(here, case_id):
        raise CaseError("case", "It stands on this case already")
    return _attached(clerk, reader, check, case_id, "")


def take_back(
    clerk: Clerk, reader: Reader, check: AccountCheck, case_id: CaseId, words: str
) -> Done:
    """Record that a check does not belong to a case; it stays to be seen there as taken back.

    Raises CaseError, NotFound outside the scope, NotRecorded.
    """
    _may(reader, check, "take_back_account_check")
    with reader.connection() as connection:
        here = attachings_of(connection, check.check_id)
    if not _stands(here, case_id):
        raise CaseError("case", "It does not stand on this case")
    if not words.strip():
        raise CaseError("why", "Write why it does not belong to the case")
    return _attached(clerk, reader, check, case_id, words.strip()[:WORDS_MOST])


def say_of(clerk: Clerk, reader: Reader, check: AccountCheck, words: str) -> Done:
    """Record what the reader says of a version of a check. Its answers stand as they are.

    Raises CaseError without words, NotFound outside the scope, NotRecorded.
    """
    need(reader, Verb.CHECK_ACCOUNT)
    in_scope(reader, check.wearer_id, "qualify_account_check")
    said = words.strip()
    if not said:
        raise CaseError("said", "Write what you have to say of it")
    if len(said) > WORDS_MOST:
        raise CaseError("said", f"At most {WORDS_MOST:,} characters")
    with reader.connection() as connection:
        if len(words_to(connection, [check.check_id])) >= SAID_MOST:
            raise CaseError("said", f"A check takes the words of {SAID_MOST} times at most")
    reader.about_to_alter("qualify_account_check", [check.wearer_id, check.check_id])
    event = AccountQualified(
        check_id=check.check_id,
        wearer_id=check.wearer_id,
        version=check.version,
        at=reader.now(),
        by=reader.actor.account_id,
        words=said,
    )
    return clerk.record(event)


def _may(reader: Reader, check: AccountCheck, verb: str) -> None:
    need(reader, Verb.CHECK_ACCOUNT)
    need(reader, Verb.RECORD_CASE)
    in_scope(reader, check.wearer_id, verb)


def _stands(attachings: Sequence[AccountAttached], case_id: CaseId) -> bool:
    here = [each for each in attachings if each.case_id == case_id]
    return bool(here) and not here[-1].taken_back


def _attached(
    clerk: Clerk, reader: Reader, check: AccountCheck, case_id: CaseId, taken_back: str
) -> Done:
    reader.about_to_alter("attach_account_check", [check.wearer_id, check.check_id, case_id])
    event = AccountAttached(
        check_id=check.check_id,
        wearer_id=check.wearer_id,
        case_id=case_id,
        version=check.version,
        at=reader.now(),
        by=reader.actor.account_id,
        taken_back=taken_back,
    )
    return clerk.record(event)
