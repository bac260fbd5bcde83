"""A data request: somebody wants data about a wearer; who, on which law, the least he needs. Pure.

Each is about one wearer, so that it is seen by whoever may see him and erased with him; what is
asked about several at once is one joint request, of which each has his part. What may be asked by
whom, for how long and on which ground is one table, KIND_RULES; what happens to a request is
another, in `request_steps`.
"""

from enum import StrEnum
from hashlib import sha256
from typing import Final

import msgspec

from tagwatch.core.ids import (
    AccountId,
    EnquiryId,
    JointRequestId,
    NamedRequestId,
    RequestId,
    WearerId,
)
from tagwatch.core.request_kinds import (
    CITES,
    KIND_RULES,
    IdentityCheck,
    LegalGround,
    ReleaseForm,
    RequestKind,
    Wanted,
)
from tagwatch.core.settings import RequestSettings
from tagwatch.core.shape import Shape, ShapeError, validate
from tagwatch.core.units import DAY, SECOND, Instant

WORDS_MOST: Final = 4000
LINE_MOST: Final = 200
NO_WORDS: Final = ""
MOST_PEOPLE: Final = 20
"""People one request is about."""


class RequestUrgency(StrEnum):
    """How soon it is needed; the published settings say by when."""

    LIFE = "life"
    """A life is at risk."""
    URGENT = "urgent"
    ROUTINE = "routine"


class RequestState(StrEnum):
    """The life of a data request."""

    ASKED = "asked"
    AUTHENTICATED = "authenticated"
    RETURNED = "returned"
    """Whoever asks must say more."""
    APPROVED = "approved"
    RELEASED = "released"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CLOSED = "closed"


class RequestRefusal(StrEnum):
    """Why nothing was released."""

    NO_GROUND = "no_ground"
    NOT_IDENTIFIED = "not_identified"
    TOO_WIDE = "too_wide"
    NOT_NEEDED = "not_needed"
    NOT_HELD = "not_held"
    HARM = "harm"
    """It would harm a protected person or an investigation."""
    ELSEWHERE = "elsewhere"


class Requester(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever asks: an account, or somebody outside whom an officer recorded."""

    name: str
    role: str
    organisation: str
    reference: str = ""
    """Theirs."""
    account_id: AccountId | None = None
    agency: str = ""
    """Of the account."""


class Minimum(msgspec.Struct, frozen=True, kw_only=True):
    """The least that does: which data, of which time, of which area."""

    start: Instant
    end: Instant
    wanted: tuple[Wanted, ...]
    area: Shape | None = None
    area_label: str = ""
    no_area: str = ""
    """Why the request is not bound to a place; set where `area` is None."""

    @property
    def area_digest(self) -> str:
        """A name of the area that tells nobody where it lies; empty: there is none."""
        if self.area is None:
            return ""
        return sha256(msgspec.json.encode(self.area)).hexdigest()[:16]

    @property
    def is_whole_trail(self) -> bool:
        """Whether fixes are asked for wherever he was: two persons approve that."""
        whole = Wanted.FIXES in self.wanted or Wanted.BUNDLE in self.wanted
        return whole and (self.area is None or Wanted.BUNDLE in self.wanted)


class Identified(msgspec.Struct, frozen=True, kw_only=True):
    """Who made sure of whoever asks, and how."""

    how: IdentityCheck
    words: str
    by: AccountId
    at: Instant


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """What one person approved, and for how long."""

    minimum: Minimum
    form: ReleaseForm
    words: str
    release_until: Instant
    """Not released by then, the approval is over."""
    access_until: Instant
    """What is released can be fetched until then, and is destroyed."""
    by: AccountId
    at: Instant


class ReleasedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was released."""

    name: str
    media_type: str
    sha256: str
    size_bytes: int


class DataRelease(msgspec.Struct, frozen=True, kw_only=True):
    """What was released."""

    files: tuple[ReleasedFile, ...]
    fixes: int = 0
    """Released."""
    outside: int = 0
    """Fixes in the time that lay outside the area: counted, not released."""
    undermining: int = 0
    """How many lines the list of what undermines the case has."""
    by: AccountId
    at: Instant


class DataRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request about one wearer, as it stands."""

    request_id: RequestId
    wearer_id: WearerId
    kind: RequestKind
    requester: Requester
    purpose: str
    ground: LegalGround
    cited: str
    minimum: Minimum
    urgency: RequestUrgency
    asked_at: Instant
    due_at: Instant
    recorded_at: Instant
    recorded_by: AccountId
    enquiry_id: EnquiryId | None = None
    """The enquiry it was made of."""
    named_id: NamedRequestId | None = None
    """Not None: whoever asked named the person, and learns of him only by what is released."""
    joint_id: JointRequestId | None = None
    """Of the request about several people of which this is one's part; None: about him alone."""
    people: int = 1
    """About how many people that was when it was asked."""
    version: int = 1
    state: RequestState = RequestState.ASKED
    more: tuple[str, ...] = ()
    """What was asked back and what was answered, in turn."""
    identified: Identified | None = None
    approvals: tuple[Approval, ...] = ()
    refusal: RequestRefusal | None = None
    words: str = ""
    """Why it was refused, returned, withdrawn or closed."""
    settled_at: Instant | None = None
    """When it was released, refused or withdrawn, or its approval ran out."""
    settled_by: AccountId | None = None
    release: DataRelease | None = None
    expires_at: Instant | None = None
    """When the approval, or what was released, is over."""

    @property
    def approved(self) -> Approval | None:
        """The last approval; what it says is the approved minimum."""
        return self.approvals[-1] if self.approvals else None

    @property
    def group(self) -> str:
        """By whom it counts: the agency of an account, else the kind."""
        return self.requester.agency or self.kind.value

    @property
    def involved(self) -> frozenset[AccountId]:
        """Everybody who had a part in it."""
        found = {self.recorded_by, *(each.by for each in self.approvals)}
        for one in (self.identified, self.release):
            if one is not None:
                found.add(one.by)
        for account in (self.requester.account_id, self.settled_by):
            if account:
                found.add(account)
        return frozenset(found)

    def is_overdue(self, at: Instant) -> bool:
        """Say whether an answer is owed and late at `at`."""
        return self.settled_at is None and self.due_at <= at

    @property
    def answer_s(self) -> int | None:
        """Seconds from asking to the answer; None while it is owed."""
        return None if self.settled_at is None else (self.settled_at - self.asked_at) // SECOND

    @property
    def in_time(self) -> bool | None:
        """Whether it was settled by the time it was due; None while it is owed."""
        return None if self.settled_at is None else self.settled_at <= self.due_at


class RequestError(ValueError):
    """A request, or an act on it, that cannot be; `field` is the part of the form."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def due(settings: RequestSettings, urgency: RequestUrgency, asked_at: Instant) -> Instant:
    """Return by when a request that was asked then is to be answered."""
    within_s = {
        RequestUrgency.LIFE: settings.life_s,
        RequestUrgency.URGENT: settings.urgent_s,
        RequestUrgency.ROUTINE: settings.routine_s,
    }[urgency]
    return Instant(asked_at + within_s * SECOND)


def check(request: DataRequest) -> None:
    """Raise RequestError unless a new request says what its kind must say."""
    who = request.requester
    for field, value, words in (
        ("name", who.name, "Write the name of whoever asks"),
        ("role", who.role, "Write the role of whoever asks, for example detective sergeant"),
        ("organisation", who.organisation, "Write the organisation that asks"),
        ("purpose", request.purpose, "Write what the data is needed for"),
        ("cited", request.cited, f"Write {CITES[request.ground]}"),
    ):
        if not value.strip():
            raise RequestError(field, words)
    if request.asked_at > request.recorded_at:
        raise RequestError("asked", "It cannot have been asked later than now")
    if request.ground not in KIND_RULES[request.kind].grounds:
        raise RequestError("ground", "A request of this kind cannot rest on this law")
    check_minimum(request.kind, request.minimum, request.recorded_at)
    check_outline(request.minimum)


def check_outline(minimum: Minimum) -> None:
    """Raise RequestError unless the area, if there is one, is one that can be judged."""
    if minimum.area is None:
        return
    try:
        validate(minimum.area)
    except ShapeError as error:
        raise RequestError("area", f"This area cannot be used: {error}") from error


def check_minimum(kind: RequestKind, minimum: Minimum, now: Instant) -> None:
    """Raise RequestError unless a request of this kind may ask for this at `now`."""
    rules = KIND_RULES[kind]
    if not minimum.wanted:
        raise RequestError("wanted", "Choose which data is needed")
    if any(one not in rules.wanted for one in minimum.wanted):
        raise RequestError("wanted", "A request of this kind cannot ask for all of this data")
    if minimum.end <= minimum.start:
        raise RequestError("end", "The time must end after it begins")
    if minimum.end > now:
        raise RequestError("end", "The time asked about must be over: end it by now")
    if minimum.end - minimum.start > rules.longest:
        raise RequestError("end", f"Such a request is about at most {rules.longest // DAY} days")
    if Wanted.BUNDLE in minimum.wanted and (minimum.start % DAY or minimum.end % DAY):
        raise RequestError("end", "A bundle is of whole days in UTC: from midnight to midnight")
    if minimum.area is None and not minimum.no_area.strip():
        raise RequestError("no_area", "Give the area, or say why there is none")
    if minimum.area is None and Wanted.PRESENCE in minimum.wanted:
        raise RequestError("lat", "To ask whether he was there, give the area")
