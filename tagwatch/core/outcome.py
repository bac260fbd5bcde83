"""The answers Tagwatch gives, and the one table that maps them onto each other."""

from enum import StrEnum
from typing import Final


class Compliance(StrEnum):
    """The answer for one condition at one time. Silence is neither of the first two."""

    COMPLIANT = "compliant"
    NOT_COMPLIANT = "not_compliant"
    CANNOT_SAY = "cannot_say"


class Phase(StrEnum):
    """Whether an episode is still going on."""

    OPEN = "open"
    ENDED = "ended"


class Finding(StrEnum):
    """How sure an episode is."""

    POSSIBLE = "possible"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    UNDETERMINED = "undetermined"


class RuleKind(StrEnum):
    """Which rule found an episode; docs/rules has a page for each."""

    ZONE = "zone"
    APPROACH = "approach"
    CURFEW = "curfew"
    ENCOUNTER = "encounter"
    TAMPER = "tamper"
    BATTERY = "battery"
    COMMS = "comms"


class AlertClass(StrEnum):
    """How an alert that is only rehearsed would have stood out to those who are told."""

    CONFIRMED = "confirmed"
    POSSIBLE = "possible"
    APPROACH = "approach"


class Severity(StrEnum):
    """How fast somebody must know. Order: LIFE first."""

    LIFE = "life"
    URGENT = "urgent"
    ROUTINE = "routine"


class AlertState(StrEnum):
    """The life of an alert: raised → notified → acknowledged → closed."""

    RAISED = "raised"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


OPEN_STATES: Final = tuple(state for state in AlertState if state is not AlertState.CLOSED)


class Stage(StrEnum):
    """Why a notification about an alert was sent at this moment."""

    POSSIBLE = "possible"
    CONFIRMED = "confirmed"
    FACT = "fact"
    """A report of the tag itself, or a service fact such as silence."""
    ESCALATED = "escalated"
    HANDED_OVER = "handed_over"
    """The shift ended before anybody answered: those who come on are told."""
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    TEST = "test"
    """Nothing happened: whether a message arrives is tried."""
    NOTICE = "notice"
    """About no alert: what a protected person's side is told of the order and the tag."""


class Disposition(StrEnum):
    """The coded result with which a person closes an alert."""

    TRUE_BREACH = "true_breach"
    EXPLAINED = "explained"
    TECHNICAL = "technical"
    AUTHORISED = "authorised"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"


MOJ_WORD: Final = {
    (Finding.POSSIBLE, Phase.OPEN): "Possible violation, ongoing",
    (Finding.POSSIBLE, Phase.ENDED): "Possible violation, ended",
    (Finding.CONFIRMED, Phase.OPEN): "Violation, ongoing",
    (Finding.CONFIRMED, Phase.ENDED): "Violation, ended",
    (Finding.WITHDRAWN, Phase.OPEN): "Withdrawn",
    (Finding.WITHDRAWN, Phase.ENDED): "Withdrawn",
    (Finding.UNDETERMINED, Phase.OPEN): "Undetermined",
    (Finding.UNDETERMINED, Phase.ENDED): "Undetermined",
}
"""Ministry of Justice wording by (finding, phase), of what would be a breach."""

_NEAR: Final = {
    Finding.POSSIBLE: "Possibly near the zone",
    Finding.CONFIRMED: "Near the zone",
}


def finding_words(rule: RuleKind | None, finding: Finding, phase: Phase) -> str:
    """Return a finding in words: those of MOJ_WORD, but in the ring around a zone, where it is a
    warning, never that of a violation."""
    near = _NEAR.get(finding) if rule is RuleKind.APPROACH else None
    if near is None:
        return MOJ_WORD[finding, phase]
    goes_on = "ongoing" if phase is Phase.OPEN else "ended"
    return f"{near}, {goes_on}: a warning, no violation"


COMPLIANCE_OF: Final = {
    Finding.POSSIBLE: Compliance.CANNOT_SAY,
    Finding.CONFIRMED: Compliance.NOT_COMPLIANT,
    Finding.WITHDRAWN: Compliance.CANNOT_SAY,
    Finding.UNDETERMINED: Compliance.CANNOT_SAY,
}
"""What an episode's finding says of compliance during it. None of them ever says COMPLIANT."""
