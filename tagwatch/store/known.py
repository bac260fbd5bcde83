"""The register as it is asked for a few records by name: nothing is read that nobody names.

The line holds the whole register in memory; whoever only looks some of it up uses this.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, TypeVar, cast

import msgspec
from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Connection,
    Table,
    bindparam,
    or_,
    select,
    true,
    type_coerce,
)

from tagwatch.core.geometry_need import GeometryNeed
from tagwatch.core.ids import (
    ConditionId,
    OrderId,
    PersonId,
    TagId,
    WearerId,
    derived_id,
)
from tagwatch.core.order import ConditionVersion, Order
from tagwatch.core.person import Activation, Contact, ProtectedPerson, Tag, Wearer
from tagwatch.store import schema
from tagwatch.store.protected import opened

NUMBERS: Final = ("crn", "nomis_id", "pnc_ref")
"""Fields of a wearer by which other systems know him."""
_NAME: Final[BindParameter[str]] = bindparam("name")
_VERSIONS: Final = (
    select(schema.condition.c.body)
    .where(schema.condition.c.condition_id == _NAME)
    .order_by(schema.condition.c.version)
)
_TAG_OF: Final = (
    select(schema.tag.c.body)
    .where(schema.tag.c.serial == _NAME)
    .order_by(schema.tag.c.tag_id.desc())
    .limit(1)
)
_Key = TypeVar("_Key", bound=str)
_Found = TypeVar("_Found")


class Lookup(Generic[_Key, _Found]):
    """Records that are read when they are first asked for, and kept."""

    def __init__(self, read: Callable[[_Key], _Found | None]) -> None:
        self._read = read
        self._kept: dict[_Key, _Found | None] = {}

    def get(self, name: _Key, /) -> _Found | None:
        """Return one, None if there is none."""
        if name not in self._kept:
            self._kept[name] = self._read(name)
        return self._kept[name]

    def __getitem__(self, name: _Key, /) -> _Found:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: object, /) -> bool:
        return self.get(cast("_Key", name)) is not None


class KnownRecords:
    """What is recorded of people, tags and orders, through one connection and as one state.

    `seen` is the condition on `schema.wearer` that holds for whoever may be seen: others, their
    orders and the persons protected from them are as if they were not recorded, and so are
    conditions of which `shown` says so. Those that were asked for are named in `hidden`.
    """

    def __init__(
        self,
        connection: Connection,
        seen: ColumnElement[bool] | None = None,
        shown: Callable[[Wearer, ConditionVersion], bool] | None = None,
    ) -> None:
        self._connection = connection
        self._shown = shown
        self._seen = true() if seen is None else seen
        self.hidden: set[str] = set()
        row = schema.wearer.c
        self._wearers = select(row.body, self._seen.label("seen")).where(row.wearer_id == _NAME)
        self._persons = self._of(schema.protected_person, ProtectedPerson)
        self._orders = self._of(schema.order, Order)
        self.wearers = Lookup(self._wearer)
        self.persons = Lookup(self._person)
        self.orders = Lookup(self._order)
        self.contacts = Lookup(self._of(schema.contact, Contact))
        self.tags = Lookup(self._of(schema.tag, Tag))
        self.activations = Lookup(self._of(schema.activation, Activation))
        self.needs = Lookup(self._of(schema.geometry_need, GeometryNeed))
        self.conditions = Lookup(self._versions)
        self._by_kind: dict[str, Lookup[Any, Any]] = {
            "wr": self.wearers,
            "pp": self.persons,
            "or": self.orders,
            "co": self.conditions,
        }
        self._serials = Lookup(self._tag_of)
        self._numbers: dict[str, list[WearerId]] | None = None

    def entered_as(self, kind: str, name: str, by: str) -> str:
        """Return the id under which `by` enters a record that would be called `name`: another one
        where that is a record he may not see, and the same again the next time. `kind` is the
        beginning of such ids: wr, pp, or, co; others are hidden from nobody."""
        records = self._by_kind.get(kind)
        if records is None:
            return name
        while records.get(name) is None and name in self.hidden:
            name = derived_id(name.partition("_")[0], "beside", name, by)
        return name

    # --- found by something else than the id -------------------------------------------------

    def tag_of(self, serial: str) -> Tag | None:
        """Return the tag with this serial."""
        return self._serials.get(serial)

    def numbered(self, numbers: Iterable[str]) -> list[Wearer]:
        """Return the wearers who have any of these as CRN, NOMIS id or PNC number, whatever the
        case of the letters."""
        if self._numbers is None:
            self._numbers = self._all_numbers()
        found = {name for number in numbers for name in self._numbers.get(number.upper(), ())}
        return [self.wearers[name] for name in sorted(found)]

    def orders_numbered(self, reference: str) -> list[Order]:
        """Return the orders with this reference, whatever the case of the letters."""
        wanted, order = reference.lower(), schema.order.c
        said = type_coerce(order.body, JSON)["reference"].as_string()
        rows = self._connection.execute(
            select(order.order_id, said).join(schema.wearer).where(self._seen)
        )
        names = sorted(name for name, given in rows if given.strip().lower() == wanted)
        return [self.orders[OrderId(name)] for name in names]

    def worn_beside(self, tag_id: TagId, wearer_id: WearerId) -> list[Activation]:
        """Return every activation of this tag or of this wearer."""
        row = schema.activation.c
        query = select(row.body).where(or_(row.tag_id == tag_id, row.wearer_id == wearer_id))
        bodies = self._connection.scalars(query)
        return [msgspec.json.decode(body, type=Activation) for body in bodies]

    # --- one by one --------------------------------------------------------------------------

    def _of(self, table: Table, kind: type[_Found]) -> Callable[[str], _Found | None]:
        (key,) = table.primary_key.columns
        query = select(table.c.body).where(key == _NAME)

        def read(name: str) -> _Found | None:
            body = self._connection.scalar(query, {"name": name})
            return None if body is None else msgspec.json.decode(body, type=kind)

        return read

    def _wearer(self, name: WearerId) -> Wearer | None:
        found = self._connection.execute(self._wearers, {"name": name}).one_or_none()
        if found is None:
            return None
        if not found.seen:
            self.hidden.add(name)
            return None
        return msgspec.json.decode(found.body, type=Wearer)

    def _person(self, name: PersonId) -> ProtectedPerson | None:
        found = self._persons(name)
        if found is not None and any(wearer not in self.wearers for wearer in found.wearers):
            self.hidden.add(name)
            return None
        return found

    def _order(self, name: OrderId) -> Order | None:
        found = self._orders(name)
        if found is not None and found.wearer_id not in self.wearers:
            self.hidden.add(name)
            return None
        return found

    def _versions(self, name: ConditionId) -> tuple[ConditionVersion, ...] | None:
        bodies = self._connection.scalars(_VERSIONS, {"name": name})
        found = tuple(msgspec.json.decode(body, type=ConditionVersion) for body in bodies)
        if not found:
            return None
        wearer = self.wearers.get(found[-1].wearer_id)
        if wearer is None or not (self._shown is None or self._shown(wearer, found[-1])):
            self.hidden.add(name)
            return None
        return found

    def _tag_of(self, serial: str) -> Tag | None:
        body = self._connection.scalar(_TAG_OF, {"name": serial})
        return None if body is None else msgspec.json.decode(body, type=Tag)

    def _all_numbers(self) -> dict[str, list[WearerId]]:
        """Return whom each number belongs to: one look at three fields of everybody who is seen,
        as only one of the three has an index."""
        row = schema.wearer.c
        said: Any = type_coerce(opened(row.body), JSON)
        fields = [said[name].as_string() for name in NUMBERS]
        found: dict[str, list[WearerId]] = {}
        for name, *numbers in self._connection.execute(
            select(row.wearer_id, *fields).where(self._seen)
        ):
            for number in {str(each).upper() for each in numbers if each}:
                found.setdefault(number, []).append(WearerId(name))
        return found
