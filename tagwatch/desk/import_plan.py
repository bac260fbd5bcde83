"""What an import file asks for, against what the register holds: the events still missing.

Ids follow from the references in the file, so the same file asks for nothing the second time.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from tagwatch.core import ledger
from tagwatch.core.ids import (
    AccountId,
    ActivationId,
    ConditionId,
    ContactId,
    OrderId,
    PersonId,
    TagId,
    WearerId,
    derived_id,
)
from tagwatch.core.order import ConditionVersion, Order, Terms
from tagwatch.core.person import Activation, Contact, ProtectedPerson, Tag, Wearer
from tagwatch.core.units import Instant
from tagwatch.desk.import_file import (
    ActivationItem,
    ContactItem,
    CurfewItem,
    ImportFile,
    ImportRefused,
    NoContactItem,
    OrderItem,
    ZoneItem,
)
from tagwatch.desk.import_terms import (
    Mistakes,
    WornBeside,
    address_mistake,
    curfew_terms,
    keeps_kind,
    no_contact_terms,
    order_terms,
    record_id,
    wearer_values,
    zone_terms,
)
from tagwatch.store.drafts import wearer_owner
from tagwatch.store.journal.record import Owner
from tagwatch.store.known import KnownRecords, Lookup


class Planned(NamedTuple):
    """An event to append, and its owner where that is not plain from the event."""

    event: ledger.Event
    owner: Owner | None = None


def plan_import(
    file: ImportFile,
    known: KnownRecords,
    accounts: Mapping[str, AccountId],
    at: Instant,
    by: AccountId,
    silent: frozenset[str] = frozenset(),
) -> list[Planned]:
    """Return the events that bring the register to what the file says, in a valid order.

    `accounts` maps sign-in names; `silent` are the fields of a wearer on which the file says
    nothing, so that they stay as they are. Raises ImportRefused with everything that does not
    fit: a reference to nothing, a shape that is none, times in the wrong order, a tag on two
    people.
    """
    plan = _Plan(known, accounts, at, by)
    plan.names(file)
    plan.contacts(file.contacts)
    plan.wearers(file, silent)
    plan.persons(file)
    plan.tags(file)
    plan.activations(file.activations)
    plan.orders(file.orders)
    plan.conditions("exclusion_zones", file.exclusion_zones, plan.zone)
    plan.conditions("curfews", file.curfews, plan.curfew)
    plan.conditions("no_contacts", file.no_contacts, plan.no_contact)
    plan.refuse_mistakes()
    return plan.events


class _Plan:
    """One pass over the file; collects events and mistakes."""

    def __init__(
        self, known: KnownRecords, accounts: Mapping[str, AccountId], at: Instant, by: AccountId
    ) -> None:
        self._mistakes = Mistakes()
        self.events: list[Planned] = []
        self._records = known
        self._accounts = accounts
        self._at = at
        self._by = by
        self._named: dict[str, set[str]] = {}
        """Ids by kind that the file itself records."""
        self._orders: dict[str, Order] = {}
        self._tag_ids: dict[str, TagId] = {}
        """By serial, of the tags that the file itself records."""
        self._worn = WornBeside(known)

    def refuse_mistakes(self) -> None:
        """Raise ImportRefused if there was any mistake."""
        if self._mistakes.found:
            raise ImportRefused(self._mistakes.found)

    # --- names ------------------------------------------------------------------------------

    def names(self, file: ImportFile) -> None:
        """Note which references the file records, each once."""
        lists: tuple[tuple[str, str, Sequence[Any]], ...] = (
            ("ct", "contacts", file.contacts),
            ("wr", "wearers", file.wearers),
            ("pp", "protected_persons", file.protected_persons),
            ("or", "orders", file.orders),
            ("co", "exclusion_zones", file.exclusion_zones),
            ("co", "curfews", file.curfews),
            ("co", "no_contacts", file.no_contacts),
        )
        for kind, section, items in lists:
            named = self._named.setdefault(kind, set())
            for number, item in enumerate(items):
                name = self._id(kind, item.ref)
                if name in named:
                    self._mistakes.wrong(f"{section}[{number}].ref", f"{item.ref!r} stands twice")
                named.add(name)
        for number, serial in enumerate(tag.serial for tag in file.tags):
            if serial in self._tag_ids:
                self._mistakes.wrong(f"tags[{number}].serial", f"{serial!r} stands twice")
            made = TagId(derived_id("tg", "import", serial))
            self._tag_ids[serial] = self._recorded_tag(serial) or made

    def _id(self, kind: str, ref: str) -> str:
        return self._records.entered_as(kind, record_id(kind, ref), self._by)

    def _refer(self, kind: str, ref: str, path: str, known: Lookup[Any, Any]) -> str:
        name = self._id(kind, ref)
        if name not in self._named.get(kind, ()) and name not in known:
            what = {"ct": "contact", "wr": "wearer", "pp": "protected person", "or": "order"}[kind]
            self._mistakes.wrong(
                path, f"no {what} {ref!r}, neither in this file nor recorded before"
            )
        return name

    def _wearer(self, ref: str, path: str) -> WearerId:
        return WearerId(self._refer("wr", ref, path, self._records.wearers))

    def _account(self, name: str | None, path: str) -> AccountId | None:
        if name is None:
            return None
        found = self._accounts.get(name.strip().lower())
        if found is None:
            self._mistakes.wrong(path, f"no account is named {name!r}; see `tagwatch user list`")
        return found

    # --- people and tags --------------------------------------------------------------------

    def contacts(self, items: Sequence[ContactItem]) -> None:
        """Plan who can be told."""
        for number, item in enumerate(items):
            path = f"contacts[{number}]"
            contact = Contact(
                contact_id=ContactId(self._id("ct", item.ref)),
                label=item.label,
                duty=item.duty,
                rank=item.rank,
                channel=item.channel,
                address=item.address,
                account_id=self._account(item.account, f"{path}.account"),
                wearers=tuple(
                    self._wearer(ref, f"{path}.wearers[{i}]") for i, ref in enumerate(item.wearers)
                ),
                boroughs=item.boroughs,
                active=item.active,
            )
            if (wrong := address_mistake(item.channel, item.address)) is not None:
                self._mistakes.wrong(f"{path}.address", wrong)
            if self._records.contacts.get(contact.contact_id) != contact:
                self._add(ledger.ContactRecorded(contact=contact, by=self._by))

    def wearers(self, file: ImportFile, silent: frozenset[str]) -> None:
        """Plan the wearers; of one recorded before, what the file cannot say stays."""
        for number, item in enumerate(file.wearers):
            values = wearer_values(item)
            self._mistakes.day(item.date_of_birth, f"wearers[{number}].date_of_birth")
            values["officer"] = self._account(item.officer, f"wearers[{number}].officer")
            wearer_id = WearerId(self._id("wr", item.ref))
            known = self._records.wearers.get(wearer_id)
            if known is None:
                wearer = Wearer(wearer_id=wearer_id, **values)
            else:
                said = {name: value for name, value in values.items() if name not in silent}
                wearer = msgspec.structs.replace(known, **said)
            if known != wearer:
                self._add(ledger.WearerRecorded(wearer=wearer, by=self._by))

    def persons(self, file: ImportFile) -> None:
        """Plan the protected persons."""
        for number, item in enumerate(file.protected_persons):
            path = f"protected_persons[{number}]"
            liaison = None
            if item.liaison is not None:
                held = self._records.contacts
                liaison = ContactId(self._refer("ct", item.liaison, f"{path}.liaison", held))
            person = ProtectedPerson(
                person_id=PersonId(self._id("pp", item.ref)),
                name=item.name,
                relation=item.relation,
                wearers=tuple(
                    self._wearer(ref, f"{path}.wearers[{i}]") for i, ref in enumerate(item.wearers)
                ),
                liaison=liaison,
            )
            before = self._records.persons.get(person.person_id)
            if before is not None:
                person = msgspec.structs.replace(person, contact=before.contact)
            if before != person:
                self._add(ledger.PersonRecorded(person=person, by=self._by))

    def tags(self, file: ImportFile) -> None:
        """Plan the tags; one recorded before is known by its serial."""
        for item in file.tags:
            tag = Tag(
                tag_id=self._tag_ids[item.serial],
                serial=item.serial,
                model=item.model,
                mode=item.mode,
            )
            if self._records.tags.get(tag.tag_id) != tag:
                self._add(ledger.TagRecorded(tag=tag, by=self._by))

    def activations(self, items: Sequence[ActivationItem]) -> None:
        """Plan which tag is on whom, each tag and each wearer once at a time."""
        for number, item in enumerate(items):
            path = f"activations[{number}]"
            tag_id = self._tag_ids.get(item.tag) or self._recorded_tag(item.tag)
            if tag_id is None:
                self._mistakes.wrong(
                    f"{path}.tag", f"no tag {item.tag!r}, neither here nor recorded before"
                )
            wearer_id = self._wearer(item.wearer, f"{path}.wearer")
            started = self._mistakes.moment(item.started_at, f"{path}.started_at")
            ended = self._mistakes.moment(item.ended_at, f"{path}.ended_at")
            if tag_id is None or started is None:
                continue
            self._mistakes.ordered(started, ended, f"{path}.ended_at")
            name = derived_id("act", "import", tag_id, wearer_id, started)
            activation = Activation(
                activation_id=ActivationId(name),
                tag_id=tag_id,
                wearer_id=wearer_id,
                started_at=started,
                ended_at=ended,
            )
            if (wrong := self._worn.wrong(activation)) is not None:
                self._mistakes.wrong(path, wrong)
            self._add_activation(activation)

    def _recorded_tag(self, serial: str) -> TagId | None:
        recorded = self._records.tag_of(serial)
        return None if recorded is None else recorded.tag_id

    def _add_activation(self, activation: Activation) -> None:
        recorded = self._records.activations.get(activation.activation_id)
        if recorded is None:
            self._add(ledger.ActivationStarted(activation=activation, by=self._by))
        elif recorded.ended_at is None and activation.ended_at is not None:
            event = ledger.ActivationEnded(
                activation_id=activation.activation_id,
                ended_at=activation.ended_at,
                reason="imported",
                by=self._by,
            )
            self._add(event, wearer_owner(activation.wearer_id))

    # --- orders and conditions --------------------------------------------------------------

    def orders(self, items: Sequence[OrderItem]) -> None:
        """Plan the orders."""
        for number, item in enumerate(items):
            path = f"orders[{number}]"
            wearer_id = self._wearer(item.wearer, f"{path}.wearer")
            identity = OrderId(self._id("or", item.ref))
            order = order_terms(item, identity, wearer_id, path, self._mistakes, self._at)
            if order is not None:
                self._orders[order.order_id] = order
                self._add_order(order, path)

    def _add_order(self, wanted: Order, path: str) -> None:
        recorded = self._records.orders.get(wanted.order_id)
        if recorded is None:
            self._add(ledger.OrderRecorded(order=wanted, by=self._by))
            return
        if recorded.wearer_id != wanted.wearer_id:
            self._mistakes.wrong(f"{path}.wearer", "an order stays with its wearer; give a new ref")
        same = msgspec.structs.replace(
            wanted, version=recorded.version, recorded_at=recorded.recorded_at
        )
        if same == recorded:
            return
        if wanted.told_at is not None and msgspec.structs.replace(same, told_at=None) == recorded:
            told = ledger.OrderTold(
                order_id=wanted.order_id,
                version=recorded.version,
                told_at=wanted.told_at,
                by=self._by,
            )
            self._add(told, wearer_owner(wanted.wearer_id))
            return
        self._add(ledger.OrderRecorded(order=wanted, by=self._by))

    def conditions(
        self, section: str, items: Sequence[Any], terms_of: Callable[[Any, str], Terms | None]
    ) -> None:
        """Plan the conditions of one section: a new version where anything but told differs."""
        for number, item in enumerate(items):
            path = f"{section}[{number}]"
            name = self._refer("or", item.order, f"{path}.order", self._records.orders)
            order = self._orders.get(name) or self._records.orders.get(OrderId(name))
            terms = terms_of(item, path)
            valid_from = self._mistakes.moment(item.valid_from, f"{path}.valid_from")
            valid_until = self._mistakes.moment(item.valid_until, f"{path}.valid_until")
            told_at = self._mistakes.told(item.told_at, f"{path}.told_at", self._at)
            if order is None or terms is None:
                continue
            starts = order.starts_at if valid_from is None else valid_from
            ends = order.ends_at if valid_until is None else valid_until
            self._mistakes.ordered(starts, ends, f"{path}.valid_until")
            self._add_condition(
                ConditionVersion(
                    condition_id=ConditionId(self._id("co", item.ref)),
                    version=1,
                    order_id=order.order_id,
                    wearer_id=order.wearer_id,
                    terms=terms,
                    valid_from=starts,
                    valid_until=ends,
                    recorded_at=self._at,
                    told_at=told_at,
                    thresholds=item.thresholds,
                ),
                path,
            )

    def _add_condition(self, wanted: ConditionVersion, path: str) -> None:
        versions = self._records.conditions.get(wanted.condition_id)
        keeps_kind(wanted, versions, path, self._mistakes)
        if not versions:
            self._add(ledger.ConditionRecorded(condition=wanted, by=self._by, reason="imported"))
            return
        newest = versions[-1]
        if newest.wearer_id != wanted.wearer_id:
            stays = "a condition stays with its wearer; give a new ref"
            self._mistakes.wrong(f"{path}.order", stays)
        same = msgspec.structs.replace(
            wanted, version=newest.version, recorded_at=newest.recorded_at
        )
        if same == newest:
            return
        told_only = msgspec.structs.replace(same, told_at=None) == newest
        if told_only and wanted.told_at is not None:
            told = ledger.ConditionTold(
                condition_id=wanted.condition_id,
                version=newest.version,
                told_at=wanted.told_at,
                by=self._by,
            )
            self._add(told, wearer_owner(wanted.wearer_id))
            return
        following = msgspec.structs.replace(wanted, version=newest.version + 1)
        self._add(ledger.ConditionRecorded(condition=following, by=self._by, reason="imported"))

    def zone(self, item: ZoneItem, path: str) -> Terms | None:
        """Return the terms of an exclusion zone, None after noting what is wrong."""
        return zone_terms(item, path, self._protects(item.protects, path), self._mistakes)

    def curfew(self, item: CurfewItem, path: str) -> Terms | None:
        """Return the terms of a curfew, None after noting what is wrong."""
        return curfew_terms(item, path, self._mistakes)

    def no_contact(self, item: NoContactItem, path: str) -> Terms:
        """Return the terms of a condition of no contact, noting what is wrong."""
        known = self._wearer(item.other, f"{path}.other"), self._protects(item.protects, path)
        return no_contact_terms(item, path, *known, self._mistakes)

    def _protects(self, refs: Sequence[str], path: str) -> tuple[PersonId, ...]:
        known, at = self._records.persons, f"{path}.protects"
        found = [self._refer("pp", ref, f"{at}[{i}]", known) for i, ref in enumerate(refs)]
        return tuple(PersonId(name) for name in found)

    def _add(self, event: ledger.Event, owner: Owner | None = None) -> None:
        self.events.append(Planned(event, owner))
