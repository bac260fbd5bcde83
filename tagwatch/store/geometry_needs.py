"""Places to be drawn, in memory while they are open and in a table for good."""

from collections.abc import Container, Sequence

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.geometry_need import GeometryNeed
from tagwatch.core.ids import ConditionId, WearerId
from tagwatch.core.ledger import GeometryNeeded, GeometrySettled
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes


class GeometryNeeds(dict[str, tuple[GeometryNeed, Instant]]):
    """Every need by its id, with when it was recorded."""

    def needed(self, event: GeometryNeeded, writes: Writes) -> None:
        """Take one in; one known already stays as it is."""
        if event.need.need_id not in self:
            self[event.need.need_id] = (event.need, event.at)
            writes.put(schema.geometry_need, _row(event.need, event.at, None))

    def settled(
        self, event: GeometrySettled, conditions: Container[ConditionId], writes: Writes
    ) -> None:
        """Note that one was settled; one that is not known is passed over, as is a settlement by a
        condition that is not among `conditions`: it was not published after all."""
        known = self.get(event.need_id)
        if event.condition_id is not None and event.condition_id not in conditions:
            writes.count("needs_not_settled")
        elif known is not None:
            writes.put(schema.geometry_need, _row(known[0], known[1], event))


def _row(need: GeometryNeed, at: Instant, settled: GeometrySettled | None) -> dict[str, object]:
    return {
        "need_id": need.need_id,
        "wearer_id": need.wearer_id,
        "at": at,
        "settled_at": None if settled is None else settled.at,
        "settled_by": None if settled is None else settled.by,
        "words": "" if settled is None else settled.words,
        "condition_id": None if settled is None else settled.condition_id,
        "body": msgspec.json.encode(need).decode(),
    }


def load_needs(connection: Connection) -> GeometryNeeds:
    """Return every need."""
    found, column = GeometryNeeds(), schema.geometry_need.c
    for row in connection.execute(select(column.body, column.at)):
        need = msgspec.json.decode(row.body, type=GeometryNeed)
        found[need.need_id] = (need, Instant(row.at))
    return found


def need_of(connection: Connection, need_id: str) -> tuple[GeometryNeed, bool] | None:
    """Return a need and whether it is settled, None if there is none."""
    column = schema.geometry_need.c
    row = connection.execute(
        select(column.body, column.settled_at).where(column.need_id == need_id)
    ).one_or_none()
    if row is None:
        return None
    return msgspec.json.decode(row.body, type=GeometryNeed), row.settled_at is not None


def open_needs(connection: Connection, wearers: Sequence[WearerId]) -> list[GeometryNeed]:
    """Return the open needs of these wearers, by when they were recorded."""
    column = schema.geometry_need.c
    bodies = connection.scalars(
        select(column.body)
        .where(column.wearer_id.in_(wearers), column.settled_at.is_(None))
        .order_by(column.at, column.need_id)
    )
    return [msgspec.json.decode(body, type=GeometryNeed) for body in bodies]
