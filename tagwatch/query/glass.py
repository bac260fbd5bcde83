"""Openings by break-glass: those of one's cases, one's own, and all of them for the audit."""

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, or_, select

from tagwatch.access.role import Verb
from tagwatch.access.scope import caseload
from tagwatch.core.glass import Glass
from tagwatch.core.ids import WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.units import SECOND, Instant
from tagwatch.query.reader import Reader
from tagwatch.store import schema
from tagwatch.store.glasses import glasses
from tagwatch.store.settings import settings_at

MOST: Final = 50
_ROW: Final = schema.glass.c


class GlassRow(msgspec.Struct, frozen=True, kw_only=True):
    """One opening; `wearer` is None where this reader may not know whose record it is."""

    glass: Glass
    wearer: Wearer | None


class GlassLists(msgspec.Struct, frozen=True, kw_only=True):
    """What concerns one officer."""

    at: Instant
    owed: tuple[GlassRow, ...]
    """Of his cases and those he covers: he has still to say what he makes of it, oldest first."""
    settled: tuple[GlassRow, ...]
    """Of the same cases, said already; the newest first, at most MOST."""
    own: tuple[GlassRow, ...]
    """Those he made, the newest first, at most MOST."""


class GlassPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of all openings, the newest first."""

    at: Instant
    rows: tuple[GlassRow, ...]
    total: int
    owed: int
    page: int
    pages: int


def glass_lists(reader: Reader) -> GlassLists:
    """Return the openings of the reader's cases and his own. On the audit."""
    actor = reader.actor
    with reader.connection() as connection:
        owed = settled = ()
        if actor.may(Verb.ANSWER_GLASS):
            his = (_his_cases(reader), _ROW.by != actor.account_id)
            owed = _rows(reader, connection, _ROW.at, *his, _ROW.owed == 1)
            settled = _rows(reader, connection, _ROW.at.desc(), *his, _ROW.owed == 0)
        own = _rows(reader, connection, _ROW.at.desc(), _ROW.by == actor.account_id)
    named = [each.glass.glass_id for each in (*owed, *settled, *own)]
    reader.consulted("break_glass_lists", named)
    return GlassLists(at=reader.now(), owed=owed, settled=settled, own=own)


def owed_to(reader: Reader) -> int:
    """Return how many openings of the reader's cases wait for his word."""
    actor = reader.actor
    if not actor.may(Verb.ANSWER_GLASS):
        return 0
    query = select(func.count()).where(
        _his_cases(reader), _ROW.owed == 1, _ROW.by != actor.account_id
    )
    with reader.connection() as connection:
        return int(connection.scalar(query) or 0)


def all_glasses(reader: Reader, page: int = 1) -> GlassPage:
    """Return a page of all openings, for whoever reads the audit: of a record outside his scope
    not whose it is. On the audit."""
    with reader.connection() as connection:
        total, owed = connection.execute(
            select(func.count(), func.coalesce(func.sum(_ROW.owed), 0)).select_from(schema.glass)
        ).one()
        pages = max(1, -(-total // MOST))
        number = min(max(1, page), pages)
        query = select(_ROW.body).order_by(_ROW.at.desc(), _ROW.glass_id)
        bodies = connection.scalars(query.limit(MOST).offset((number - 1) * MOST)).all()
        rows = _with_wearers(reader, connection, bodies)
    reader.consulted("break_glass_all", [row.glass.glass_id for row in rows])
    return GlassPage(
        at=reader.now(), rows=rows, total=total, owed=int(owed), page=number, pages=pages
    )


def _his_cases(reader: Reader) -> ColumnElement[bool]:
    """Return the condition for openings of his cases, of those he covers, and of cases in his
    scope that nobody answers for."""
    row = schema.wearer.c
    nobodys = row.officer.is_(None) & reader.scope.ordinary()
    mine = or_(caseload(reader.actor, reader.now()), nobodys)
    return _ROW.wearer_id.in_(select(row.wearer_id).where(mine))


def _rows(
    reader: Reader, connection: Connection, order: Any, *wanted: ColumnElement[bool]
) -> tuple[GlassRow, ...]:
    query = select(_ROW.body).where(*wanted).order_by(order, _ROW.glass_id).limit(MOST)
    return _with_wearers(reader, connection, connection.scalars(query).all())


def _with_wearers(reader: Reader, connection: Connection, bodies: Any) -> tuple[GlassRow, ...]:
    found = glasses(bodies)
    seen = reader.wearers(connection, {glass.wearer_id for glass in found})
    return tuple(_row(glass, seen) for glass in found)


def _row(glass: Glass, seen: dict[WearerId, Wearer]) -> GlassRow:
    wearer = seen.get(glass.wearer_id)
    if wearer is None:
        glass = msgspec.structs.replace(glass, wearer_id=WearerId(""))
    return GlassRow(glass=glass, wearer=wearer)


def glass_lasts(reader: Reader) -> int:
    """Return for how long a record stays open by the settings in force, in microseconds."""
    with reader.connection() as connection:
        return settings_at(connection, reader.now()).access.glass_s * SECOND
