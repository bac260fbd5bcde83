"""For how long what is kept is published by one person who says why."""

from typing import Final

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ledger import RetentionPublished
from tagwatch.core.retention import RetentionPeriods, problems_of
from tagwatch.desk.clerk import Clerk, Conflict, Done, need
from tagwatch.store import forgettings

WHY_MOST: Final = 2000


def publish_periods(
    clerk: Clerk, reader: Reader, periods: RetentionPeriods, seen: int, why: str
) -> Done:
    """Publish periods; they hold from the next run of the retention on. `seen` is the version
    that was in force when the form was made.

    Raises Conflict if others were published meanwhile, without a reason or out of bounds,
    NotRecorded.
    """
    need(reader, Verb.PUBLISH_SETTINGS)
    wrong = problems_of(periods)
    if wrong:
        raise Conflict(". ".join(wrong))
    reason = why.strip()
    if not reason or len(reason) > WHY_MOST:
        raise Conflict(f"Say why, in {WHY_MOST:,} characters at most: the law or the decision.")
    with reader.connection() as connection:
        known = forgettings.published(connection)
    version = known[0].version if known else 0
    if version != seen:
        raise Conflict("Somebody published other periods meanwhile. Load the page again.")
    reader.about_to_alter("publish_periods", [], f"version {version + 1}: {reason}")
    event = RetentionPublished(
        version=version + 1,
        periods=periods,
        at=reader.now(),
        by=reader.actor.account_id,
        reason=reason,
    )
    return clerk.record(event)
