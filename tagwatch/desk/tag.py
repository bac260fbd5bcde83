"""A tag comes into the inventory, or its record is corrected."""

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ledger import TagRecorded
from tagwatch.core.person import Tag
from tagwatch.desk.clerk import Clerk, Done, need, stored, unchanged
from tagwatch.store import schema


def record_tag(clerk: Clerk, reader: Reader, tag: Tag, seen: str) -> Done:
    """Record the tag. `seen` is the digest of what the form showed, empty for a new tag.

    Raises Conflict if the record changed meanwhile, NotRecorded.
    """
    need(reader, Verb.REGISTER_TAG)
    unchanged(stored(reader, schema.tag, tag.tag_id, Tag), seen)
    reader.about_to_alter("record_tag", [tag.tag_id])
    return clerk.record(TagRecorded(tag=tag, by=reader.actor.account_id))
