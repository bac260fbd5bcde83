"""A tag comes into the inventory, or its record is corrected."""

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import TagId
from tagwatch.core.inventory import TagState
from tagwatch.core.ledger import TagMoved
from tagwatch.core.person import Tag
from tagwatch.core.recorded_register import TagRecorded
from tagwatch.desk.clerk import Clerk, Conflict, Done, need, stored, unchanged
from tagwatch.desk.tag_state import state_of_tag, tag_in_reach
from tagwatch.store import schema


def record_tag(clerk: Clerk, reader: Reader, tag: Tag, seen: str) -> Done:
    """Record the tag. `seen` is the digest of what the form showed, empty for a new tag.

    Raises Conflict if the record changed meanwhile, NotRecorded.
    """
    need(reader, Verb.REGISTER_TAG)
    unchanged(stored(reader, schema.tag, tag.tag_id, Tag), seen)
    reader.about_to_alter("record_tag", [tag.tag_id])
    return clerk.record(TagRecorded(tag=tag, by=reader.actor.account_id))


def move_tag(clerk: Clerk, reader: Reader, tag_id: TagId, state: TagState, words: str) -> Done:
    """Record where a tag is from now on. Raises NotFound, Conflict while it is on somebody."""
    need(reader, Verb.REGISTER_TAG)
    if not tag_in_reach(reader, tag_id):
        reader.refuse("move_tag", [tag_id], "unknown")
    if state is TagState.FITTED:
        raise Conflict("A tag is fitted on the page of its wearer, not here.")
    now = reader.now()
    if state_of_tag(reader, tag_id, now) is TagState.FITTED:
        raise Conflict("This tag is on somebody. Record first that it came off.")
    reader.about_to_alter("move_tag", [tag_id], state.value)
    by = reader.actor.account_id
    return clerk.record(TagMoved(tag_id=tag_id, state=state, at=now, by=by, words=words[:500]))
