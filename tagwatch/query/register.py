"""The inventory: tags and what lets them speak, who is told of alerts, rule settings."""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, func, or_, select, true

from tagwatch.core.ids import ActivationId, ConditionId, OrderId, PersonId, TagId, WearerId
from tagwatch.core.inventory import TagMove, TagState, tag_state
from tagwatch.core.order import ConditionVersion, Order
from tagwatch.core.person import Activation, Contact, Credential, ProtectedPerson, Tag, Wearer
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.units import Instant
from tagwatch.query.first_fix import first_fix
from tagwatch.query.reader import Reader
from tagwatch.query.wearer import ConditionView, conditions_of, orders_of, persons_of
from tagwatch.store import schema
from tagwatch.store.database import reading
from tagwatch.store.tag_moves import tag_moves

MOST: Final = 500
PAGE: Final = 100
"""Tags on one page."""


class TagRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tag and whether it is on somebody now. Who that is, is the wearer page's to say."""

    tag: Tag
    state: TagState
    fitted: bool
    wearer: Wearer | None
    """The wearer, if he is within scope."""
    credentials: int
    """How many credentials let it speak to us."""


class TagRows(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the tags that a search found, by serial."""

    rows: tuple[TagRow, ...]
    total: int
    page: int
    pages: int


class CredentialRow(msgspec.Struct, frozen=True, kw_only=True):
    """A credential, without its secret."""

    credential: Credential
    revoked_at: Instant | None


class WornBy(msgspec.Struct, frozen=True, kw_only=True):
    """A period in which a tag was on somebody within scope."""

    activation: Activation
    wearer: Wearer


class TagView(msgspec.Struct, frozen=True, kw_only=True):
    """One tag with its credentials and its last word."""

    tag: Tag
    credentials: tuple[CredentialRow, ...]
    first_fix_at: Instant | None
    """When the first fix since the newest credential was made, however long ago."""
    heard_at: Instant | None
    wearer: Wearer | None
    state: TagState = TagState.IN_STOCK
    moves: tuple[TagMove, ...] = ()
    """What was said of where it is, last said first."""
    worn: tuple[WornBy, ...] = ()
    """Who wore it, latest first."""


class SettingsVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One published version of the rule settings."""

    settings: Settings
    effective_from: Instant


class OrderForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the forms about one wearer start from."""

    wearer: Wearer
    orders: tuple[Order, ...]
    conditions: tuple[ConditionView, ...]
    persons: tuple[ProtectedPerson, ...]


def tags(reader: Reader, words: str, page: int = 1) -> TagRows:
    """Return a page of the tags by serial; `words` is part of a serial or model. On the audit."""
    column, worn = schema.tag.c, schema.activation.c
    part = f"%{words}%"
    sought = or_(column.serial.ilike(part), column.body.ilike(part)) if words else true()
    wanted = sought & reader.scope.tags()
    with reader.connection() as connection:
        counted = select(func.count()).select_from(schema.tag).where(wanted)
        total = int(connection.scalar(counted) or 0)
        pages = max(1, -(-total // PAGE))
        page = min(max(1, page), pages)
        query = (
            select(column.body, worn.wearer_id)
            .outerjoin(schema.activation, (worn.tag_id == column.tag_id) & worn.ended_at.is_(None))
            .where(wanted)
            .order_by(column.serial, column.tag_id)
        )
        rows = connection.execute(query.limit(PAGE).offset((page - 1) * PAGE)).all()
        wearers = reader.wearers(connection, (row.wearer_id for row in rows if row.wearer_id))
        found = [(msgspec.json.decode(row.body, type=Tag), row.wearer_id) for row in rows]
        names = [one.tag_id for one, _ in found]
        counts = _credential_counts(connection, names)
        states = _states(connection, names, reader.now())
    reader.consulted("tags", [*names, *sorted(wearers)])
    listed = tuple(
        TagRow(
            tag=tag,
            state=states[tag.tag_id],
            fitted=wearer_id is not None,
            wearer=wearers.get(WearerId(wearer_id)) if wearer_id else None,
            credentials=counts.get(tag.tag_id, 0),
        )
        for tag, wearer_id in found
    )
    return TagRows(rows=listed, total=total, page=page, pages=pages)


def free_tags(reader: Reader, states: Collection[TagState]) -> tuple[Tag, ...]:
    """Return tags that are on nobody and in one of these states by serial, at most MOST. On the
    audit."""
    column, worn = schema.tag.c, schema.activation.c
    on = select(worn.tag_id).where(worn.tag_id == column.tag_id, worn.ended_at.is_(None))
    query = select(column.body).where(~on.exists()).order_by(column.serial, column.tag_id)
    with reader.connection() as connection:
        bodies = connection.scalars(query.limit(MOST))
        found = [msgspec.json.decode(body, type=Tag) for body in bodies]
        state = _states(connection, [one.tag_id for one in found], reader.now())
    free = tuple(one for one in found if state[one.tag_id] in states)
    reader.consulted("free_tags", [one.tag_id for one in free])
    return free


def tag(reader: Reader, tag_id: TagId) -> TagView:
    """Return one tag of the inventory. Raises NotFound, after putting the refusal on the audit."""
    column = schema.tag.c
    with reader.connection() as connection:
        body = connection.scalar(
            select(column.body).where(column.tag_id == tag_id, reader.scope.tags())
        )
        if body is None:
            reader.refuse("tag", [tag_id], "unknown")
        credentials = _credentials(connection, tag_id)
        worn = schema.activation.c
        rows = connection.execute(
            select(worn.activation_id, worn.wearer_id, worn.ended_at, worn.body)
            .where(worn.tag_id == tag_id)
            .order_by(worn.started_at.desc())
        ).all()
        wearers = reader.wearers(connection, (r.wearer_id for r in rows))
        rows = [row for row in rows if row.wearer_id in wearers]
        fitted = [msgspec.json.decode(row.body, type=Activation) for row in rows]
        moves = tag_moves(connection, [tag_id]).get(tag_id, [])
        since = max((row.credential.issued_at for row in credentials), default=Instant(0))
        first = first_fix(connection, fitted, since)
        heard = _heard(connection, [row.activation_id for row in rows])
    reader.consulted("tag", [tag_id, *sorted(wearers)])
    return TagView(
        tag=msgspec.json.decode(body, type=Tag),
        credentials=credentials,
        first_fix_at=first,
        heard_at=heard,
        wearer=next((wearers.get(a.wearer_id) for a in fitted if a.ended_at is None), None),
        state=tag_state(moves, fitted, reader.now()),
        moves=tuple(reversed(moves)),
        worn=tuple(WornBy(activation=each, wearer=wearers[each.wearer_id]) for each in fitted),
    )


def _states(connection: Connection, tags_: list[TagId], now: Instant) -> dict[TagId, TagState]:
    column = schema.activation.c
    worn: dict[TagId, list[Activation]] = {tag_id: [] for tag_id in tags_}
    for body in connection.scalars(select(column.body).where(column.tag_id.in_(tags_))):
        each = msgspec.json.decode(body, type=Activation)
        worn[each.tag_id].append(each)
    moves = tag_moves(connection, tags_)
    return {tag_id: tag_state(moves.get(tag_id, []), worn[tag_id], now) for tag_id in tags_}


def gateways(reader: Reader) -> tuple[CredentialRow, ...]:
    """Return the credentials of gateways, which speak for any tag by its serial. On the audit."""
    with reader.connection() as connection:
        found = _credentials(connection, None)
    reader.consulted("gateways", [row.credential.credential_id for row in found])
    return found


def contacts(reader: Reader) -> tuple[Contact, ...]:
    """Return who is told of alerts, by duty and rank; on the audit."""
    with reader.connection() as connection:
        bodies = connection.scalars(select(schema.contact.c.body).limit(MOST)).all()
    found = [msgspec.json.decode(body, type=Contact) for body in bodies]
    reader.consulted("contacts", [contact.contact_id for contact in found])
    return tuple(sorted(found, key=lambda c: (c.duty.value, c.rank, c.label)))


def current_versions(engine: Engine) -> tuple[SettingsVersion, ...]:
    """Return the published rule settings, newest first; the built-in ones if none was.

    They name nobody and are no secret to whoever is signed in.
    """
    column = schema.settings.c
    with reading(engine) as connection:
        rows = connection.execute(
            select(column.body, column.effective_from).order_by(column.version.desc()).limit(100)
        ).all()
    found = [
        SettingsVersion(
            settings=msgspec.json.decode(row.body, type=Settings),
            effective_from=row.effective_from,
        )
        for row in rows
    ]
    built_in = SettingsVersion(settings=DEFAULT_SETTINGS, effective_from=Instant(0))
    return tuple(found) or (built_in,)


def order_form(reader: Reader, wearer_id: WearerId) -> OrderForm:
    """Return what forms about a wearer within scope start from. Raises NotFound; on the audit."""
    with reader.connection() as connection:
        found = reader.wearer(connection, wearer_id, "order_form")
        form = OrderForm(
            wearer=found,
            orders=orders_of(connection, wearer_id),
            conditions=conditions_of(reader, connection, found),
            persons=persons_of(connection, wearer_id),
        )
    reader.consulted("order_form", [wearer_id])
    return form


def order(reader: Reader, order_id: OrderId) -> Order:
    """Return one order of a wearer within scope. Raises NotFound; on the audit."""
    found: Order = _record(reader, schema.order, order_id, Order, "order")
    with reader.connection() as connection:
        reader.wearer(connection, found.wearer_id, "order")
    reader.consulted("order", [order_id, found.wearer_id])
    return found


def person(reader: Reader, person_id: PersonId) -> ProtectedPerson:
    """Return a protected person of wearers all within scope. Raises NotFound; on the audit."""
    found: ProtectedPerson = _record(
        reader, schema.protected_person, person_id, ProtectedPerson, "person"
    )
    with reader.connection() as connection:
        for wearer_id in found.wearers:
            reader.wearer(connection, wearer_id, "person")
    reader.consulted("person", [person_id, *found.wearers])
    return found


def contact(reader: Reader, contact_id: str) -> Contact:
    """Return one contact. Raises NotFound; on the audit."""
    found: Contact = _record(reader, schema.contact, contact_id, Contact, "contact")
    reader.consulted("contact", [contact_id])
    return found


def wearer_of_condition(reader: Reader, condition_id: ConditionId) -> WearerId:
    """Return whose condition this is, if he is within scope. Raises NotFound."""
    column = schema.condition.c
    with reader.connection() as connection:
        body = connection.scalar(
            select(column.body).where(column.condition_id == condition_id).limit(1)
        )
        if body is None:
            reader.refuse("condition", [condition_id], "unknown")
        version = msgspec.json.decode(body, type=ConditionVersion)
        reader.wearer(connection, version.wearer_id, "condition")
    return version.wearer_id


def _record(reader: Reader, table: Any, key: str, kind: type[Any], question: str) -> Any:
    column = next(iter(table.primary_key.columns))
    with reader.connection() as connection:
        body = connection.scalar(select(table.c.body).where(column == key))
    if body is None:
        reader.refuse(question, [key], "unknown")
    return msgspec.json.decode(body, type=kind)


def _credentials(connection: Connection, tag_id: TagId | None) -> tuple[CredentialRow, ...]:
    column = schema.credential.c
    wanted = column.tag_id.is_(None) if tag_id is None else column.tag_id == tag_id
    rows = connection.execute(
        select(column.body, column.revoked_at).where(wanted).limit(MOST)
    ).all()
    found = [
        CredentialRow(
            credential=msgspec.json.decode(row.body, type=Credential), revoked_at=row.revoked_at
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda row: row.credential.issued_at, reverse=True))


def _credential_counts(connection: Connection, tags_: list[TagId]) -> dict[TagId, int]:
    column = schema.credential.c
    rows = connection.execute(
        select(column.tag_id, func.count())
        .where(column.tag_id.in_(tags_), column.revoked_at.is_(None))
        .group_by(column.tag_id)
    )
    return {TagId(tag_id): int(count) for tag_id, count in rows}


def _heard(connection: Connection, activations: list[str]) -> Instant | None:
    """Return when the tag was last heard of."""
    last = schema.last_seen.c
    return connection.scalar(
        select(last.received_at)
        .where(last.activation_id.in_(activations))
        .order_by(last.received_at.desc())
        .limit(1)
    )


def activation_of(reader: Reader, activation_id: ActivationId) -> Activation:
    """Return one activation of a wearer within scope. Raises NotFound; on the audit."""
    found: Activation = _record(reader, schema.activation, activation_id, Activation, "activation")
    with reader.connection() as connection:
        reader.wearer(connection, found.wearer_id, "activation")
    reader.consulted("activation", [activation_id, found.wearer_id])
    return found
