"""The words officers read for the codes Tagwatch keeps."""

from enum import StrEnum
from typing import Final

from tagwatch.core.alert import AlertKind
from tagwatch.core.order import LegalBasis, Programme
from tagwatch.core.outcome import AlertState, Disposition, Finding, Phase, RuleKind, Severity, Stage

_SAID: Final[tuple[tuple[StrEnum, str], ...]] = (
    (AlertKind.ZONE_ENTRY, "Exclusion zone entered"),
    (AlertKind.ZONE_APPROACH, "Near an exclusion zone"),
    (AlertKind.CURFEW_ABSENCE, "Absent during curfew"),
    (AlertKind.CURFEW_UNSEEN, "Cannot see whether at home"),
    (AlertKind.STRAP, "Strap"),
    (AlertKind.CASE, "Case opened"),
    (AlertKind.NOT_WORN, "Tag not worn"),
    (AlertKind.BATTERY_LOW, "Battery low"),
    (AlertKind.BATTERY_CRITICAL, "Battery critical"),
    (AlertKind.POWER_OFF, "Tag switched off"),
    (AlertKind.NO_COMMS, "Tag not heard of"),
    (AlertKind.NO_LOCATION, "No location"),
    (AlertKind.JAMMING_SIGNS, "Signs of jamming"),
    (AlertKind.ALARM, "Alarm button"),
    (AlertKind.BLIND, "The centre could not see"),
    (AlertKind.MASS_SILENCE, "Many tags silent at once"),
    (AlertKind.WATCH, "A part of the centre ails"),
    (Finding.POSSIBLE, "Possible"),
    (Finding.CONFIRMED, "Confirmed"),
    (Finding.WITHDRAWN, "Withdrawn"),
    (Finding.UNDETERMINED, "Undetermined"),
    (Phase.OPEN, "ongoing"),
    (Phase.ENDED, "ended"),
    (Severity.LIFE, "Life at risk"),
    (Severity.URGENT, "Urgent"),
    (Severity.ROUTINE, "Routine"),
    (AlertState.RAISED, "New"),
    (AlertState.NOTIFIED, "Sent out"),
    (AlertState.ACKNOWLEDGED, "Acknowledged"),
    (AlertState.CLOSED, "Closed"),
    (Disposition.TRUE_BREACH, "True breach"),
    (Disposition.EXPLAINED, "Explained by the wearer"),
    (Disposition.TECHNICAL, "Technical cause"),
    (Disposition.AUTHORISED, "Authorised absence"),
    (Disposition.DUPLICATE, "Same as another alert"),
    (Disposition.UNKNOWN, "Not known"),
    (Programme.KNIFE_CRIME, "Knife crime"),
    (Programme.DOMESTIC_ABUSE, "Domestic abuse"),
    (Programme.STALKING, "Stalking"),
    (Programme.OTHER, "Other"),
    (LegalBasis.BAIL, "Bail"),
    (LegalBasis.LICENCE, "Licence"),
    (LegalBasis.COMMUNITY_SENTENCE, "Community sentence"),
    (LegalBasis.RESTRAINING_ORDER, "Restraining order"),
    (LegalBasis.STALKING_PROTECTION_ORDER, "Stalking protection order"),
    (LegalBasis.DAPO, "Domestic abuse protection order"),
    (RuleKind.ZONE, "Exclusion zone"),
    (RuleKind.APPROACH, "Approach to a zone"),
    (RuleKind.CURFEW, "Curfew"),
    (RuleKind.TAMPER, "Tamper"),
    (RuleKind.BATTERY, "Battery"),
    (RuleKind.COMMS, "Communication and location"),
    (Stage.POSSIBLE, "possible breach"),
    (Stage.CONFIRMED, "confirmed breach"),
    (Stage.FACT, "reported fact"),
    (Stage.ESCALATED, "not acknowledged in time"),
    (Stage.ENDED, "it ended"),
    (Stage.WITHDRAWN, "it was withdrawn"),
)

WORDS: Final[dict[tuple[type[StrEnum], str], str]] = {
    (type(code), code.value): text for code, text in _SAID
}


def word(code: object) -> str:
    """Return the words for a code; an unknown one is shown as it is, with spaces."""
    if isinstance(code, StrEnum) and (type(code), code.value) in WORDS:
        return WORDS[type(code), code.value]
    text = str(code).replace("_", " ")
    return text[:1].upper() + text[1:]


def chance(probability: float) -> str:
    """Return the words for a probability (the scale of verbal probability used in UK reports)."""
    for below, text in (
        (0.05, "a remote chance"),
        (0.225, "highly unlikely"),
        (0.375, "unlikely"),
        (0.525, "a realistic possibility"),
        (0.775, "likely"),
        (0.925, "highly likely"),
        (0.99, "almost certain"),
    ):
        if probability < below:
            return text
    return "practically certain"
