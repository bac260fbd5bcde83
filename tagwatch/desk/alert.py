"""An officer takes an alert on, adds words to it, and closes it with a coded result."""

from typing import Final

import msgspec
from sqlalchemy import select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.acts import other_holder
from tagwatch.core.alert import Alert
from tagwatch.core.ids import AccountId, AlertId
from tagwatch.core.ledger import AlertAcknowledged, AlertClosed, AlertNoted
from tagwatch.core.outcome import AlertState, Disposition
from tagwatch.core.recorded_act import Voice
from tagwatch.desk.clerk import Clerk, Conflict, Done, need
from tagwatch.store import schema
from tagwatch.store.drafts import wearer_owner
from tagwatch.store.journal.record import Owner

WORDS_MOST = 4000
_EMPTY: Final = {
    Voice.OFFICER: "Write the note",
    Voice.WEARER: "Write what the wearer says",
}


class WordsMissing(ValueError):
    """A note or a closing needs words; the text says which."""


class InHand(Conflict):
    """Somebody else has this wearer in hand."""

    def __init__(self, holder: AccountId) -> None:
        """Say who."""
        super().__init__(
            "Somebody else has this wearer in hand, so that nobody rings him twice. Take over, "
            "saying why, or wait."
        )
        self.holder = holder


def acknowledge(clerk: Clerk, reader: Reader, alert_id: AlertId) -> Done:
    """Record that this person takes the alert on; the escalation clock stops.

    Raises NotFound outside the scope, Conflict if somebody has it, or its wearer in hand, already;
    NotRecorded.
    """
    found = to_act_on(reader, alert_id, "acknowledge")
    if found.state is AlertState.CLOSED:
        raise Conflict("This alert was closed meanwhile.")
    if found.acknowledged_at is not None:
        raise Conflict(f"This alert was acknowledged already, by {found.acknowledged_by}.")
    free(reader, found)
    reader.about_to_alter("acknowledge", ids_of(found))
    event = AlertAcknowledged(alert_id=alert_id, at=reader.now(), by=reader.actor.account_id)
    return clerk.record(event, owner_of(found))


def note(
    clerk: Clerk,
    reader: Reader,
    alert_id: AlertId,
    words: str,
    voice: Voice = Voice.OFFICER,
) -> Done:
    """Record this person's view of the alert, or the wearer's account as this person heard it.

    Raises WordsMissing, NotFound, NotRecorded.
    """
    text = words.strip()[:WORDS_MOST]
    if not text:
        raise WordsMissing(_EMPTY[voice])
    found = to_act_on(reader, alert_id, "note")
    reader.about_to_alter("note", ids_of(found), voice.value)
    event = AlertNoted(
        alert_id=alert_id,
        at=reader.now(),
        by=reader.actor.account_id,
        words=text,
        voice=voice,
    )
    return clerk.record(event, owner_of(found))


def close(
    clerk: Clerk,
    reader: Reader,
    alert_id: AlertId,
    seen_version: int,
    disposition: Disposition,
    words: str,
) -> Done:
    """Close the alert with a result and its reasons.

    Raises Conflict if the alert changed since `seen_version` was shown (it was confirmed, or it
    ended): one closes what one has seen. Raises WordsMissing, NotFound, NotRecorded.
    """
    text = words.strip()[:WORDS_MOST]
    if not text:
        raise WordsMissing("Say why you close the alert so")
    found = to_act_on(reader, alert_id, "close")
    if found.state is AlertState.CLOSED:
        raise Conflict("This alert was closed meanwhile.")
    if found.version != seen_version:
        raise Conflict(
            f"This alert changed after your page was made: it is now {found.finding.value} and "
            f"{found.phase.value}. Read it again, then close it."
        )
    free(reader, found)
    reader.about_to_alter("close", ids_of(found), disposition.value)
    event = AlertClosed(
        alert_id=alert_id,
        at=reader.now(),
        by=reader.actor.account_id,
        disposition=disposition,
        words=text,
    )
    return clerk.record(event, owner_of(found))


def to_act_on(reader: Reader, alert_id: AlertId, verb: str) -> Alert:
    """Return an alert within scope that this person may act on. Raises NotFound, on the audit."""
    need(reader, Verb.ACT_ON_ALERT)
    column = schema.alert.c
    with reader.connection() as connection:
        body = connection.scalar(select(column.body).where(column.alert_id == alert_id))
        if body is None or not reader.scope.reaches_alert(alert_id):
            reader.refuse(verb, [alert_id], "unknown, or another's link")
        found = msgspec.json.decode(body, type=Alert)
        if found.wearer_id is not None:
            reader.wearer(connection, found.wearer_id, verb)
        elif not reader.scope.sees_installation:
            reader.refuse(verb, [alert_id], "about the installation")
    return found


def free(reader: Reader, found: Alert) -> None:
    """Raise Conflict if somebody else has the alert's wearer in hand."""
    if found.wearer_id is None:
        held = [found]
    else:
        column = schema.alert.c
        query = select(column.body).where(
            column.wearer_id == found.wearer_id, column.state != AlertState.CLOSED.value
        )
        with reader.connection() as connection:
            held = [msgspec.json.decode(body, type=Alert) for body in connection.scalars(query)]
    other = other_holder(held, reader.actor.account_id, reader.now())
    if other is not None:
        raise InHand(other)


def owner_of(found: Alert) -> Owner | None:
    """The wearer owns words about him, so that erasing him erases them."""
    return None if found.wearer_id is None else wearer_owner(found.wearer_id)


def ids_of(found: Alert) -> list[str]:
    """Return the ids an audit line of an act on this alert names."""
    return [found.alert_id, *([found.wearer_id] if found.wearer_id else [])]
