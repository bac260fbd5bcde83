"""What was said of where tags are, in the order of the journal."""

from collections import defaultdict

from sqlalchemy import Connection, select

from tagwatch.core.ids import TagId
from tagwatch.core.inventory import TagMove, TagState
from tagwatch.core.ledger import TagMoved
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes


def put_tag_move(writes: Writes, event: TagMoved, seq: int) -> None:
    """Write one line of a tag's history."""
    row = {"seq": seq, "tag_id": event.tag_id, "at": event.at, "state": event.state.value}
    writes.put(schema.tag_move, row | {"by": event.by, "words": event.words})


def tag_moves(connection: Connection, tags: list[TagId]) -> dict[TagId, list[TagMove]]:
    """Return what was said of these tags, first said first."""
    column = schema.tag_move.c
    rows = connection.execute(
        select(schema.tag_move).where(column.tag_id.in_(tags)).order_by(column.seq)
    )
    found: dict[TagId, list[TagMove]] = defaultdict(list)
    for row in rows:
        found[TagId(row.tag_id)].append(
            TagMove(at=Instant(row.at), state=TagState(row.state), words=row.words, by=row.by)
        )
    return found
