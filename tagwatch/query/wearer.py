"""All about one wearer: orders, conditions in every version, tags, alerts, whom he keeps from."""

from enum import Enum
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from tagwatch.access.role import Verb
from tagwatch.access.scope import may_see_zone
from tagwatch.core.alert import Alert
from tagwatch.core.exemption import STATES, Exemption, is_on
from tagwatch.core.geometry_need import GeometryNeed
from tagwatch.core.ids import ConditionId, OrderId, WearerId
from tagwatch.core.leave import Leave
from tagwatch.core.order import ConditionVersion, Order
from tagwatch.core.order_span import OrderSpan
from tagwatch.core.outcome import AlertState
from tagwatch.core.person import Activation, ProtectedPerson, Tag, Wearer
from tagwatch.core.units import Instant
from tagwatch.query.alert import zone_shape
from tagwatch.query.exemptions import ExemptionView, exemptions_of
from tagwatch.query.leave import LeaveNote, notes_for
from tagwatch.query.no_contact import as_seen, other_of
from tagwatch.query.photo import PhotoSeen, may_see_photo, photo_of
from tagwatch.query.reader import Reader
from tagwatch.query.seen_trail import is_place_hidden
from tagwatch.query.unseen import Unseen, unseen
from tagwatch.query.wearers import last_seen
from tagwatch.query.zone_drafts import DraftView, drafts_about
from tagwatch.store import schema
from tagwatch.store.geometry_needs import open_needs
from tagwatch.store.orders import order_spans, order_versions

MOST_ALERTS: Final = 20
MOST_PERSONS: Final = 200
_WHERE: Final = ("lon_deg", "lat_deg", "accuracy_m_95", "speed_mps", "bearing_deg")
"""Of the tag's last word, what tells of movements."""


class LastPlace(Enum):
    """Whether the tag's last word comes with its place."""

    SHOWN = "shown"
    WITHHELD = "withheld"


class ConditionView(msgspec.Struct, frozen=True, kw_only=True):
    """One condition, newest version first."""

    condition_id: ConditionId
    versions: tuple[ConditionVersion, ...]
    shapes: tuple[dict[str, Any] | None, ...]
    """The place of each version as a GeoJSON Feature; None if this actor must not see it."""
    withheld: bool
    """The place is not for this actor: each version has a stand-in for it, and for its label."""
    other: Wearer | None = None
    """Of a condition of no contact: who must not be met, if the reader may know it."""
    holds: tuple[OrderSpan, ...] = ()
    """When its order holds; none: that has no end."""

    @property
    def newest(self) -> ConditionVersion:
        """The version recorded last."""
        return self.versions[0]

    def shape_at(self, at: Instant) -> tuple[ConditionVersion, dict[str, Any]] | None:
        """Return the version in force at `at` with its place, if it may be shown."""
        if self.ended_by(at) is not None:
            return None
        for version, shape in zip(self.versions, self.shapes, strict=True):
            begun = version.valid_from <= at and version.recorded_at <= at
            if begun and (version.valid_until is None or at < version.valid_until):
                return None if shape is None else (version, shape)
        return None

    def ended_by(self, at: Instant) -> Instant | None:
        """Return when its order ended, if it does not hold at `at`: nothing is judged since."""
        if any(span.holds(at) for span in self.holds):
            return None
        return max((span.end for span in self.holds if span.end <= at), default=None)


class Worn(msgspec.Struct, frozen=True, kw_only=True):
    """A tag and the period in which it was on the wearer."""

    activation: Activation
    tag: Tag | None


class LastSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The tag's last word. None is unknown."""

    activation_id: str
    fixed_at: Instant | None
    received_at: Instant | None
    lon_deg: float | None
    lat_deg: float | None
    accuracy_m_95: float | None
    speed_mps: float | None
    bearing_deg: float | None
    battery_pct: float | None
    charging: int | None
    battery_at: Instant | None


class TagWord(msgspec.Struct, frozen=True, kw_only=True):
    """Something the tag reported of itself."""

    happened_at: Instant
    kind: str


class WearerView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the wearer page shows, save the trail."""

    wearer: Wearer
    orders: tuple[Order, ...]
    """The newest version of each."""
    order_versions: dict[OrderId, tuple[Order, ...]]
    """Every version of each, newest first."""
    conditions: tuple[ConditionView, ...]
    worn: tuple[Worn, ...]
    """Latest first."""
    last: LastSeen | None
    events: tuple[TagWord, ...]
    open_alerts: tuple[Alert, ...]
    closed_alerts: tuple[Alert, ...]
    """The last MOST_ALERTS."""
    persons: tuple[ProtectedPerson, ...]
    exemptions: tuple[ExemptionView, ...] = ()
    drafts: tuple[DraftView, ...] = ()
    """Secret zones that were drawn and do not protect yet."""
    needs: tuple[GeometryNeed, ...] = ()
    """Places that his orders name in words only, still to be drawn."""
    photo: PhotoSeen | None = None
    """What police are shown of him; None: none, or this reader must not see it."""
    unseen: Unseen | None = None
    """None: his tag is heard of and located, or none is on him."""
    handed_over: tuple[tuple[Leave, tuple[LeaveNote, ...]], ...] = ()
    """For his officer and the deputy of a leave: what is handed over about him, newest first."""

    def state_at(self, at: Instant) -> Exemption | None:
        """Return why the wearer is not at liberty at `at`; None: he is, as far as is recorded."""
        held = (view.newest for view in self.exemptions)
        return next((each for each in held if each.cause in STATES and is_on(each, at)), None)

    def over_since(self, at: Instant) -> Instant | None:
        """Return since when no order of his is in force at `at`, if one was."""
        if any(o.ends_at is None or at < o.ends_at for o in self.orders):
            return None
        return max((o.ends_at for o in self.orders if o.ends_at is not None), default=None)

    @property
    def now_worn(self) -> Worn | None:
        """The tag that is on him, as far as is recorded."""
        return next((worn for worn in self.worn if worn.activation.ended_at is None), None)


def wearer(reader: Reader, wearer_id: WearerId, place: LastPlace = LastPlace.SHOWN) -> WearerView:
    """Return all about a wearer within scope. Raises NotFound; puts either on the audit.

    WITHHELD: when his tag was last heard of, and not where; so it is for whoever may not see where
    wearers are, and while he is monitored for zones only and no alert of his is open.
    """
    with reader.connection() as connection:
        found = reader.wearer(connection, wearer_id, "wearer")
        alert = schema.alert.c
        is_open = alert.state != AlertState.CLOSED.value
        view = WearerView(
            wearer=found,
            orders=orders_of(connection, wearer_id),
            order_versions=order_versions(connection, wearer_id),
            conditions=conditions_of(reader, connection, found),
            worn=_worn(connection, wearer_id),
            last=_last(reader, connection, wearer_id, place),
            events=_events(connection, wearer_id),
            open_alerts=_alerts(reader, connection, wearer_id, is_open),
            closed_alerts=_alerts(reader, connection, wearer_id, ~is_open),
            persons=persons_of(connection, wearer_id),
            exemptions=exemptions_of(connection, wearer_id),
            drafts=drafts_about(reader, connection, found),
            needs=tuple(open_needs(connection, [wearer_id])),
            photo=photo_of(connection, wearer_id) if may_see_photo(reader) else None,
            unseen=unseen(connection, wearer_id),
            handed_over=notes_for(reader, connection, found),
        )
    others = [one.other.wearer_id for one in view.conditions if one.other is not None]
    reader.consulted("wearer", [wearer_id, *others])
    return view


def orders_of(connection: Connection, wearer_id: WearerId) -> tuple[Order, ...]:
    """Return the wearer's orders, latest first. The caller has checked the scope."""
    column = schema.order.c
    bodies = connection.scalars(select(column.body).where(column.wearer_id == wearer_id))
    orders = [msgspec.json.decode(body, type=Order) for body in bodies]
    return tuple(sorted(orders, key=lambda order: order.starts_at, reverse=True))


def conditions_of(
    reader: Reader, connection: Connection, found: Wearer
) -> tuple[ConditionView, ...]:
    """Return the conditions of a wearer within scope, those in force first."""
    column = schema.condition.c
    bodies = connection.scalars(
        select(column.body)
        .where(column.wearer_id == found.wearer_id)
        .order_by(column.condition_id, column.version.desc())
    )
    grouped: dict[ConditionId, list[ConditionVersion]] = {}
    for body in bodies:
        version = msgspec.json.decode(body, type=ConditionVersion)
        grouped.setdefault(version.condition_id, []).append(version)
    spans = order_spans(connection, found.wearer_id)
    return tuple(
        ConditionView(
            condition_id=condition_id,
            versions=tuple(as_seen(reader, connection, found, version) for version in versions),
            other=other_of(reader, connection, versions[0]),
            shapes=tuple(zone_shape(reader, found, version) for version in versions),
            withheld=not all(may_see_zone(reader.actor, found, version) for version in versions),
            holds=tuple(s for s in spans if s.order_id == versions[0].order_id),
        )
        for condition_id, versions in grouped.items()
    )


def persons_of(connection: Connection, wearer_id: WearerId) -> tuple[ProtectedPerson, ...]:
    """Return the persons protected from this wearer. The caller has checked the scope."""
    table = schema.protected_person
    each = func.json_each(table.c.wearers).table_valued("value")
    bodies = connection.scalars(
        select(table.c.body)
        .select_from(table)
        .join(each, each.c.value == wearer_id)
        .order_by(table.c.person_id)
        .limit(MOST_PERSONS)
    )
    return tuple(msgspec.json.decode(body, type=ProtectedPerson) for body in bodies)


def _worn(connection: Connection, wearer_id: WearerId) -> tuple[Worn, ...]:
    column = schema.activation.c
    rows = connection.execute(
        select(column.body, schema.tag.c.body.label("tag"))
        .outerjoin(schema.tag, schema.tag.c.tag_id == column.tag_id)
        .where(column.wearer_id == wearer_id)
        .order_by(column.started_at.desc())
        .limit(50)
    )
    return tuple(
        Worn(
            activation=msgspec.json.decode(row.body, type=Activation),
            tag=None if row.tag is None else msgspec.json.decode(row.tag, type=Tag),
        )
        for row in rows
    )


def _last(
    reader: Reader, connection: Connection, wearer_id: WearerId, place: LastPlace
) -> LastSeen | None:
    """Return the tag's last word; where that was only to whoever sees where wearers are now."""
    row = last_seen(connection, [wearer_id]).get(wearer_id)
    if row is None:
        return None
    found = LastSeen(**{name: row[name] for name in LastSeen.__struct_fields__})
    sealed = is_place_hidden(connection, wearer_id, reader.now())
    if place is LastPlace.SHOWN and reader.actor.may(Verb.SEE_LIVE) and not sealed:
        return found
    return msgspec.structs.replace(found, **dict.fromkeys(_WHERE))


def _events(connection: Connection, wearer_id: WearerId) -> tuple[TagWord, ...]:
    column = schema.tag_event.c
    rows = connection.execute(
        select(column.happened_at, column.kind)
        .where(column.wearer_id == wearer_id, column.kind.not_in(("alive", "battery")))
        .order_by(column.happened_at.desc())
        .limit(10)
    ).mappings()
    return tuple(TagWord(**row) for row in rows)


def _alerts(
    reader: Reader, connection: Connection, wearer_id: WearerId, condition: ColumnElement[bool]
) -> tuple[Alert, ...]:
    if not reader.actor.may(Verb.SEE_ALERT):
        return ()  # they say where he was
    column = schema.alert.c
    bodies = connection.scalars(
        select(column.body)
        .where(column.wearer_id == wearer_id, condition)
        .order_by(column.raised_at.desc())
        .limit(MOST_ALERTS)
    )
    return tuple(msgspec.json.decode(body, type=Alert) for body in bodies)
