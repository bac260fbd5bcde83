"""Which wearers may this person see, by name, CRN, borough or programme; and how is each now?"""

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.core.order import Programme
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.query.reader import Reader
from tagwatch.query.unplanned import without_plan
from tagwatch.query.unseen import unseen_since
from tagwatch.store import schema
from tagwatch.store.alerts import IS_OPEN
from tagwatch.store.protected import finds, opened

PAGE: Final = 50
MOST_PAGES: Final = 2_000


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for; empty fields leave everybody in."""

    words: str = ""
    """Each word must be part of the name, the CRN or another reference."""
    borough: str = ""
    programme: Programme | None = None
    lacks_plan: bool = False
    """Only those who lack a risk management plan."""
    page: int = 1


class WearerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One wearer in the list. None is unknown: never heard of, or no tag."""

    wearer: Wearer
    heard_at: Instant | None
    fixed_at: Instant | None
    battery_pct: float | None
    has_tag: bool
    open_alerts: int
    unseen_since: Instant | None = None
    """His tag is silent, or without a place, since then."""
    lacks_plan: bool = False
    """Persons are protected from him, and there is no risk management plan."""


class Wearers(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the wearers within scope that the search found."""

    at: Instant
    rows: tuple[WearerRow, ...]
    total: int
    page: int
    pages: int
    boroughs: tuple[str, ...]
    """Boroughs of all wearers within scope, for the filter."""


def wearers(reader: Reader, search: Search) -> Wearers:
    """Return one page of the wearers within scope that match, by name; on the audit."""
    row = schema.wearer.c
    with reader.connection() as connection:
        wanted = and_(reader.scope.condition(), *_conditions(search))
        total = int(
            connection.scalar(select(func.count()).select_from(schema.wearer).where(wanted)) or 0
        )
        pages = max(1, -(-total // PAGE))
        page = min(max(1, search.page), pages)
        bodies = connection.scalars(
            select(row.body)
            .where(wanted)
            .order_by(row.name, row.wearer_id)
            .limit(PAGE)
            .offset((page - 1) * PAGE)
        )
        found = [msgspec.json.decode(body, type=Wearer) for body in bodies]
        rows = _rows(connection, found, plans=reader.actor.may(Verb.SEE_PLAN))
        boroughs = connection.scalars(
            select(row.borough).where(reader.scope.condition()).distinct().order_by(row.borough)
        ).all()
    reader.consulted("wearers", [wearer.wearer_id for wearer in found])
    return Wearers(
        at=reader.now(),
        rows=tuple(rows),
        total=total,
        page=page,
        pages=pages,
        boroughs=tuple(boroughs),
    )


def wearer_by_number(reader: Reader, number: str) -> Wearer | None:
    """Return the wearer within scope with this CRN or NOMIS number; on the audit, found or not."""
    row, wanted = schema.wearer.c, number.strip().upper()
    nomis = func.json_extract(opened(row.body), "$.nomis_id")
    query = select(row.body).where(
        reader.scope.condition(), or_(finds(row.crn, wanted), func.upper(nomis) == wanted)
    )
    with reader.connection() as connection:
        bodies = connection.scalars(query.limit(2)).all()
    found = [msgspec.json.decode(body, type=Wearer) for body in bodies]
    reader.consulted("wearer_by_number", [wearer.wearer_id for wearer in found])
    return found[0] if len(found) == 1 else None


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    row = schema.wearer.c
    conditions: list[ColumnElement[bool]] = []
    for word in search.words.split()[:8]:
        part = f"%{_escaped(word)}%"
        conditions.append(or_(row.name.ilike(part, escape="\\"), finds(row.crn, word)))
    if search.borough:
        conditions.append(row.borough == search.borough)
    if search.programme is not None:
        conditions.append(row.programme == search.programme.value)
    if search.lacks_plan:
        conditions.append(without_plan())
    return conditions


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _rows(connection: Connection, found: list[Wearer], *, plans: bool) -> list[WearerRow]:
    ids = [wearer.wearer_id for wearer in found]
    seen = last_seen(connection, ids)
    alerts = open_counts(connection, ids)
    worn = _worn(connection, ids)
    unseen = unseen_since(connection, ids)
    lacking = _lacking(connection, ids) if plans else set[str]()
    return [
        WearerRow(
            wearer=wearer,
            heard_at=(last := seen.get(wearer.wearer_id, {})).get("received_at"),
            fixed_at=last.get("fixed_at"),
            battery_pct=last.get("battery_pct"),
            has_tag=wearer.wearer_id in worn,
            open_alerts=alerts.get(wearer.wearer_id, 0),
            unseen_since=unseen.get(wearer.wearer_id),
            lacks_plan=wearer.wearer_id in lacking,
        )
        for wearer in found
    ]


def _lacking(connection: Connection, ids: list[WearerId]) -> set[str]:
    row = schema.wearer.c
    return set(
        connection.scalars(select(row.wearer_id).where(row.wearer_id.in_(ids), without_plan(ids)))
    )


def last_seen(connection: Connection, ids: list[WearerId]) -> dict[str, dict[str, Any]]:
    """Return the rows of `last_seen` of these wearers. The caller has checked the scope."""
    column = schema.last_seen.c
    rows = connection.execute(select(schema.last_seen).where(column.wearer_id.in_(ids))).mappings()
    return {row["wearer_id"]: dict(row) for row in rows}


def open_counts(connection: Connection, ids: list[WearerId]) -> dict[str, int]:
    """Return how many open alerts each of these wearers has, if any."""
    column = schema.alert.c
    rows = connection.execute(
        select(column.wearer_id, func.count())
        .where(column.wearer_id.in_(ids), IS_OPEN)
        .group_by(column.wearer_id)
    )
    return {str(wearer_id): int(count) for wearer_id, count in rows}


def _worn(connection: Connection, ids: list[WearerId]) -> set[str]:
    column = schema.activation.c
    return set(
        connection.scalars(
            select(column.wearer_id).where(column.wearer_id.in_(ids), column.ended_at.is_(None))
        )
    )
