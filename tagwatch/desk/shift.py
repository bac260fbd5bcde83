"""An operator hands over, takes over, or calls a drill."""

import secrets
from typing import Final

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import derived_id
from tagwatch.core.ledger import DrillCalled, HandoverTaken, HandoverWritten
from tagwatch.core.outcome import Severity
from tagwatch.desk.alert import WordsMissing
from tagwatch.desk.clerk import Clerk, Conflict, Done, need
from tagwatch.store.handover import handover

WORDS_MOST: Final = 8000
DRILL_WORDS_MOST: Final = 200


def hand_over(clerk: Clerk, reader: Reader, words: str) -> Done:
    """Record what the next shift must know. Raises WordsMissing, NotFound, NotRecorded."""
    need(reader, Verb.RUN_SHIFT)
    text = words.strip()[:WORDS_MOST]
    if not text:
        raise WordsMissing("Write what the next shift must know; if nothing, say that")
    reader.about_to_alter("hand_over", [])
    return clerk.record(HandoverWritten(at=reader.now(), by=reader.actor.account_id, words=text))


def take_over(clerk: Clerk, reader: Reader, seq: int) -> Done:
    """Record that this person has read a hand-over and carries on.

    Raises Conflict if there is none or somebody has it already, NotFound, NotRecorded.
    """
    need(reader, Verb.RUN_SHIFT)
    with reader.connection() as connection:
        found = handover(connection, seq)
    if found is None:
        raise Conflict("There is no such hand-over. Load the page again.")
    if found["taken_at"] is not None:
        raise Conflict(f"This hand-over was taken on already, by {found['taken_by']}.")
    reader.about_to_alter("take_over", [str(seq)])
    event = HandoverTaken(handover=seq, at=reader.now(), by=reader.actor.account_id)
    return clerk.record(event)


def call_drill(clerk: Clerk, reader: Reader, severity: Severity, words: str) -> Done:
    """Raise an alert that says it is a drill. Raises WordsMissing, NotFound, NotRecorded."""
    need(reader, Verb.RUN_SHIFT)
    text = words.strip()[:DRILL_WORDS_MOST]
    if not text:
        raise WordsMissing("Write what is to be practised")
    reader.about_to_alter("drill", [], severity.value)
    event = DrillCalled(
        drill_id=derived_id("dr", secrets.token_hex(16)),
        at=reader.now(),
        by=reader.actor.account_id,
        severity=severity,
        words=text,
    )
    return clerk.record(event)
