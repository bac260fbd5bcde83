"""An enquiry: somebody asks about a wearer; who, what for, by when, and what was answered. Pure.

Each is about one wearer: it is seen by whoever may see him, and erased with him. A question about
several is logged once for each, under one name (`together`). Whoever asks is known by role and
organisation: no name is needed, and a protected person's is never written.
"""

from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.ids import AccountId, EnquiryId, WearerId
from tagwatch.core.settings import EnquirySettings
from tagwatch.core.units import SECOND, Instant

QUESTION_MOST: Final = 4000
ROLE_MOST: Final = 120
BASIS_MOST: Final = 400


class Asker(StrEnum):
    """Who asks."""

    POLICE = "police"
    COURT = "court"
    PROBATION = "probation"
    PROTECTED_SIDE = "protected_side"
    WEARER_SIDE = "wearer_side"
    HEALTH = "health"
    OTHER_AGENCY = "other_agency"


class AskedBy(StrEnum):
    """By which way the question came."""

    TELEPHONE = "telephone"
    EMAIL = "email"
    LETTER = "letter"
    IN_PERSON = "in_person"
    PAGES = "pages"
    """Asked here, by somebody signed in."""
    PROGRAM = "program"


class AskedFor(StrEnum):
    """What the answer is wanted for."""

    PROTECT_LIFE = "protect_life"
    PREVENT_CRIME = "prevent_crime"
    INVESTIGATE = "investigate"
    COURT_PROCEEDINGS = "court_proceedings"
    SUPERVISION = "supervision"
    PROTECTED_SAFETY = "protected_safety"
    OWN_DATA = "own_data"
    OTHER = "other"


class AskedUrgency(StrEnum):
    """How soon an answer is needed; the published settings say by when."""

    IMMEDIATE = "immediate"
    URGENT = "urgent"
    ROUTINE = "routine"


class EnquiryState(StrEnum):
    """The life of an enquiry."""

    WAITING = "waiting"
    """Nobody has taken it on."""
    TAKEN = "taken"
    ANSWERED = "answered"
    REFUSED = "refused"


OVER: Final = frozenset({EnquiryState.ANSWERED, EnquiryState.REFUSED})


class DisclosureBasis(StrEnum):
    """On what data about the wearer was handed out."""

    LAW_ENFORCEMENT = "law_enforcement"
    CRIME_EXEMPTION = "crime_exemption"
    LEGAL_PROCEEDINGS = "legal_proceedings"
    COURT_ORDER = "court_order"
    VITAL_INTERESTS = "vital_interests"
    SUPERVISION = "supervision"
    RIGHT_OF_ACCESS = "right_of_access"


class RefusalReason(StrEnum):
    """Why an enquiry was not answered."""

    NO_BASIS = "no_basis"
    NOT_IDENTIFIED = "not_identified"
    TOO_WIDE = "too_wide"
    NOT_HELD = "not_held"
    ELSEWHERE = "elsewhere"
    WITHDRAWN = "withdrawn"


class Enquiry(msgspec.Struct, frozen=True, kw_only=True):
    """One question about one wearer, as it stands."""

    enquiry_id: EnquiryId
    wearer_id: WearerId
    asker: Asker
    role: str
    """Of whoever asks, e.g. detective sergeant of the stalking team."""
    organisation: str
    reference: str = ""
    """Theirs."""
    asked_by: AskedBy
    asked_for: AskedFor
    basis: str = ""
    """The legal basis they name, in words."""
    question: str
    urgency: AskedUrgency
    received_at: Instant
    due_at: Instant
    recorded_at: Instant
    recorded_by: AccountId
    agency: str = ""
    """Of whoever recorded it: police and liaison see what their own agency asked."""
    together: str = ""
    """The same for all that were asked at once about several wearers."""
    version: int = 1
    state: EnquiryState = EnquiryState.WAITING
    taken_by: AccountId | None = None
    taken_at: Instant | None = None
    settled_at: Instant | None = None
    settled_by: AccountId | None = None
    answer: str = ""
    """The answer, or why there is none, in words."""
    disclosed: str = ""
    """Which data about the wearer went out with it; empty: none."""
    disclosure_basis: DisclosureBasis | None = None
    refusal: RefusalReason | None = None

    def is_overdue(self, at: Instant) -> bool:
        """Say whether an answer is owed and late at `at`."""
        return self.state not in OVER and self.due_at <= at

    @property
    def answer_s(self) -> int | None:
        """Seconds from the question to its answer or refusal; None while it waits."""
        return None if self.settled_at is None else (self.settled_at - self.received_at) // SECOND

    @property
    def in_time(self) -> bool | None:
        """Whether it was settled by the time it was due; None while it waits."""
        return None if self.settled_at is None else self.settled_at <= self.due_at


class EnquiryError(ValueError):
    """An act that an enquiry cannot take; `field` is the part of the form."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def due(settings: EnquirySettings, urgency: AskedUrgency, received_at: Instant) -> Instant:
    """Return by when a question received then is to be answered."""
    within_s = {
        AskedUrgency.IMMEDIATE: settings.immediate_s,
        AskedUrgency.URGENT: settings.urgent_s,
        AskedUrgency.ROUTINE: settings.routine_s,
    }[urgency]
    return Instant(received_at + within_s * SECOND)


def check(enquiry: Enquiry) -> None:
    """Raise EnquiryError unless a new enquiry says what it must."""
    for field, words in (
        ("role", "Write the role of whoever asks, for example custody sergeant"),
        ("organisation", "Write the organisation that asks"),
        ("question", "Write the question in their words"),
    ):
        if not getattr(enquiry, field).strip():
            raise EnquiryError(field, words)
    if enquiry.asked_for is AskedFor.OTHER and not enquiry.basis.strip():
        raise EnquiryError("basis", "Write what the answer is wanted for, and on which basis")
    if enquiry.received_at > enquiry.recorded_at:
        raise EnquiryError("received", "It cannot have been received later than now")


def taken(enquiry: Enquiry, by: AccountId, at: Instant) -> Enquiry:
    """Return the enquiry in the hands of `by`. Raises EnquiryError when it is over."""
    _not_over(enquiry)
    return _next(enquiry, state=EnquiryState.TAKEN, taken_by=by, taken_at=at)


def answered(
    enquiry: Enquiry,
    words: str,
    disclosed: str,
    basis: DisclosureBasis | None,
    by: AccountId,
    at: Instant,
) -> Enquiry:
    """Return the enquiry answered. `disclosed` says which data went out, empty: none.

    Raises EnquiryError when it is over, without words, or where data and basis do not go together.
    """
    _not_over(enquiry)
    if not words.strip():
        raise EnquiryError("answer", "Write the answer that was given")
    if disclosed.strip() and basis is None:
        raise EnquiryError("disclosure_basis", "Choose on which basis data was disclosed")
    if basis is not None and not disclosed.strip():
        raise EnquiryError("disclosed_words", "Write which data was disclosed")
    return _next(
        enquiry,
        state=EnquiryState.ANSWERED,
        answer=words.strip(),
        disclosed=disclosed.strip(),
        disclosure_basis=basis,
        settled_by=by,
        settled_at=at,
    )


def refused(
    enquiry: Enquiry, reason: RefusalReason, words: str, by: AccountId, at: Instant
) -> Enquiry:
    """Return the enquiry refused. Raises EnquiryError when it is over, or without words."""
    _not_over(enquiry)
    if not words.strip():
        raise EnquiryError("refusal_words", "Write what they were told, and why")
    return _next(
        enquiry,
        state=EnquiryState.REFUSED,
        refusal=reason,
        answer=words.strip(),
        settled_by=by,
        settled_at=at,
    )


def _not_over(enquiry: Enquiry) -> None:
    if enquiry.state in OVER:
        raise EnquiryError("enquiry", "This enquiry is settled. A new question is a new enquiry")


def _next(enquiry: Enquiry, **changes: object) -> Enquiry:
    return msgspec.structs.replace(enquiry, version=enquiry.version + 1, **changes)
