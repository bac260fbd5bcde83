"""What programs may record through the API: the bodies they send, checked before the verb."""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from tagwatch.access.audit import AnswerAudit, AuditTrail
from tagwatch.access.reader import Reader
from tagwatch.access.sign_in import SignIn
from tagwatch.config import Config
from tagwatch.core.exemption import Exemption
from tagwatch.core.geometry import LonLat, Shape, ShapeError, validate
from tagwatch.core.ids import (
    ActivationId,
    ConditionId,
    CredentialId,
    OrderId,
    TagId,
    WearerId,
)
from tagwatch.core.inventory import TagState
from tagwatch.core.order import (
    APPOINTMENTS_MOST,
    ConditionVersion,
    Curfew,
    Demand,
    NoContact,
    Order,
)
from tagwatch.core.person import Contact, ProtectedPerson, Scheme, Tag, Wearer
from tagwatch.core.rota import Override, Shift
from tagwatch.core.units import Instant
from tagwatch.desk import (
    activation,
    condition,
    contact,
    credential,
    exemption,
    order,
    person,
    rota,
    tag,
    wearer,
)
from tagwatch.desk.clerk import Clerk, Done
from tagwatch.desk.zone import Abroad, centre, refuse_abroad

ADDRESSES_MOST: Final = 4
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")


class Wrong(ValueError):
    """What was sent cannot be taken; the text says what and what would do."""


def by_field(kind: type[Exception], work: Callable[[], Any]) -> Any:
    """Return what `work` gives. Raises Wrong for an error of `kind`, which has the `field` of the
    form that it is about."""
    try:
        return work()
    except kind as error:
        fielded: Any = error
        raise Wrong(f"{fielded.field}: {error}") from error


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the API."""

    reader: Reader
    clerk: Clerk
    config: Config
    sign_in: SignIn
    audit: AuditTrail | AnswerAudit
    address: str
    """Where the request came from."""
    path: dict[str, str]
    query: dict[str, str]
    body: Any = None
    placed: bool = True
    """Whether the purpose stands for the wearer it is about: then it may be told where he is."""


# --- bodies --------------------------------------------------------------------------------------


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An empty object."""


class WearerRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`seen` is the digest of the record that was read, empty for a new one."""

    wearer: Wearer
    seen: str = ""


class TagRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`seen` is the digest of the record that was read, empty for a new one."""

    tag: Tag
    seen: str = ""


class OrderRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`seen` is the digest of the record that was read, empty for a new one."""

    order: Order
    seen: str = ""


class PersonRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`seen` is the digest of the record that was read, empty for a new one."""

    person: ProtectedPerson
    seen: str = ""


class ContactRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`seen` is the digest of the record that was read, empty for a new one."""

    contact: Contact
    seen: str = ""


class ShiftRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`seen_version` is the version that was read, 0 for a new shift."""

    shift: Shift
    seen_version: int = 0


class OverrideRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`seen_version` is the version that was read, 0 for a new stand-in."""

    override: Override
    seen_version: int = 0


class ConditionRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`seen_version` is the version that was read, 0 for a new condition. `need_id` names a place
    in words for which it is drawn: putting it in force settles that."""

    condition: ConditionVersion
    seen_version: int = 0
    reason: str = ""
    need_id: str = ""


class ExemptionRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`seen_version` is the version that was read, 0 for a new one."""

    exemption: Exemption
    seen_version: int = 0


class Fitting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tag is put on a wearer."""

    wearer_id: WearerId
    tag_id: TagId
    started_at: Instant


class Ending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tag comes off."""

    ended_at: Instant
    reason: str
    becomes: TagState = TagState.TO_BE_RETURNED


class Moving(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a tag is from now on."""

    state: TagState
    words: str


class Swapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another tag is put on instead."""

    tag_id: TagId
    at: Instant
    reason: str
    becomes: TagState = TagState.TO_BE_RETURNED


class Telling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The wearer was told of a version."""

    version: int
    told_at: Instant


class Issuing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something may speak for a tag; without `tag_id` it is a gateway."""

    scheme: Scheme
    tag_id: TagId | None = None


class Reason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: str


# --- recording -----------------------------------------------------------------------------------


def _identity(value: str | None, what: str) -> None:
    if value is not None and not _ID.fullmatch(value):
        raise Wrong(f"{what} must be 1 to 80 letters, digits or _ . : - and begin with one")


def record_wearer_call(call: Call) -> Done:
    """Enter or correct a wearer. Raises Wrong and what the verb raises."""
    body: WearerRecord = call.body
    _identity(body.wearer.wearer_id, "wearer_id")
    return wearer.record_wearer(call.clerk, call.reader, body.wearer, body.seen)


def record_tag_call(call: Call) -> Done:
    """Enter or correct a tag. Raises Wrong and what the verb raises."""
    body: TagRecord = call.body
    _identity(body.tag.tag_id, "tag_id")
    mode = body.tag.mode
    if not body.tag.serial or min(mode.moving_interval_s, mode.resting_interval_s) < 1:
        raise Wrong("a tag needs a serial, and intervals of at least one second")
    return tag.record_tag(call.clerk, call.reader, body.tag, body.seen)


def record_order_call(call: Call) -> Done:
    """Enter or correct an order. Raises Wrong and what the verb raises."""
    body: OrderRecord = call.body
    _identity(body.order.order_id, "order_id")
    return order.record_order(call.clerk, call.reader, body.order, body.seen)


def order_told_call(call: Call) -> Done:
    """Record when the wearer was told of an order. Raises Wrong and what the verb raises."""
    body: Telling = call.body
    identity = OrderId(call.path["order_id"])
    return order.record_order_told(call.clerk, call.reader, identity, body.version, body.told_at)


def record_person_call(call: Call) -> Done:
    """Enter or correct a protected person. Raises Wrong and what the verb raises."""
    body: PersonRecord = call.body
    _identity(body.person.person_id, "person_id")
    if not body.person.wearers:
        raise Wrong("wearers must name at least one wearer she is protected from")
    return person.record_person(call.clerk, call.reader, body.person, body.seen)


def record_contact_call(call: Call) -> Done:
    """Enter or change a contact. Raises Wrong and what the verb raises."""
    body: ContactRecord = call.body
    _identity(body.contact.contact_id, "contact_id")
    if not 1 <= body.contact.rank <= 9:
        raise Wrong("rank must be from 1 to 9")
    return contact.record_contact(call.clerk, call.reader, body.contact, body.seen)


def record_shift_call(call: Call) -> Done:
    """Record the next version of a shift. Raises Wrong and what the verb raises."""
    body: ShiftRecord = call.body
    _identity(body.shift.shift_id, "shift_id")
    return rota.record_shift(call.clerk, call.reader, body.shift, body.seen_version)


def record_override_call(call: Call) -> Done:
    """Record the next version of a stand-in. Raises Wrong and what the verb raises."""
    body: OverrideRecord = call.body
    _identity(body.override.override_id, "override_id")
    return rota.record_override(call.clerk, call.reader, body.override, body.seen_version)


def record_condition_call(call: Call) -> Done:
    """Record the next version of a condition. Raises Wrong and what the verb raises."""
    body: ConditionRecord = call.body
    found = body.condition
    _identity(found.condition_id, "condition_id")
    terms = found.terms
    if isinstance(terms, Curfew):
        _in_reach(terms.address)
        for place in terms.also:
            _in_reach(place)
        windows = terms.rows or terms.appointments or terms.release_night
        if not windows and terms.demand is not Demand.RESTRICTION_ZONE:
            raise Wrong("it needs at least one weekly row, an appointment or a release night")
        if len(terms.also) > ADDRESSES_MOST or len(terms.appointments) > APPOINTMENTS_MOST:
            raise Wrong(f"at most {ADDRESSES_MOST} more addresses and {APPOINTMENTS_MOST} windows")
        if terms.also and terms.shape is not None:
            raise Wrong("give more addresses or a drawn shape, not both")
        if not 20 <= terms.radius_m <= 2_000 or not 0 <= terms.grace_s <= 14_400:
            raise Wrong("radius_m must be 20 to 2000, grace_s 0 to 14400")
    elif isinstance(terms, NoContact):
        if not 20 <= terms.distance_m <= 5_000:
            raise Wrong("distance_m must be from 20 to 5000")
    elif not 0 <= terms.buffer_m <= 10_000:
        raise Wrong("buffer_m must be from 0 to 10000")
    if not isinstance(terms, NoContact) and terms.shape is not None:
        _usable(terms.shape)
    if found.valid_until is not None and found.valid_until <= found.valid_from:
        raise Wrong("valid_until must be after valid_from")
    return condition.record_condition(
        call.clerk, call.reader, found, body.seen_version, body.reason, body.need_id
    )


def record_exemption_call(call: Call) -> Done:
    """Record the next version of an exemption. Raises Wrong and what the verb raises."""
    body: ExemptionRecord = call.body
    _identity(body.exemption.exemption_id, "exemption_id")
    try:
        return exemption.record_exemption(
            call.clerk, call.reader, body.exemption, body.seen_version
        )
    except exemption.ExemptionWrong as error:
        raise Wrong(str(error)) from error


def _usable(shape: Shape) -> None:
    try:
        validate(shape)
        middle = centre(shape)
    except (ShapeError, ValueError, ZeroDivisionError) as error:
        raise Wrong(f"shape: {error}") from error
    _in_reach(middle)


def _in_reach(place: LonLat) -> None:
    try:
        refuse_abroad(place)
    except Abroad as error:
        raise Wrong(str(error)) from error


def fit_call(call: Call) -> Done:
    """Record that a tag was fitted. Raises Wrong and what the verb raises."""
    body: Fitting = call.body
    return activation.fit_tag(call.clerk, call.reader, body.wearer_id, body.tag_id, body.started_at)


def end_call(call: Call) -> Done:
    """Record that a tag came off. Raises Wrong and what the verb raises."""
    body: Ending = call.body
    identity = ActivationId(call.path["activation_id"])
    if body.becomes is TagState.FITTED:
        raise Wrong("becomes cannot be fitted: the tag came off")
    return activation.end_activation(
        call.clerk, call.reader, identity, body.ended_at, body.reason, body.becomes
    )


def swap_call(call: Call) -> Done:
    """Record that another tag is on. Raises Wrong and what the verb raises."""
    body: Swapping = call.body
    identity = ActivationId(call.path["activation_id"])
    if body.becomes is TagState.FITTED:
        raise Wrong("becomes cannot be fitted: the old tag came off")
    return activation.swap_tag(
        call.clerk, call.reader, identity, body.tag_id, body.at, body.reason, body.becomes
    )


def move_call(call: Call) -> Done:
    """Record where a tag is. Raises Wrong and what the verb raises."""
    body: Moving = call.body
    return tag.move_tag(call.clerk, call.reader, TagId(call.path["tag_id"]), body.state, body.words)


def told_call(call: Call) -> Done:
    """Record when the wearer was told. Raises Wrong and what the verb raises."""
    body: Telling = call.body
    identity = ConditionId(call.path["condition_id"])
    return condition.record_told(call.clerk, call.reader, identity, body.version, body.told_at)


def issue_call(call: Call) -> Done:
    """Let a tag or gateway speak to us. Raises Wrong and what the verb raises."""
    body: Issuing = call.body
    if (body.tag_id is None) != (body.scheme is Scheme.TRACCAR_FORWARD):
        raise Wrong("a gateway is of scheme traccar_forward and has no tag; others need tag_id")
    return credential.issue_credential(call.clerk, call.reader, body.scheme, body.tag_id)


def revoke_call(call: Call) -> Done:
    """Shut a tag or gateway out. Raises Wrong and what the verb raises."""
    identity = CredentialId(call.path["credential_id"])
    return credential.revoke_credential(call.clerk, call.reader, identity, call.body.reason)
