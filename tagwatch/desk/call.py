"""An officer rang somebody about an alert."""

from tagwatch.access.reader import Reader
from tagwatch.core.ids import AlertId
from tagwatch.core.ledger import CallRecorded
from tagwatch.core.recorded_act import CallOutcome, Party
from tagwatch.desk.alert import (
    WORDS_MOST,
    WordsMissing,
    free,
    ids_of,
    owner_of,
    to_act_on,
)
from tagwatch.desk.clerk import Clerk, Done


def record_call(
    clerk: Clerk,
    reader: Reader,
    alert_id: AlertId,
    party: Party,
    outcome: CallOutcome,
    said: str,
    view: str,
) -> Done:
    """Record who was rung, how the call ended, what was said, and what the caller makes of it.

    Raises WordsMissing for an answered call of which nothing is told, Conflict if somebody else
    has the wearer in hand, NotFound, NotRecorded.
    """
    words, own = said.strip()[:WORDS_MOST], view.strip()[:WORDS_MOST]
    if outcome is CallOutcome.ANSWERED and not words:
        raise WordsMissing("Write what was said")
    found = to_act_on(reader, alert_id, "call")
    free(reader, found)
    reader.about_to_alter("call", ids_of(found), party.value)
    event = CallRecorded(
        alert_id=alert_id,
        at=reader.now(),
        by=reader.actor.account_id,
        party=party,
        outcome=outcome,
        said=words,
        view=own,
    )
    return clerk.record(event, owner_of(found))
