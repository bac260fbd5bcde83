"""What persons do with alerts, and with the shift, as the journal keeps it. See `ledger`."""

from enum import StrEnum

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, AlertId
from tagwatch.core.outcome import Disposition, Severity
from tagwatch.core.units import Instant


class AlertAct(Event, frozen=True, kw_only=True):
    """Base of what is done with one alert."""

    alert_id: AlertId
    at: Instant
    by: AccountId


class AlertAcknowledged(AlertAct, frozen=True, kw_only=True):
    """A person has taken the alert on."""


class Voice(StrEnum):
    """Whose words a note holds; the two are never mixed."""

    OFFICER = "officer"
    """The view of the person who writes."""
    WEARER = "wearer"
    """The wearer's account, as he gave it to the person who writes."""


class AlertNoted(AlertAct, frozen=True, kw_only=True):
    """Words on the alert: an officer's view, or the wearer's account."""

    words: str
    voice: Voice = Voice.OFFICER


class AlertClosed(AlertAct, frozen=True, kw_only=True):
    """A person has closed the alert, with a coded result and words."""

    disposition: Disposition
    words: str


class AlertClaimed(AlertAct, frozen=True, kw_only=True):
    """A person has the alert's wearer in hand: nobody else rings him meanwhile."""

    over: AccountId | None = None
    """Whom it is taken over from, saying why."""
    words: str = ""


class AlertLetGo(AlertAct, frozen=True, kw_only=True):
    """A person no longer has the alert's wearer in hand."""

    words: str = ""


class AlertWaiting(AlertAct, frozen=True, kw_only=True):
    """A person put an alert aside until a time, saying what is waited for."""

    until: Instant
    words: str


class Party(StrEnum):
    """Who was rung about an alert."""

    WEARER = "wearer"
    PROTECTED_SIDE = "protected_side"
    """The protected person, or whoever speaks with her."""
    PRACTITIONER = "practitioner"
    POLICE = "police"
    OTHER = "other"


class CallOutcome(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    WRONG_NUMBER = "wrong_number"
    LINE_DEAD = "line_dead"
    REFUSED = "refused"
    """Answered, and would not speak."""


class CallRecorded(AlertAct, frozen=True, kw_only=True):
    """Somebody was rung about an alert: what was said, and what the caller makes of it, apart."""

    party: Party
    outcome: CallOutcome
    said: str = ""
    """The words of whoever was rung; the wearer's are his account."""
    view: str = ""
    """The caller's own."""


class HandoverWritten(Event, frozen=True, kw_only=True):
    """A person ends a shift: what whoever comes next must know."""

    at: Instant
    by: AccountId
    words: str


class HandoverTaken(Event, frozen=True, kw_only=True):
    """A person has read a hand-over and carries on from it."""

    handover: int
    """The journal record of the hand-over."""
    at: Instant
    by: AccountId


class DrillCalled(Event, frozen=True, kw_only=True):
    """A person raises an alert that is clearly none, for practice."""

    drill_id: str
    at: Instant
    by: AccountId
    severity: Severity
    words: str


class Release(StrEnum):
    """What happens to notifications held back after a restore."""

    SEND = "send"
    DROP = "drop"


class OutboxReleased(Event, frozen=True, kw_only=True):
    """A person let the notifications that a restore had held back go out, or dropped them."""

    at: Instant
    by: AccountId
    release: Release
