"""What is recorded of the register: whole records, what was told, what moved."""

from tagwatch.core.event import Event
from tagwatch.core.exemption import Exemption
from tagwatch.core.geometry_need import GeometryNeed
from tagwatch.core.ids import (
    AccountId,
    ActivationId,
    ConditionId,
    CredentialId,
    OrderId,
    TagId,
    WearerId,
)
from tagwatch.core.inventory import TagState
from tagwatch.core.order import ConditionVersion, Order
from tagwatch.core.person import Activation, Credential, ProtectedPerson, Tag, Wearer
from tagwatch.core.units import Instant


class OrderTold(Event, frozen=True, kw_only=True):
    """The wearer was told of this version of an order at `told_at`."""

    order_id: OrderId
    version: int
    told_at: Instant
    by: AccountId


class TagMoved(Event, frozen=True, kw_only=True):
    """Somebody said where a tag is from `at` on."""

    tag_id: TagId
    state: TagState
    at: Instant
    by: AccountId
    words: str = ""


class GeometryNeeded(Event, frozen=True, kw_only=True):
    """An order names a place in words: it is to be drawn."""

    need: GeometryNeed
    at: Instant
    by: AccountId


class GeometrySettled(Event, frozen=True, kw_only=True):
    """It was drawn, or need not be; the words say which."""

    need_id: str
    wearer_id: WearerId
    words: str
    at: Instant
    by: AccountId
    condition_id: ConditionId | None = None
    """The condition it became. One that was not put in force settles nothing."""


class WearerRecorded(Event, frozen=True, kw_only=True):
    """A wearer as he is known from now on (whole record; the former one stays in the journal)."""

    wearer: Wearer
    by: AccountId


class PersonRecorded(Event, frozen=True, kw_only=True):
    """A protected person as she is known from now on."""

    person: ProtectedPerson
    by: AccountId


class TagRecorded(Event, frozen=True, kw_only=True):
    """A tag in the inventory."""

    tag: Tag
    by: AccountId


class ActivationStarted(Event, frozen=True, kw_only=True):
    """A tag was fitted."""

    activation: Activation
    by: AccountId


class ActivationEnded(Event, frozen=True, kw_only=True):
    """A tag was taken off for good, lost or swapped."""

    activation_id: ActivationId
    ended_at: Instant
    reason: str
    by: AccountId


class CredentialIssued(Event, frozen=True, kw_only=True):
    """A tag or gateway may speak to us."""

    credential: Credential
    by: AccountId


class CredentialRevoked(Event, frozen=True, kw_only=True):
    """It may not any more."""

    credential_id: CredentialId
    reason: str
    by: AccountId


class OrderRecorded(Event, frozen=True, kw_only=True):
    """An order, its correction or its variation: the next version, whole."""

    order: Order
    by: AccountId


class ConditionRecorded(Event, frozen=True, kw_only=True):
    """A new version of a condition. `recorded_at` is the journal's time, set by the recorder."""

    condition: ConditionVersion
    by: AccountId
    reason: str = ""


class ConditionTold(Event, frozen=True, kw_only=True):
    """The wearer was told of this version at `told_at`."""

    condition_id: ConditionId
    version: int
    told_at: Instant
    by: AccountId


class ExemptionRecorded(Event, frozen=True, kw_only=True):
    """A new version of an exemption: conditions do not bind the wearer for a while."""

    exemption: Exemption
    by: AccountId
