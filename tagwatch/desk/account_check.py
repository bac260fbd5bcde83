"""An account is checked: what was answered goes into the journal, so that it can be made again."""

import secrets
from typing import Final

import msgspec

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.account_check import AccountCheck
from tagwatch.core.ids import derived_id
from tagwatch.core.ledger import AccountChecked
from tagwatch.desk.clerk import Clerk, Done, need
from tagwatch.desk.wearer import in_scope
from tagwatch.store.drafts import wearer_owner

BODY_MOST: Final = 2 << 20


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
