"""A place that an order named in words was drawn, or need not be."""

from sqlalchemy import select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.core.ledger import GeometrySettled
from tagwatch.desk.clerk import Clerk, Conflict, Done, need
from tagwatch.desk.wearer import in_scope
from tagwatch.store import schema


def settle_need(
    clerk: Clerk, reader: Reader, wearer_id: WearerId, need_id: str, words: str
) -> Done:
    """Record that the place was drawn, or why not. Raises NotFound, Conflict without words."""
    need(reader, Verb.RECORD_CONDITION)
    in_scope(reader, wearer_id, "settle_need")
    column = schema.geometry_need.c
    with reader.connection() as connection:
        row = connection.execute(
            select(column.settled_at).where(
                column.need_id == need_id, column.wearer_id == wearer_id
            )
        ).one_or_none()
    if row is None:
        reader.refuse("settle_need", [wearer_id, need_id], "unknown")
    if row.settled_at is not None:
        raise Conflict("Somebody settled this already. Load the page of the wearer again.")
    if not words.strip():
        raise Conflict("Say which zone or curfew it became, or why it need not be drawn.")
    reader.about_to_alter("settle_need", [wearer_id, need_id])
    event = GeometrySettled(
        need_id=need_id,
        wearer_id=wearer_id,
        words=words.strip()[:500],
        at=reader.now(),
        by=reader.actor.account_id,
    )
    return clerk.record(event)
