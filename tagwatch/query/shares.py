"""Shares of cases: what an officer shares, and what is shared with a partner's agency."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.access.scope import caseload, shared_with
from tagwatch.core.case_share import CaseShare, ShareBasis, ShareField
from tagwatch.core.ids import AccountId, ShareId, WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.query.reader import Reader
from tagwatch.store import schema
from tagwatch.store.schema_sharing import case_share, case_share_fetch, case_share_version
from tagwatch.store.shares import share_of

MOST: Final = 100
_DECODER: Final = msgspec.json.Decoder(CaseShare)
_WEARER: Final = msgspec.json.Decoder(Wearer)


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A partner took what is shared."""

    at: Instant
    by: AccountId
    version: int
    form: str
    sha256: str


class ShareRow(msgspec.Struct, frozen=True, kw_only=True):
    """A share with whose case it is, and who took it, the latest first."""

    share: CaseShare
    wearer: Wearer
    fetched: tuple[Fetched, ...] = ()


class SharedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A share as the partner's list tells of it: of the wearer his name, if that is shared."""

    share_id: ShareId
    version: int
    name: str | None
    purpose: str
    basis: ShareBasis
    fields: tuple[ShareField, ...]
    until: Instant

    @classmethod
    def of(cls, row: ShareRow) -> "SharedRow":
        """Return what a partner may be told of a share."""
        held = row.share
        return cls(
            share_id=held.share_id,
            version=held.version,
            name=row.wearer.name if ShareField.WHO in held.fields else None,
            purpose=held.purpose,
            basis=held.basis,
            fields=held.fields,
            until=held.until,
        )


class ShareView(msgspec.Struct, frozen=True, kw_only=True):
    """One share with its versions, newest first."""

    at: Instant
    row: ShareRow
    versions: tuple[CaseShare, ...]


def own_shares(reader: Reader) -> tuple[ShareRow, ...]:
    """Return the shares of the caseload and of those the reader covers, the first to end first of
    those that are open, then the others. On the audit."""
    now = reader.now()
    row = schema.wearer.c
    query = (
        select(case_share.c.body, row.body.label("wearer"))
        .join(schema.wearer, row.wearer_id == case_share.c.wearer_id)
        .where(caseload(reader.actor, now), reader.scope.condition())
        .order_by(case_share.c.over_at <= now, case_share.c.over_at)
        .limit(MOST)
    )
    with reader.connection() as connection:
        rows = _rows(connection, query)
    reader.consulted("shares", [each.share.share_id for each in rows])
    return rows


def shares_of(reader: Reader, wearer_id: WearerId) -> tuple[Wearer, tuple[ShareRow, ...]]:
    """Return a wearer within scope and to whom his case is or was shared. On the audit. Raises
    NotFound."""
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "wearer_shares")
        query = (
            select(case_share.c.body, schema.wearer.c.body.label("wearer"))
            .join(schema.wearer, schema.wearer.c.wearer_id == case_share.c.wearer_id)
            .where(case_share.c.wearer_id == wearer_id)
            .order_by(case_share.c.over_at.desc())
            .limit(MOST)
        )
        rows = _rows(connection, query)
    reader.consulted("wearer_shares", [wearer_id, *(each.share.share_id for each in rows)])
    return wearer, rows


def share_view(reader: Reader, share_id: ShareId) -> ShareView:
    """Return one share of a wearer within scope. On the audit. Raises NotFound."""
    with reader.connection() as connection:
        held = share_of(connection, share_id)
        if held is None:
            reader.refuse("share", [share_id], "unknown")
        wearer = reader.wearer(connection, held.wearer_id, "share")
        row = case_share_version.c
        bodies = connection.scalars(
            select(row.body).where(row.share_id == share_id).order_by(row.version.desc())
        )
        view = ShareView(
            at=reader.now(),
            row=ShareRow(
                share=held,
                wearer=wearer,
                fetched=_fetched(connection, [share_id]).get(share_id, ()),
            ),
            versions=tuple(_DECODER.decode(body) for body in bodies),
        )
    reader.consulted("share", [share_id, held.wearer_id])
    return view


def shared_list(reader: Reader) -> tuple[ShareRow, ...]:
    """Return what is shared with the partner who asks, the first to end first. On the audit."""
    query = (
        select(case_share.c.body, schema.wearer.c.body.label("wearer"))
        .join(schema.wearer, schema.wearer.c.wearer_id == case_share.c.wearer_id)
        .where(shared_with(reader.actor, reader.now()))
        .order_by(case_share.c.over_at)
        .limit(MOST)
    )
    with reader.connection() as connection:
        rows = _rows(connection, query)
    reader.consulted("shared_list", [each.share.share_id for each in rows])
    return rows


def _rows(connection: Connection, query: Any) -> tuple[ShareRow, ...]:
    found = [
        ShareRow(share=_DECODER.decode(each.body), wearer=_WEARER.decode(each.wearer))
        for each in connection.execute(query)
    ]
    fetched = _fetched(connection, [each.share.share_id for each in found])
    return tuple(
        msgspec.structs.replace(each, fetched=fetched.get(each.share.share_id, ()))
        for each in found
    )


def _fetched(
    connection: Connection, names: Sequence[ShareId]
) -> dict[ShareId, tuple[Fetched, ...]]:
    row = case_share_fetch.c
    columns = (row.share_id, *(row[name] for name in Fetched.__struct_fields__))
    query = select(*columns).where(row.share_id.in_(names)).order_by(row.at.desc()).limit(500)
    found: dict[ShareId, tuple[Fetched, ...]] = {}
    for each in connection.execute(query).mappings():
        values = {name: each[name] for name in Fetched.__struct_fields__}
        found[each["share_id"]] = (*found.get(each["share_id"], ()), Fetched(**values))
    return found
