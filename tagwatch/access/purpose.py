"""Why somebody looks: every look at a wearer has a purpose, and the audit keeps it."""

from enum import StrEnum
from typing import Final

from tagwatch.access.role import Role
from tagwatch.core.units import MINUTE

REMEMBERED_FOR = 30 * MINUTE
"""A stated purpose serves one session for this long, then it is asked again."""
VIEWS_MOST = 60
"""So many views of one wearer's trail does a purpose stated for him serve at most."""


class Purpose(StrEnum):
    """Lawful reasons to look."""

    ALERT_RESPONSE = "alert_response"
    SUPERVISION = "supervision"
    POLICE_RESPONSE = "police_response"
    VICTIM_SAFETY = "victim_safety"
    ENFORCEMENT = "enforcement"
    DISCLOSURE = "disclosure"
    EVALUATION = "evaluation"
    UPKEEP = "upkeep"
    CRIME_MATCHING = "crime_matching"
    PARTNERSHIP = "partnership"
    DATA_REQUEST = "data_request"


SAYS: Final[dict[Purpose, str]] = {
    Purpose.ALERT_RESPONSE: "To respond to an alert",
    Purpose.SUPERVISION: "To supervise the wearer",
    Purpose.POLICE_RESPONSE: "To find a person police may arrest or must keep away",
    Purpose.VICTIM_SAFETY: "To keep a protected person safe",
    Purpose.ENFORCEMENT: "To prepare a breach, recall or court report",
    Purpose.DISCLOSURE: "To answer the wearer, his lawyer or a court",
    Purpose.EVALUATION: "To judge the programme by counts",
    Purpose.UPKEEP: "To enter or correct records, or mend the system",
    Purpose.CRIME_MATCHING: "To find who may have been where a crime was done",
    Purpose.PARTNERSHIP: "To help other agencies manage a case",
    Purpose.DATA_REQUEST: "To ask for data, decide a data request, or check how it was decided",
}

ALLOWED: Final[dict[Role, tuple[Purpose, ...]]] = {
    Role.PRACTITIONER: (
        Purpose.SUPERVISION,
        Purpose.ALERT_RESPONSE,
        Purpose.ENFORCEMENT,
        Purpose.VICTIM_SAFETY,
        Purpose.DISCLOSURE,
        Purpose.UPKEEP,
        Purpose.DATA_REQUEST,
    ),
    Role.OPERATOR: (
        Purpose.ALERT_RESPONSE,
        Purpose.VICTIM_SAFETY,
        Purpose.UPKEEP,
        Purpose.CRIME_MATCHING,
        Purpose.DATA_REQUEST,
    ),
    Role.POLICE: (
        Purpose.POLICE_RESPONSE,
        Purpose.ALERT_RESPONSE,
        Purpose.VICTIM_SAFETY,
        Purpose.CRIME_MATCHING,
        Purpose.DATA_REQUEST,
    ),
    Role.LIAISON: (Purpose.VICTIM_SAFETY, Purpose.DATA_REQUEST),
    Role.PARTNER: (Purpose.PARTNERSHIP, Purpose.VICTIM_SAFETY, Purpose.DATA_REQUEST),
    Role.EVALUATOR: (Purpose.EVALUATION,),
    Role.ADMINISTRATOR: (Purpose.UPKEEP, Purpose.EVALUATION, Purpose.DATA_REQUEST),
}
"""Which purposes a role can state; the first is offered first."""

QUICK: Final = (Purpose.ALERT_RESPONSE, Purpose.POLICE_RESPONSE)
"""Need no words: somebody may be in danger, and the alert says why."""
