"""A place that an order named in words was drawn, or need not be."""

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.geometry_need import GeometryNeed
from tagwatch.core.ids import WearerId
from tagwatch.core.ledger import GeometrySettled
from tagwatch.core.order import ConditionVersion
from tagwatch.desk.clerk import Clerk, Conflict, Done, need
from tagwatch.desk.wearer import in_scope
from tagwatch.store.geometry_needs import need_of


def settle_need(
    clerk: Clerk, reader: Reader, wearer_id: WearerId, need_id: str, words: str
) -> Done:
    """Record that the place was drawn, or why not. Raises NotFound, Conflict without words."""
    need(reader, Verb.RECORD_CONDITION)
    in_scope(reader, wearer_id, "settle_need")
    open_need(reader, wearer_id, need_id)
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


def open_need(reader: Reader, wearer_id: WearerId, need_id: str) -> GeometryNeed:
    """Return a place of this wearer, whom the caller may see, that waits to be drawn.

    Raises NotFound if he has none of that id, Conflict if it was settled already.
    """
    with reader.connection() as connection:
        found = need_of(connection, need_id)
    if found is None or found[0].wearer_id != wearer_id:
        reader.refuse("settle_need", [wearer_id, need_id], "unknown")
    if found[1]:
        raise Conflict(
            "Somebody settled this place already, and nothing of yours was recorded. Look at the "
            "page of the wearer: it may be drawn by now."
        )
    return found[0]


def need_to_draw(reader: Reader, condition: ConditionVersion, need_id: str) -> GeometryNeed:
    """Return the place that this condition is to settle. Raises NotFound, Conflict."""
    found = open_need(reader, condition.wearer_id, need_id)
    if found.order_id != condition.order_id:
        raise Conflict("This place stands in another order. Choose that order.")
    return found


def settled_by(reader: Reader, condition: ConditionVersion, need_id: str) -> GeometrySettled:
    """Return the record that this condition, put in force, settles a place."""
    return GeometrySettled(
        need_id=need_id,
        wearer_id=condition.wearer_id,
        words="",
        at=reader.now(),
        by=reader.actor.account_id,
        condition_id=condition.condition_id,
    )
