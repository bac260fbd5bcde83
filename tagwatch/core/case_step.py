"""What happened in a case outside of Tagwatch, in the names of case work: letters, court, recall.

Each has the time at which it happened, which is seldom the time at which somebody wrote it down.
A hearing and a summons may lie ahead. What was written down wrongly is taken back and stays.
"""

from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant

MOST: Final = 200
"""Steps of one case."""


class StepKind(StrEnum):
    """What happened."""

    AUTHORITY_NOTIFIED = "authority_notified"
    AGENCY_ACTION = "agency_action"
    AGENCY_RESPONSE = "agency_response"
    WEARER_CONTACTED = "wearer_contacted"
    EXCUSE_GIVEN = "excuse_given"
    ABSENCE_AUTHORISED = "absence_authorised"
    WARNING_LETTER = "warning_letter"
    PACK_REQUESTED = "pack_requested"
    PACK_SENT = "pack_sent"
    SECTION_9_STATEMENT = "section_9_statement"
    SUMMONS = "summons"
    HEARING = "hearing"
    RECALL_REQUESTED = "recall_requested"
    RECALL_EXECUTED = "recall_executed"
    OUTCOME = "outcome"


AHEAD: Final = frozenset({StepKind.SUMMONS, StepKind.HEARING})
"""May be written down before they happen."""


class Proof(StrEnum):
    """What was shown for an excuse."""

    NONE_SHOWN = "none_shown"
    MEDICAL_LETTER = "medical_letter"
    EMPLOYER_LETTER = "employer_letter"
    FAMILY_EVENT = "family_event"
    """A wedding, a funeral."""
    OFFICIAL_LETTER = "official_letter"
    """Of a court, a school, an authority."""
    TRAVEL_RECORD = "travel_record"
    OTHER = "other"


class CaseStep(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened."""

    step_id: str
    kind: StepKind
    happened_at: Instant
    words: str
    proof: Proof | None = None
    """Of an excuse only."""
    at: Instant
    """When it was written down."""
    by: AccountId
    taken_back: str = ""
    """Why it does not hold; empty: it holds."""
