"""Alerts: what a person must be told, and its life from raised to closed.

Everything that affects an alert's state is in this file: `TRANSITIONS` is the state machine, one
letter a row, and `move` the only way along it. `raising` decides what an episode or a service fact
does to an alert, `alert_clock` what time does, `acts` what persons do.
"""

from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import msgspec

from tagwatch.core.episode import Episode
from tagwatch.core.ids import (
    AccountId,
    ActivationId,
    AlertId,
    EpisodeId,
    PersonId,
    WearerId,
    derived_id,
)
from tagwatch.core.outcome import AlertState, Disposition, Finding, Phase, RuleKind, Severity, Stage
from tagwatch.core.settings import AlertSettings
from tagwatch.core.units import Instant


class AlertKind(StrEnum):
    """What an alert is about."""

    ZONE_ENTRY = "zone_entry"
    ZONE_APPROACH = "zone_approach"
    CURFEW_ABSENCE = "curfew_absence"
    CURFEW_UNSEEN = "curfew_unseen"
    ENCOUNTER = "encounter"
    """Near somebody he must not meet."""
    STRAP = "strap"
    CASE = "case"
    NOT_WORN = "not_worn"
    BATTERY_LOW = "battery_low"
    BATTERY_CRITICAL = "battery_critical"
    POWER_OFF = "power_off"
    NO_COMMS = "no_comms"
    NO_LOCATION = "no_location"
    JAMMING_SIGNS = "jamming_signs"
    ALARM = "alarm"
    BLIND = "blind"
    """The installation itself could not see, from–to."""
    MASS_SILENCE = "mass_silence"
    """Many tags silent at once: one outage."""
    WATCH = "watch"
    """A part of the installation is failing."""
    DRILL = "drill"
    """For practice: nothing happened."""
    ROTA_GAP = "rota_gap"
    """Nobody is on shift for a duty that has a rota."""
    ZONE_DRAFT = "zone_draft"
    """A secret zone was drawn and waits too long for a second person."""
    PLAN_REVIEW = "plan_review"
    """A risk management plan was to be reviewed by now."""
    NOT_MONITORED = "not_monitored"
    """An order is in force, and no tag that reports is on the wearer."""
    TASK_OVERDUE = "task_overdue"
    """A task of a case was to be done by now."""
    NOTICE_FAILED = "notice_failed"
    """A protected person's side was to be told something, and the message did not arrive."""
    ENQUIRY_OVERDUE = "enquiry_overdue"
    REQUEST_OVERDUE = "request_overdue"
    """A question about the wearer was to be answered by now."""
    REVIEW_DUE = "review_due"
    """An order, a restricted case or a legal hold was to be reviewed by now."""


SILENT: Final = frozenset({AlertKind.NO_COMMS, AlertKind.NO_LOCATION})
"""Alerts about a tag of which nothing, or no place, is known."""


JUDGED: Final = frozenset(
    {
        AlertKind.ZONE_ENTRY,
        AlertKind.ZONE_APPROACH,
        AlertKind.CURFEW_ABSENCE,
        AlertKind.ENCOUNTER,
    }
)
"""Found by probability from fixes; all others are facts somebody or something reported."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """The current state of one alert. `wearer_id` is None for alerts about the installation."""

    alert_id: AlertId
    kind: AlertKind
    wearer_id: WearerId | None
    episode_id: EpisodeId | None
    rule: RuleKind | None
    severity: Severity
    state: AlertState
    finding: Finding
    phase: Phase
    probability: float
    happened_at: Instant
    """Event time of what raised it."""
    received_at: Instant
    """When the record that raised it reached the receiver."""
    raised_at: Instant
    """Time of the record at which the line decided."""
    late_by_s: int | None = None
    """Set when the fix was older than the late limit on arrival."""
    acknowledge_by: Instant | None = None
    acknowledged_at: Instant | None = None
    acknowledged_by: str | None = None
    closed_at: Instant | None = None
    disposition: Disposition | None = None
    """With which a person closed it; None also where it closed by itself."""
    step: int = 0
    """Escalation step: how many ranks of contacts have been told."""
    explained_by: AlertId | None = None
    """Inhibition: another alert explains this one (a flat battery, the silence after it)."""
    sentence: str = ""
    """One plain sentence without name or address."""
    version: int = 1
    before_told: bool = False
    """The wearer had not been told of the condition: protect, and hold nothing against him."""
    protects: tuple[PersonId, ...] = ()
    """Whom the condition, or for a report of the tag the order, protects."""
    affected: tuple[WearerId, ...] = ()
    """Mass silence: who is silent. Blind interval: whom to ring, nearest to a place first."""
    round: int = 0
    """How often it was raised anew (confirmed after closing, found again after withdrawal)."""
    cause: str = ""
    """The episode's or the service fact's id."""
    claimed_by: AccountId | None = None
    """Who has this wearer in hand: nobody else rings him until `claimed_until`."""
    claimed_until: Instant | None = None
    waiting_until: Instant | None = None
    """Put aside till then; who waited for nothing is asked again."""
    waiting_for: str = ""

    def holder(self, now: Instant) -> AccountId | None:
        """Return who has it in hand at `now`: in [claimed, claimed_until)."""
        held = self.claimed_until is not None and now < self.claimed_until
        return self.claimed_by if held else None


class ServiceFact(msgspec.Struct, frozen=True, kw_only=True):
    """A report of the tag or of the installation itself: what the rules without geometry find."""

    cause: str
    """Derived from what began it: the same fact found twice is the same fact."""
    kind: AlertKind
    phase: Phase
    happened_at: Instant
    """When it began (event time of the tag's report, or the start of the silence)."""
    ended_at: Instant | None = None
    wearer_id: WearerId | None = None
    activation_id: ActivationId | None = None
    episode: Episode | None = None
    """For facts of one wearer: the episode version to store."""
    detail: str = ""
    """What was reported, in plain words without name, address or place."""
    explained_by: AlertId | None = None
    affected: tuple[WearerId, ...] = ()
    released: tuple[AlertId, ...] = ()
    """An outage has ended: these alerts it had explained stand by themselves again."""
    severity: Severity | None = None
    """How fast somebody must know, where the kind does not say it (a drill)."""
    protects: tuple[PersonId, ...] = ()
    """Whom it concerns, where that is not everybody whom his conditions protect."""
    excused: str = ""
    """What on record makes it no surprise: stored and listed, and nobody is told."""
    excused_until: Instant | None = None
    """When it is to be looked at again: the record's end, or after a while where it has none."""
    again: bool = False
    """Reported anew after a pause: an alert that was closed meanwhile is opened again."""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when something is decided: times of the journal record, never a clock."""

    now: Instant
    """received_at of the record being applied (of the Tick, for deadlines)."""
    fixed_at: Instant | None = None
    """Event time of the fix or tag event that caused the change; None when a deadline did."""
    settings: AlertSettings = AlertSettings()
    protects: tuple[PersonId, ...] = ()
    """Persons the zone protects; for the tag's own facts, all whom his conditions protect."""


class AlertEvent(StrEnum):
    """What is written in an alert's history (column `kind` of the table alert_event)."""

    RAISED = "raised"
    REOPENED = "reopened"
    REPORTED_AGAIN = "reported_again"
    CONFIRMED = "confirmed"
    AMENDED = "amended"
    """The finding became weaker than what had been told, or the stay was joined to another."""
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    ESCALATED = "escalated"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    NOTED = "noted"
    ACCOUNT = "account"
    """The wearer's account was written down."""
    CLOSED = "closed"
    CLAIMED = "claimed"
    """A person has the wearer in hand: nobody else rings him."""
    LET_GO = "let_go"
    WAITING = "waiting"
    """Put aside until a time, saying what for."""
    WAIT_OVER = "wait_over"
    """The time passed and nobody acted."""
    CALLED = "called"
    """Somebody was rung; how that ended."""
    EXPLAINED = "explained"
    RELEASED = "released"
    """What explained it is over and it is not."""
    CIRCUMSTANCES = "circumstances"
    LINK_ISSUED = "link_issued"
    """A police officer may open the response page; withdrawn, entered: the two below."""
    LINK_REVOKED = "link_revoked"
    LINK_ENTERED = "link_entered"
    POLICE_REPORTED = "police_reported"


class AlertChange(msgspec.Struct, frozen=True, kw_only=True):
    """One new version of an alert, one line of its history, and whether people must be told."""

    alert: Alert
    event: AlertEvent
    letter: str
    """The row of TRANSITIONS."""
    at: Instant
    words: str = ""
    by: str | None = None
    """Account of a person, or AUTOMATIC; None when the line only follows the facts."""
    stage: Stage | None = None
    """Not None: route notifications of this stage in the same transaction."""


AUTOMATIC: Final = "tagwatch"
"""Author of a closing that no person decided: stored, shown and reviewable."""


class Action(StrEnum):
    """What can happen to an alert."""

    RAISE = "raise"
    DELIVERED = "delivered"
    ESCALATE = "escalate"
    ACKNOWLEDGE = "acknowledge"
    NOTE = "note"
    AMEND = "amend"
    REOPEN = "reopen"
    CLOSE = "close"
    LAPSE = "lapse"


class Transition(msgspec.Struct, frozen=True):
    """One row of the state machine. `before` is None where no alert existed."""

    letter: str
    before: AlertState | None
    action: Action
    after: AlertState
    meaning: str


_R, _N, _A, _C = (
    AlertState.RAISED,
    AlertState.NOTIFIED,
    AlertState.ACKNOWLEDGED,
    AlertState.CLOSED,
)

TRANSITIONS: Final = (
    Transition("a", None, Action.RAISE, _R, "something happened that a person must know"),
    Transition("b", _R, Action.DELIVERED, _N, "the first notification reached somebody"),
    Transition("c", _N, Action.DELIVERED, _N, "another one did"),
    Transition("d", _A, Action.DELIVERED, _A, "one arrived after somebody had taken it on"),
    Transition("e", _C, Action.DELIVERED, _C, "one arrived after it was closed"),
    Transition("f", _R, Action.ESCALATE, _R, "nobody answered in time: the next rank is told"),
    Transition("g", _N, Action.ESCALATE, _N, "nobody answered in time: the next rank is told"),
    Transition("h", _R, Action.ACKNOWLEDGE, _A, "a person takes it on, seen in the list"),
    Transition("i", _N, Action.ACKNOWLEDGE, _A, "a person takes it on"),
    Transition("j", _R, Action.CLOSE, _C, "closed with a coded result and words"),
    Transition("k", _N, Action.CLOSE, _C, "closed with a coded result and words"),
    Transition("l", _A, Action.CLOSE, _C, "closed with a coded result and words"),
    Transition("m", _R, Action.NOTE, _R, "a person's words, call or claim"),
    Transition("n", _N, Action.NOTE, _N, "a person's words, call or claim"),
    Transition("o", _A, Action.NOTE, _A, "a person's words, call or claim"),
    Transition("p", _C, Action.NOTE, _C, "a person's words after closing, or an act too late"),
    Transition("q", _R, Action.AMEND, _R, "confirmed, ended, withdrawn, explained …"),
    Transition("r", _N, Action.AMEND, _N, "confirmed, ended, withdrawn, explained …"),
    Transition("s", _A, Action.AMEND, _A, "confirmed, ended, withdrawn, explained …"),
    Transition("t", _C, Action.AMEND, _C, "ended, withdrawn, explained … after closing"),
    Transition("u", _R, Action.REOPEN, _R, "it happens anew: told again, clock starts anew"),
    Transition("v", _N, Action.REOPEN, _R, "it happens anew: told again, clock starts anew"),
    Transition("w", _A, Action.REOPEN, _A, "it happens anew: told again; one has it in hand"),
    Transition("x", _C, Action.REOPEN, _R, "it happens anew after closing: open again"),
    Transition("y", _A, Action.LAPSE, _N, "the wait is over and nobody acted: clock starts anew"),
)
"""The state machine. docs/alerts.md is printed from it. What is missing cannot happen: a closed
or acknowledged alert does not escalate, and only a person's act acknowledges."""

_ROWS: Final = {(row.before, row.action): row for row in TRANSITIONS}

_RANK: Final = {Severity.LIFE: 0, Severity.URGENT: 1, Severity.ROUTINE: 2}

UNANSWERED: Final = frozenset({AlertState.RAISED, AlertState.NOTIFIED})
"""States in which the acknowledgement clock runs."""


def alert_id(kind: AlertKind, cause: EpisodeId | str) -> AlertId:
    """Return the id of the alert of this kind about this cause: the same cause, the same alert."""
    return AlertId(derived_id("al", kind, cause))


def reference(alert: AlertId) -> str:
    """Return the short code by which people speak of an alert, e.g. `K7Q-2MX`.

    30 bits in an alphabet without look-alikes; it names the alert and nothing about a person.
    """
    alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
    number = int.from_bytes(sha256(alert.encode()).digest()[:8], "big")
    letters = ""
    for _ in range(6):
        number, rest = divmod(number, len(alphabet))
        letters += alphabet[rest]
    return f"{letters[:3]}-{letters[3:]}"


def list_place(alert: Alert) -> str:
    """Return a text that sorts alerts in the list of open ones: unanswered first, what waits last;
    then by urgency, then the clock that ends first."""
    answered = int(alert.acknowledged_at is not None) + int(alert.waiting_until is not None)
    due = alert.acknowledge_by or alert.waiting_until or alert.raised_at
    return f"{answered}{_RANK[alert.severity]}{due:020d}{alert.alert_id}"


def has_circumstance(alert: Alert) -> bool:
    """Tell whether its card is a `Circumstance`: silences and encounters have others."""
    return alert.kind not in SILENT and alert.kind is not AlertKind.ENCOUNTER


def row(before: AlertState | None, action: Action) -> Transition | None:
    """Return the row of the state machine, or None if the action cannot happen there."""
    return _ROWS.get((before, action))


def move(
    alert: Alert,
    action: Action,
    event: AlertEvent,
    at: Instant,
    *,
    words: str = "",
    by: str | None = None,
    stage: Stage | None = None,
    **changes: Any,
) -> AlertChange:
    """Return `alert` after `action`, its fields changed as named, one version on.

    Raises ValueError if the state machine has no such row.
    """
    transition = row(alert.state, action)
    if transition is None:
        raise ValueError(f"alert {alert.alert_id} is {alert.state}: it cannot {action} from there")
    after = msgspec.structs.replace(
        alert, state=transition.after, version=alert.version + 1, **changes
    )
    return AlertChange(
        alert=after, event=event, letter=transition.letter, at=at, words=words, by=by, stage=stage
    )
