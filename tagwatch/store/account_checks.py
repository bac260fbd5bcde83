"""Checks of accounts as the projections keep them: every version."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.account_check import AccountCheck
from tagwatch.core.ids import WearerId
from tagwatch.core.recorded_account import AccountChecked
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_DECODER: Final = msgspec.json.Decoder(AccountCheck)
_ROW: Final = schema.account_check.c


def put_check(writes: Writes, event: AccountChecked, seq: int) -> None:
    """Keep a version of a check, made by the journal record `seq`."""
    columns = ("check_id", "version", "wearer_id", "made_at", "made_by", "body")
    writes.put(
        schema.account_check, {"seq": seq} | {name: getattr(event, name) for name in columns}
    )


def versions_of(connection: Connection, check_id: str) -> list[AccountCheck]:
    """Return all versions of a check, the first first; none if there is no such check."""
    query = select(_ROW.body).where(_ROW.check_id == check_id).order_by(_ROW.version)
    return [_DECODER.decode(body) for (body,) in connection.execute(query)]


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
