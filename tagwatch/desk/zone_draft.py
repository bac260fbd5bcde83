"""A second person publishes a drawn secret zone, or somebody refuses it."""

from typing import Final

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.access.scope import may_see_zone
from tagwatch.core.ids import ZoneDraftId
from tagwatch.core.ledger import ZoneDraftDecided
from tagwatch.core.routing import Verdict
from tagwatch.core.zone_draft import decide_draft
from tagwatch.desk.clerk import Clerk, Conflict, Done, need, need_another
from tagwatch.desk.geometry_need import settled_by
from tagwatch.desk.wearer import in_scope
from tagwatch.store.conditions import newest_version
from tagwatch.store.geometry_needs import need_of
from tagwatch.store.zone_drafts import draft_of_zone

WORDS_MOST: Final = 1000


def decide_zone(
    clerk: Clerk, reader: Reader, draft_id: ZoneDraftId, verdict: Verdict, words: str
) -> Done:
    """Publish or refuse a drawn zone. What two people have not agreed on is refused, on the audit.

    Raises NotFound for an unknown draft, outside the scope and for whoever may not see where the
    zone lies (but he who drew it may take it back), Conflict saying why not.
    """
    need(reader, Verb.RECORD_CONDITION)
    with reader.connection() as connection:
        found = draft_of_zone(connection, draft_id)
        newest = 0 if found is None else newest_version(connection, found.condition.condition_id)
    if found is None:
        reader.refuse("decide_zone", [draft_id], "unknown")
    by, at, text = reader.actor.account_id, reader.now(), words.strip()[:WORDS_MOST]
    wearer = in_scope(reader, found.condition.wearer_id, "decide_zone")
    own = found.by == by and verdict is Verdict.REFUSED
    if not own and not may_see_zone(reader.actor, wearer, found.condition):
        reader.refuse("decide_zone", [draft_id], "secret zone")
    if found.verdict is None and verdict is Verdict.APPROVED:
        need_another(reader, Verb.RECORD_CONDITION, [draft_id, wearer.wearer_id], [found.by])
    try:
        decide_draft(found, verdict, by, at, newest, text)
    except ValueError as error:
        reader.refused("decide_zone", [draft_id], str(error))
        raise Conflict(f"This cannot be done: {error}.") from error
    reader.about_to_alter("decide_zone", [draft_id, wearer.wearer_id], verdict.value)
    event = ZoneDraftDecided(
        draft_id=draft_id, wearer_id=wearer.wearer_id, verdict=verdict, at=at, by=by, words=text
    )
    if verdict is not Verdict.APPROVED or not _waits(reader, found.need_id):
        return clerk.record(event)
    return clerk.record_all(
        [(event, None), (settled_by(reader, found.condition, found.need_id), None)]
    )


def _waits(reader: Reader, need_id: str) -> bool:
    """Say whether a place in words still waits to be drawn."""
    with reader.connection() as connection:
        found = need_of(connection, need_id)
    return found is not None and not found[1]
