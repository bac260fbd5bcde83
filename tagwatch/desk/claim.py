"""An officer has a wearer in hand, lets go of him, or puts an alert aside until a time."""

from typing import Final

from tagwatch.access.reader import Reader
from tagwatch.core.ids import AccountId, AlertId
from tagwatch.core.ledger import AlertClaimed, AlertLetGo, AlertWaiting
from tagwatch.core.outcome import AlertState
from tagwatch.core.units import MINUTE, Instant
from tagwatch.desk.alert import InHand, WordsMissing, free, ids_of, owner_of, to_act_on
from tagwatch.desk.clerk import Clerk, Conflict, Done

WORDS_MOST: Final = 500
WAIT_LEAST_MIN: Final = 1
WAIT_MOST_MIN: Final = 24 * 60


def claim(
    clerk: Clerk, reader: Reader, alert_id: AlertId, over: AccountId | None = None, words: str = ""
) -> Done:
    """Have the alert's wearer in hand, so that nobody else rings him; `over` says from whom he is
    taken over, and `words` why.

    Raises WordsMissing for a taking over without a reason, Conflict if somebody else has him (also
    if that one was quicker), NotFound, NotRecorded.
    """
    text = words.strip()[:WORDS_MOST]
    found = to_act_on(reader, alert_id, "claim")
    if found.state is AlertState.CLOSED:
        raise Conflict("This alert was closed meanwhile.")
    if over is not None and not text:
        raise WordsMissing("Say why you take over")
    try:
        free(reader, found)
    except InHand as held:
        if held.holder != over:
            raise
    reader.about_to_alter("claim", ids_of(found))
    event = AlertClaimed(
        alert_id=alert_id, at=reader.now(), by=reader.actor.account_id, over=over, words=text
    )
    done = clerk.record(event, owner_of(found))
    free(reader, found)  # two may have asked at once: the journal's order decided
    return done


def let_go(clerk: Clerk, reader: Reader, alert_id: AlertId) -> Done:
    """Let go of the alert's wearer. Raises Conflict if he is not in this person's hand, NotFound,
    NotRecorded."""
    found = to_act_on(reader, alert_id, "let_go")
    if found.holder(reader.now()) != reader.actor.account_id:
        raise Conflict("You do not have this wearer in hand by this alert.")
    reader.about_to_alter("let_go", ids_of(found))
    event = AlertLetGo(alert_id=alert_id, at=reader.now(), by=reader.actor.account_id)
    return clerk.record(event, owner_of(found))


def wait(clerk: Clerk, reader: Reader, alert_id: AlertId, minutes: int, words: str) -> Done:
    """Put the alert aside for `minutes`, saying what is waited for; then it is open to all again.

    Raises WordsMissing, ValueError for a time out of [1, 1440] minutes, Conflict if nobody has
    taken the alert on or somebody else has its wearer in hand, NotFound, NotRecorded.
    """
    text = words.strip()[:WORDS_MOST]
    if not text:
        raise WordsMissing("Say what you wait for")
    if not WAIT_LEAST_MIN <= minutes <= WAIT_MOST_MIN:
        raise ValueError(f"Wait between {WAIT_LEAST_MIN} minute and {WAIT_MOST_MIN} minutes")
    found = to_act_on(reader, alert_id, "wait")
    if found.state is not AlertState.ACKNOWLEDGED:
        raise Conflict("Acknowledge the alert first: what nobody has taken on cannot wait.")
    free(reader, found)
    reader.about_to_alter("wait", ids_of(found))
    now = reader.now()
    event = AlertWaiting(
        alert_id=alert_id,
        at=now,
        by=reader.actor.account_id,
        until=Instant(now + minutes * MINUTE),
        words=text,
    )
    return clerk.record(event, owner_of(found))
