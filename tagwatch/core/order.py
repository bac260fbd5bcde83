"""Orders and their conditions: what a wearer must do, since when, and since when he knows."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from tagwatch.core.ending import Ending
from tagwatch.core.geometry import Disc, LonLat, MultiPolygon, Shape
from tagwatch.core.ids import ConditionId, OrderId, PersonId, WearerId
from tagwatch.core.shape import outline_of
from tagwatch.core.supervision import Supervision
from tagwatch.core.timetable import CurfewRow, OneOff
from tagwatch.core.units import Instant


class Programme(StrEnum):
    """The tagging programme an order belongs to."""

    KNIFE_CRIME = "knife_crime"
    DOMESTIC_ABUSE = "domestic_abuse"
    STALKING = "stalking"
    OTHER = "other"


class LegalBasis(StrEnum):
    """The power under which a person is monitored; it decides who is told of a breach."""

    BAIL = "bail"
    LICENCE = "licence"
    COMMUNITY_SENTENCE = "community_sentence"
    RESTRAINING_ORDER = "restraining_order"
    STALKING_PROTECTION_ORDER = "stalking_protection_order"
    DAPO = "dapo"


class ZoneKnowledge(StrEnum):
    """Whether the wearer was told where a zone lies."""

    TOLD = "told"
    SECRET = "secret"


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Two thresholds on probability: warn those who protect, and record a breach.

    Raises ValueError unless 0 < protect <= accuse <= 1.
    """

    protect: float
    accuse: float

    def __post_init__(self) -> None:
        if not 0.0 < self.protect <= self.accuse <= 1.0:
            raise ValueError(
                f"thresholds protect {self.protect} and accuse {self.accuse} must be above 0, "
                "at most 1, and protect not above accuse"
            )


class ExclusionZone(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="exclusion_zone"):
    """A place the wearer must not enter, always or in the weekly rows of `schedule`."""

    label: str
    shape: Shape
    buffer_m: float = 0.0
    schedule: tuple[CurfewRow, ...] = ()
    """Weekly rows in London time; none means always."""
    knowledge: ZoneKnowledge = ZoneKnowledge.TOLD
    protects: tuple[PersonId, ...] = ()


class Demand(StrEnum):
    """What a presence condition is called in the order. They are judged alike."""

    CURFEW = "curfew"
    INCLUSION_ZONE = "inclusion_zone"
    """In a place in stated hours."""
    RESTRICTION_ZONE = "restriction_zone"
    """Not to leave an area."""
    ATTENDANCE = "attendance"
    """At a place for an appointment."""


APPOINTMENTS_MOST: Final = 100
"""Single windows of one condition."""


class Curfew(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="curfew"):
    """A place the wearer must be in during weekly rows: a disc round the address unless drawn."""

    label: str
    address: LonLat
    rows: tuple[CurfewRow, ...]
    radius_m: float = 100.0
    shape: Shape | None = None
    grace_s: int = 300
    release_night: OneOff | None = None
    demand: Demand = Demand.CURFEW
    also: tuple[LonLat, ...] = ()
    """Other addresses: at any one of them he is where he must be. Not beside a drawn shape."""
    appointments: tuple[OneOff, ...] = ()
    """Single windows besides the weekly rows."""


def place_of(terms: Curfew) -> Shape:
    """Return where he must be: the drawn shape, else a disc round the address, or round each."""
    if terms.shape is not None:
        return terms.shape
    discs = [Disc(centre=at, radius_m=terms.radius_m) for at in (terms.address, *terms.also)]
    if len(discs) == 1:
        return discs[0]
    return MultiPolygon(parts=tuple(outline_of(disc) for disc in discs))


class NoContact(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="no_contact"):
    """Another wearer whom this one must not meet: a zone that moves with him."""

    label: str
    """Without a name: it may be read by those who may not know who it is."""
    other: WearerId
    distance_m: float = 100.0
    """Nearer than this counts as contact."""
    schedule: tuple[CurfewRow, ...] = ()
    """Weekly rows in London time; none means always."""
    protects: tuple[PersonId, ...] = ()
    """Whom it protects, if the other is protected from this one."""


Terms: TypeAlias = ExclusionZone | Curfew | NoContact


class ConditionVersion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One dated version of a condition, with its three times: valid, recorded, told.

    Nothing is held against the wearer before `told_at`; before it the zone still protects.
    """

    condition_id: ConditionId
    version: int
    order_id: OrderId
    wearer_id: WearerId
    terms: Terms
    valid_from: Instant
    valid_until: Instant | None = None
    recorded_at: Instant
    told_at: Instant | None = None
    thresholds: Thresholds | None = None
    """None takes the published settings."""


class Order(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A court's or the parole authority's decision to monitor one wearer: one dated version of it.

    A variation is the next version, with the same three times as a condition's: valid, recorded,
    told.
    """

    order_id: OrderId
    wearer_id: WearerId
    reference: str
    legal_basis: LegalBasis
    programme: Programme
    starts_at: Instant
    ends_at: Instant | None = None
    wording: str = ""
    """The exact words of the prohibition, as the order has them."""
    supervision: Supervision = Supervision()
    version: int = 1
    """Set when it is recorded: one more than the version before."""
    valid_from: Instant | None = None
    """When a variation takes effect; None is from the order's beginning (a correction)."""
    recorded_at: Instant | None = None
    told_at: Instant | None = None
    varied: str = ""
    """What this version changed, in words."""
    days_kept: int | None = None
    """Not None: zones only. After so many days nothing stays of his trail but what lies near a
    condition. None: the trail is kept."""
    review_at: Instant | None = None
    """By when its authors want it reviewed for the first time; None: the settings say."""
    ending: Ending | None = None
    """How it ended, once a person has recorded that; `ends_at` then is when."""


def order_at(versions: Sequence[Order], at: Instant) -> Order:
    """Return the version of an order in force at `at`: the highest that has taken effect.

    `versions` are by number and not empty; before any took effect it is the first.
    """
    effective = [v for v in versions if v.valid_from is None or v.valid_from <= at]
    return effective[-1] if effective else versions[0]
