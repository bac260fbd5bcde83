"""Where a tag is, as far as is recorded, when somebody wants to do something with it."""

import msgspec
from sqlalchemy import select

from tagwatch.access.reader import Reader
from tagwatch.core.ids import TagId
from tagwatch.core.inventory import TagState, tag_state
from tagwatch.core.person import Activation
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.tag_moves import tag_moves


def tag_in_reach(reader: Reader, tag_id: TagId) -> bool:
    """Say whether the inventory has this tag, as far as the reader may know: one that is on
    somebody outside scope is as good as unknown."""
    column = schema.tag.c
    with reader.connection() as connection:
        query = select(column.tag_id).where(column.tag_id == tag_id, reader.scope.tags())
        return connection.scalar(query) is not None


def state_of_tag(reader: Reader, tag_id: TagId, at: Instant) -> TagState:
    """Return where the tag is at `at`."""
    column = schema.activation.c
    with reader.connection() as connection:
        bodies = connection.scalars(select(column.body).where(column.tag_id == tag_id)).all()
        moves = tag_moves(connection, [tag_id]).get(tag_id, [])
    worn = [msgspec.json.decode(body, type=Activation) for body in bodies]
    return tag_state(moves, worn, at)
