"""The register: wearers, tags, orders, contacts … in memory for deciding, in tables for reading."""

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, select

from tagwatch.core import ledger
from tagwatch.core.ids import (
    ActivationId,
    ConditionId,
    ContactId,
    CredentialId,
    PersonId,
    TagId,
    WearerId,
)
from tagwatch.core.ledger import Event
from tagwatch.core.order import ConditionVersion, ExclusionZone, NoContact, Order
from tagwatch.core.person import (
    Activation,
    Contact,
    Credential,
    ProtectedPerson,
    Tag,
    TagMode,
    Wearer,
)
from tagwatch.core.review import restricted
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.conditions import Conditions, condition_row
from tagwatch.store.encounters import Pairs
from tagwatch.store.exemptions import Exemptions, load_exemptions, put_exemption
from tagwatch.store.geometry_needs import GeometryNeeds, load_needs
from tagwatch.store.orders import Orders
from tagwatch.store.places import Places
from tagwatch.store.rota import RotaBook, load_rota, put_override, put_shift
from tagwatch.store.routes import RoutesBook, load_routes
from tagwatch.store.writes import Writes
from tagwatch.store.zone_drafts import ZoneDrafts, load_zone_drafts


class RegisterError(Exception):
    """An event names something the register does not hold. The text says which."""


class Register:
    """Everything the line knows of people, tags, orders and settings.

    `apply` takes one journal event, changes what is in memory and adds the rows to `writes`.
    """

    def __init__(self) -> None:
        self.wearers: dict[WearerId, Wearer] = {}
        self.persons: dict[PersonId, ProtectedPerson] = {}
        self.tags: dict[TagId, Tag] = {}
        self.activations: dict[ActivationId, Activation] = {}
        self.credentials: dict[CredentialId, Credential] = {}
        self.contacts: dict[ContactId, Contact] = {}
        self.rota = RotaBook()
        self.routes = RoutesBook()
        self.orders = Orders()
        self.conditions = Conditions()
        self.settings: list[tuple[Instant, Settings]] = []
        """Published settings with their effective_from, in order of publication."""
        self.places = Places()
        self.pairs = Pairs()
        self.drafts = ZoneDrafts()
        self.exemptions = Exemptions()
        self.needs = GeometryNeeds()
        self._worn: dict[str, int] | None = None
        self._at = Instant(0)
        self._conditions_of: dict[WearerId, list[ConditionId]] = defaultdict(list)
        self._activations_of: dict[WearerId, list[ActivationId]] = defaultdict(list)

    def conditions_of(self, wearer: WearerId) -> tuple[ConditionVersion, ...]:
        """Return all versions of all conditions of a wearer, as recorded so far."""
        found = self._conditions_of.get(wearer, ())
        return tuple(version for name in found for version in self.conditions[name])

    def orders_of(self, wearer: WearerId) -> tuple[Order, ...]:
        """Return the wearer's orders."""
        return self.orders.of(wearer)

    def activations_of(self, wearer: WearerId) -> tuple[Activation, ...]:
        """Return the wearer's activations, first started first."""
        found = [self.activations[name] for name in self._activations_of.get(wearer, ())]
        return tuple(sorted(found, key=lambda a: (a.started_at, a.activation_id)))

    def activation_at(self, wearer: WearerId, at: Instant) -> Activation | None:
        """Return the activation in force for `wearer` at `at`: the one started last, if several."""
        for activation in reversed(self.activations_of(wearer)):
            if activation.started_at <= at and (
                activation.ended_at is None or at < activation.ended_at
            ):
                return activation
        return None

    def settings_history(self) -> SettingsHistory:
        """Return which settings apply when: of one time, those published last."""
        by_time = {Instant(-(2**62)): DEFAULT_SETTINGS}
        by_time |= dict(self.settings)
        return SettingsHistory(tuple(sorted(by_time.items(), key=lambda item: item[0])))

    def mode_of(self, activation: ActivationId) -> TagMode:
        """Return how often the tag of an activation is expected to be heard of."""
        known = self.activations.get(activation)
        tag = None if known is None else self.tags.get(known.tag_id)
        return TagMode() if tag is None else tag.mode

    def worn_of(self, model: str) -> int:
        """Return how many tags of a model are on somebody, as far as recorded."""
        if self._worn is None:
            on = [a.tag_id for a in self.activations.values() if a.ended_at is None]
            self._worn = Counter(self.tags[name].model for name in on if name in self.tags)
        return self._worn.get(model, 0)

    def orders_in_force(self, wearer: WearerId, at: Instant) -> tuple[Order, ...]:
        """Return the wearer's orders that have started and not ended, as they stand at `at`."""
        return self.orders.in_force(wearer, at)

    def in_force(self, at: Instant) -> Iterator[ConditionVersion]:
        """Yield, of every condition, the version in force at `at`: the highest that is valid."""
        for versions in self.conditions.values():
            valid = [version for version in versions if is_valid(version, at)]
            if valid and self.orders.holds(valid[-1].order_id, at):
                yield valid[-1]

    def protected_by(self, wearer: WearerId, at: Instant) -> tuple[PersonId, ...]:
        """Return the persons whom the wearer's conditions in force at `at` protect, sorted."""
        found: set[PersonId] = set()
        for name in self._conditions_of.get(wearer, ()):
            valid = [v for v in self.conditions[name] if is_valid(v, at)]
            holds = valid and self.orders.holds(valid[-1].order_id, at)
            terms = valid[-1].terms if holds else None
            if isinstance(terms, ExclusionZone | NoContact):
                found.update(terms.protects)
        return tuple(sorted(found))

    def apply(self, event: Event, at: Instant, writes: Writes) -> None:
        """Take in `event`, journaled at `at`.

        Raises RegisterError if it refers to what was never recorded.
        """
        self._at = at
        _APPLY[type(event)](self, event, writes)

    def wearer_recorded(self, event: ledger.WearerRecorded, writes: Writes) -> None:
        """Take a wearer's record in."""
        before = self.wearers.get(event.wearer.wearer_id)
        wearer = restricted(before, event.wearer, self._at, event.by)
        self.wearers[wearer.wearer_id] = wearer
        row = _columns(wearer, "wearer_id", "name", "crn", "agency", "borough", "officer")
        row |= {"programme": wearer.programme.value, "restriction": wearer.restriction.value}
        writes.put(schema.wearer, row | _body(wearer))

    def person_recorded(self, event: ledger.PersonRecorded, writes: Writes) -> None:
        """Take a protected person's record in."""
        self.persons[event.person.person_id] = event.person
        row = _columns(event.person, "person_id", "liaison") | _body(event.person)
        row["wearers"] = msgspec.json.encode(event.person.wearers).decode()
        writes.put(schema.protected_person, row)

    def tag_recorded(self, event: ledger.TagRecorded, writes: Writes) -> None:
        """Take a tag in."""
        self.tags[event.tag.tag_id] = event.tag
        self._worn = None
        writes.put(schema.tag, _columns(event.tag, "tag_id", "serial") | _body(event.tag))

    def activation_started(self, event: ledger.ActivationStarted, writes: Writes) -> None:
        """Take an activation in."""
        activation = event.activation
        self._known("tag", activation.tag_id, self.tags)
        self._known("wearer", activation.wearer_id, self.wearers)
        self.hold_activation(activation)
        writes.put(schema.activation, _activation_row(activation))

    def activation_ended(self, event: ledger.ActivationEnded, writes: Writes) -> None:
        """Note the end of an activation."""
        self._known("activation", event.activation_id, self.activations)
        ended = msgspec.structs.replace(
            self.activations[event.activation_id], ended_at=event.ended_at
        )
        self.activations[event.activation_id] = ended
        writes.put(schema.activation, _activation_row(ended))

    def credential_issued(self, event: ledger.CredentialIssued, writes: Writes) -> None:
        """Take a credential in."""
        credential = event.credential
        self.credentials[credential.credential_id] = credential
        writes.put(schema.credential, _credential_row(credential, None))

    def contact_recorded(self, event: ledger.ContactRecorded, writes: Writes) -> None:
        """Take a contact in."""
        contact = event.contact
        self.contacts[contact.contact_id] = contact
        row = _columns(contact, "contact_id", "account_id") | {"duty": contact.duty.value}
        writes.put(schema.contact, row | _body(contact))

    def shift_recorded(self, event: ledger.ShiftRecorded, writes: Writes) -> None:
        """Take a version of a shift in."""
        self._known("contact", event.shift.contact_id, self.contacts)
        self.rota.hold_shift(event.shift)
        put_shift(writes, event.shift)

    def override_recorded(self, event: ledger.OverrideRecorded, writes: Writes) -> None:
        """Take a version of an override in."""
        self._known("contact", event.override.contact_id, self.contacts)
        self.rota.hold_override(event.override)
        put_override(writes, event.override)

    def route_proposed(self, event: ledger.RouteProposed, writes: Writes) -> None:
        """Take a proposal of other routes in."""
        self.routes.proposed(event.proposal, writes)

    def route_decided(self, event: ledger.RouteDecided, writes: Writes) -> None:
        """Take what a second person says of it in."""
        self.routes.decided(event, writes)

    def order_recorded(self, event: ledger.OrderRecorded, writes: Writes) -> None:
        """Take a version of an order in; its number follows the one before."""
        self._known("wearer", event.order.wearer_id, self.wearers)
        self.orders.recorded(event.order, self._at, writes)

    def order_told(self, event: ledger.OrderTold, writes: Writes) -> None:
        """Note when the wearer was told of a version of an order."""
        self._known("order", event.order_id, self.orders)
        if not self.orders.told(event, writes):
            raise RegisterError(f"order {event.order_id} has no version {event.version}")

    def condition_recorded(self, event: ledger.ConditionRecorded, writes: Writes) -> None:
        """Take a version of a condition in."""
        version = event.condition
        self._known("wearer", version.wearer_id, self.wearers)
        self.hold_condition(version)
        writes.put(schema.condition, condition_row(version))

    def zone_drafted(self, event: ledger.ZoneDrafted, writes: Writes) -> None:
        """Take a drawn zone in, of which nothing is in force."""
        self._known("wearer", event.draft.condition.wearer_id, self.wearers)
        self.drafts.drafted(event.draft, writes)

    def zone_draft_decided(self, event: ledger.ZoneDraftDecided, writes: Writes) -> None:
        """Take in what a second person says of a drawn zone: published, it is in force."""
        found = self.drafts.waiting(event.draft_id)
        held = () if found is None else self.conditions.get(found.condition.condition_id, ())
        newest = held[-1].version if held else 0
        version = self.drafts.decided(event, newest, writes)
        if version is not None:
            self.hold_condition(version)
            writes.put(schema.condition, condition_row(version))

    def condition_told(self, event: ledger.ConditionTold, writes: Writes) -> None:
        """Note when the wearer was told of a version."""
        self._known("condition", event.condition_id, self.conditions)
        for version in self.conditions[event.condition_id]:
            if version.version == event.version:
                told = msgspec.structs.replace(version, told_at=event.told_at)
                self.hold_condition(told)
                writes.put(schema.condition, condition_row(told))
                return
        raise RegisterError(f"condition {event.condition_id} has no version {event.version}")

    def exemption_recorded(self, event: ledger.ExemptionRecorded, writes: Writes) -> None:
        """Take a version of an exemption in."""
        self._known("wearer", event.exemption.wearer_id, self.wearers)
        self.exemptions.hold(event.exemption)
        put_exemption(writes, event.exemption)

    def settings_published(self, event: ledger.SettingsPublished, writes: Writes) -> None:
        """Take published settings in."""
        self.settings.append((event.effective_from, event.settings))
        row = {"version": event.settings.version, "effective_from": event.effective_from}
        writes.put(schema.settings, row | _body(event.settings))

    def hold_activation(self, activation: Activation) -> None:
        """Keep an activation in memory."""
        if activation.activation_id not in self.activations:
            self._activations_of[activation.wearer_id].append(activation.activation_id)
        self.activations[activation.activation_id] = activation
        self._worn = None

    def hold_condition(self, version: ConditionVersion) -> None:
        """Keep a version of a condition in memory, in place of one of the same number."""
        if version.condition_id not in self.conditions:
            self._conditions_of[version.wearer_id].append(version.condition_id)
        self.conditions.hold(version)
        self.places.hold(version)
        self.pairs.hold(version)

    def credential_revoked(self, event: ledger.CredentialRevoked, writes: Writes) -> None:
        """Forget a credential; its row says since when."""
        self._known("credential", event.credential_id, self.credentials)
        revoked = self.credentials.pop(event.credential_id)
        writes.put(schema.credential, _credential_row(revoked, revoked_at=self._at))

    def _known(self, what: str, name: str, held: Container[str]) -> None:
        if name not in held:
            raise RegisterError(f"no {what} {name} was recorded before this event")


def is_valid(version: ConditionVersion, at: Instant) -> bool:
    """Return whether a version is valid at `at`."""
    return version.valid_from <= at and (version.valid_until is None or at < version.valid_until)


def load_register(connection: Connection) -> Register:
    """Return the register as the projections hold it."""
    register = Register()
    register.wearers = {w.wearer_id: w for w in _all(connection, schema.wearer, Wearer)}
    persons = _all(connection, schema.protected_person, ProtectedPerson)
    register.persons = {p.person_id: p for p in persons}
    register.tags = {t.tag_id: t for t in _all(connection, schema.tag, Tag)}
    for activation in _all(connection, schema.activation, Activation):
        register.hold_activation(activation)
    live = select(schema.credential.c.body).where(schema.credential.c.revoked_at.is_(None))
    for body in connection.scalars(live):
        credential = msgspec.json.decode(body, type=Credential)
        register.credentials[credential.credential_id] = credential
    register.contacts = {c.contact_id: c for c in _all(connection, schema.contact, Contact)}
    register.rota = load_rota(connection)
    register.routes = load_routes(connection)
    register.exemptions = load_exemptions(connection)
    register.needs = load_needs(connection)
    register.drafts = load_zone_drafts(connection)
    for order in _all(connection, schema.order_version, Order):
        register.orders.hold(order)
    for version in _all(connection, schema.condition, ConditionVersion):
        register.hold_condition(version)
    published = select(schema.settings).order_by(schema.settings.c.version)
    for row in connection.execute(published):
        settings = msgspec.json.decode(row.body, type=Settings)
        register.settings.append((Instant(row.effective_from), settings))
    return register


def _all(connection: Connection, table: Table, kind: type[Any]) -> Iterator[Any]:
    """Yield every record of a table, never all at once in memory."""
    decoder = msgspec.json.Decoder(kind)
    bodies = select(table.c.body).order_by(*table.primary_key)
    for body in connection.scalars(bodies.execution_options(yield_per=1_000)):
        yield decoder.decode(body)


def _body(record: msgspec.Struct) -> dict[str, Any]:
    return {"body": msgspec.json.encode(record).decode()}


def _columns(record: msgspec.Struct, *names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def _activation_row(activation: Activation) -> dict[str, Any]:
    names = ("activation_id", "tag_id", "wearer_id", "started_at", "ended_at")
    return _columns(activation, *names) | _body(activation)


def _credential_row(credential: Credential, revoked_at: Instant | None) -> dict[str, Any]:
    row = _columns(credential, "credential_id", "secret_sha256", "tag_id")
    row |= {"scheme": credential.scheme.value, "revoked_at": revoked_at}
    return row | _body(credential)


_APPLY: Final[dict[type[Event], Callable[[Register, Any, Writes], None]]] = {
    ledger.WearerRecorded: Register.wearer_recorded,
    ledger.PersonRecorded: Register.person_recorded,
    ledger.TagRecorded: Register.tag_recorded,
    ledger.ActivationStarted: Register.activation_started,
    ledger.ActivationEnded: Register.activation_ended,
    ledger.CredentialIssued: Register.credential_issued,
    ledger.CredentialRevoked: Register.credential_revoked,
    ledger.ContactRecorded: Register.contact_recorded,
    ledger.ShiftRecorded: Register.shift_recorded,
    ledger.OverrideRecorded: Register.override_recorded,
    ledger.RouteProposed: Register.route_proposed,
    ledger.RouteDecided: Register.route_decided,
    ledger.OrderRecorded: Register.order_recorded,
    ledger.OrderTold: Register.order_told,
    ledger.GeometryNeeded: lambda register, event, writes: register.needs.needed(event, writes),
    ledger.GeometrySettled: lambda register, event, writes: register.needs.settled(
        event, register.conditions, writes
    ),
    ledger.ConditionRecorded: Register.condition_recorded,
    ledger.ConditionTold: Register.condition_told,
    ledger.ZoneDrafted: Register.zone_drafted,
    ledger.ZoneDraftDecided: Register.zone_draft_decided,
    ledger.ExemptionRecorded: Register.exemption_recorded,
    ledger.SettingsPublished: Register.settings_published,
}

REGISTER_EVENTS: Final = frozenset(_APPLY)
"""Kinds of event that change the register."""
