"""Checks of accounts as the projections keep them: every version, the cases they stand on, and
persons' words to them."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, select

from tagwatch.core.account_check import AccountCheck
from tagwatch.core.ids import CaseId, WearerId
from tagwatch.core.recorded_account import AccountAttached, AccountChecked, AccountQualified
from tagwatch.store import schema, schema_practice
from tagwatch.store.writes import Writes

_DECODER: Final = msgspec.json.Decoder(AccountCheck)
_ROW: Final = schema.account_check.c
_CASE: Final = schema_practice.account_case.c
_WORD: Final = schema_practice.account_word.c
_EVERY: Final = 10_000


def put_check(writes: Writes, event: AccountChecked, seq: int) -> None:
    """Keep a version of a check, made by the journal record `seq`."""
    _put(writes, schema.account_check, event, seq)


def put_attached(writes: Writes, event: AccountAttached, seq: int) -> None:
    """Keep that a check was attached to a case, or taken back."""
    _put(writes, schema_practice.account_case, event, seq)


def put_word(writes: Writes, event: AccountQualified, seq: int) -> None:
    """Keep somebody's words to a check."""
    _put(writes, schema_practice.account_word, event, seq)


def _put(writes: Writes, table: Table, event: Any, seq: int) -> None:
    columns = [column.name for column in table.columns if column.name != "seq"]
    writes.put(table, {"seq": seq} | {name: getattr(event, name) for name in columns})


def versions_of(connection: Connection, check_id: str) -> list[AccountCheck]:
    """Return all versions of a check, the first first; none if there is no such check."""
    query = select(_ROW.body).where(_ROW.check_id == check_id).order_by(_ROW.version)
    return [_DECODER.decode(body) for (body,) in connection.execute(query)]


def newest_checks(connection: Connection, wearer_id: WearerId) -> Sequence[AccountCheck]:
    """Return the newest version of each check of a wearer, by when it was made."""
    return checks_of(connection, wearer_id, _EVERY)[::-1]


def checks_of(connection: Connection, wearer_id: WearerId, most: int) -> Sequence[AccountCheck]:
    """Return the newest version of each check of a wearer, the newest first, at most `most`."""
    query = select(_ROW.body).where(_ROW.wearer_id == wearer_id)
    newest: dict[str, AccountCheck] = {}
    for (body,) in connection.execute(query.order_by(_ROW.made_at.desc()).limit(most * 2)):
        check = _DECODER.decode(body)
        held = newest.get(check.check_id)
        if held is None or held.version < check.version:
            newest[check.check_id] = check
    return list(newest.values())[:most]


def attachings_to(connection: Connection, case_id: CaseId) -> list[AccountAttached]:
    """Return every time a check was attached to a case or taken back, the first first."""
    return _attachings(connection, _CASE.case_id == case_id)


def attachings_of(connection: Connection, check_id: str) -> list[AccountAttached]:
    """Return every time a check was attached to a case or taken back, the first first."""
    return _attachings(connection, _CASE.check_id == check_id)


def _attachings(connection: Connection, which: Any) -> list[AccountAttached]:
    rows = connection.execute(select(schema_practice.account_case).where(which).order_by(_CASE.seq))
    return [
        AccountAttached(**{name: value for name, value in row.items() if name != "seq"})
        for row in rows.mappings()
    ]


def words_to(connection: Connection, check_ids: Sequence[str]) -> list[AccountQualified]:
    """Return what persons said of these checks, the oldest first."""
    query = (
        select(schema_practice.account_word)
        .where(_WORD.check_id.in_(check_ids))
        .order_by(_WORD.seq)
    )
    return [
        AccountQualified(**{name: value for name, value in row.items() if name != "seq"})
        for row in connection.execute(query).mappings()
    ]
