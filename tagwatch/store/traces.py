"""What there is of a wearer and by which ids it is found; why he is kept; who else names him."""

from collections.abc import Collection, Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, String, Table, Text, func, not_, or_, select

from tagwatch.core.data_request import RequestState
from tagwatch.core.enquiry import OVER
from tagwatch.core.ids import ActivationId, AlertId, ContactId, NamedRequestId, PersonId, WearerId
from tagwatch.core.named_request import NamedRequest, NamedState
from tagwatch.core.order import ConditionVersion, NoContact, Order
from tagwatch.core.outcome import OPEN_STATES
from tagwatch.core.person import THEMSELVES, Contact, ProtectedPerson, Wearer
from tagwatch.core.recorded_bundle import BundleGiven
from tagwatch.core.recorded_erasure import Trace
from tagwatch.core.retention import RetentionPeriods, forgotten_on, months_after
from tagwatch.core.units import Instant, iso
from tagwatch.store import holds, leads, schema
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.record import Owner, OwnerKind
from tagwatch.store.protected import Protected, opened

MOST_MENTIONS: Final = 500
_SHORTEST: Final = 5
"""Characters of a name or number that is looked for: shorter ones are in everything."""
_WAITING: Final = ("pending", "held")
_CASE_OVER: Final = "closed"
_REQUEST_OPEN: Final = tuple(
    state.value
    for state in (
        RequestState.ASKED,
        RequestState.AUTHENTICATED,
        RequestState.RETURNED,
        RequestState.APPROVED,
    )
)


def trace_of(connection: Connection, keyring: Keyring, wearer: WearerId) -> Trace:
    """Return by which ids everything of a wearer is found."""
    column = schema.activation.c
    worn = connection.scalars(
        select(column.activation_id)
        .where(column.wearer_id == wearer)
        .order_by(column.activation_id)
    )
    persons = [person for person in _persons(connection) if set(person.wearers) == {wearer}]
    theirs = {person.contact for person in persons if person.contact is not None}
    others = {p.contact for p in _persons(connection) if p not in persons}
    contacts: list[ContactId] = [
        contact.contact_id
        for contact in _contacts(connection)
        if contact.duty in THEMSELVES
        and (
            set(contact.wearers) == {wearer}
            or (contact.contact_id in theirs and contact.contact_id not in others)
        )
    ]
    raised = connection.scalars(
        select(schema.alert.c.alert_id).where(schema.alert.c.wearer_id == wearer)
    )
    column = schema.named_request.c
    named = connection.scalars(
        select(column.named_id).where(or_(column.wearer_id == wearer, column.named_id == wearer))
    )
    keyed = {owner.id for owner, _, _ in keyring.uses() if owner.kind is OwnerKind.CASE}
    return Trace(
        wearer_id=wearer,
        activations=tuple(ActivationId(name) for name in worn),
        persons=tuple(sorted(PersonId(person.person_id) for person in persons)),
        contacts=tuple(sorted(contacts)),
        alerts=tuple(sorted(AlertId(name) for name in raised if name in keyed)),
        named=tuple(sorted(NamedRequestId(name) for name in named)),
    )


def owners_of(trace: Trace) -> list[Owner]:
    """Return whose keys encrypt what there is of him."""
    return [
        Owner(OwnerKind.WEARER, trace.wearer_id),
        *(Owner(OwnerKind.ACTIVATION, name) for name in trace.activations),
        *(Owner(OwnerKind.PROTECTED, name) for name in trace.persons),
        *(Owner(OwnerKind.CASE, name) for name in trace.alerts),
        *(Owner(OwnerKind.CASE, name) for name in trace.named),
    ]


def due(
    connection: Connection, at: Instant, periods: RetentionPeriods
) -> list[tuple[WearerId, Instant]]:
    """Return the wearers whose periods are over by `at`, and since when, the longest first."""
    orders: dict[WearerId, list[Order]] = {}
    for body in connection.scalars(select(schema.order.c.body)):
        order = msgspec.json.decode(body, type=Order)
        orders.setdefault(order.wearer_id, []).append(order)
    found: list[tuple[WearerId, Instant]] = []
    for wearer, his in orders.items():
        on = forgotten_on(tuple(his), periods)
        if on is not None and on <= at:
            found.append((wearer, on))
    return sorted(found, key=lambda each: (each[1], each[0]))


def named_due(
    connection: Connection, at: Instant, periods: RetentionPeriods
) -> list[tuple[NamedRequestId, Instant]]:
    """Return the requests about somebody who is on no register whose period is over by `at`, and
    since when, the longest first."""
    if not periods.named_months:
        return []
    column = schema.named_request.c
    over = column.state.in_((NamedState.NOTHING.value, NamedState.WITHDRAWN.value))
    query = select(column.body).where(over, column.wearer_id.is_(None))
    settled = (msgspec.json.decode(body, type=NamedRequest) for body in connection.scalars(query))
    found = [(each.named_id, months_after(each.at, periods.named_months)) for each in settled]
    return sorted((each for each in found if each[1] <= at), key=lambda each: (each[1], each[0]))


def keepers(
    connection: Connection, wearer: WearerId, at: Instant, periods: RetentionPeriods
) -> tuple[str, ...]:
    """Return what law keeps a wearer for, each in a sentence; empty: nothing does."""
    found: list[str] = []
    hold, _ = holds.standing(holds.acts(connection, wearer))
    if hold is not None:
        found.append(f"On legal hold since {iso(hold.at)}: {hold.why}.")
    found += _unfinished(connection, wearer)
    found += _bundles(connection, wearer, at, periods)
    for other in _named_by(connection, wearer):
        found.append(
            f"A condition of no contact of wearer {other} names him: it is judged by both."
        )
    return tuple(found)


def _unfinished(connection: Connection, wearer: WearerId) -> Iterator[str]:
    worn, alert = schema.activation.c, schema.alert.c
    case, enquiry, sent = schema.case_record.c, schema.enquiry.c, schema.notification.c
    asked_for, over = schema.data_request.c, [state.value for state in OVER]
    asked = (
        ("A tag is on him.", worn.wearer_id == wearer, worn.ended_at.is_(None)),
        (
            "An alert about him is not closed.",
            alert.wearer_id == wearer,
            alert.state.in_([state.value for state in OPEN_STATES]),
        ),
        ("A case about him is open.", case.wearer_id == wearer, case.state != _CASE_OVER),
        (
            "Somebody's enquiry about him is not answered.",
            enquiry.wearer_id == wearer,
            enquiry.state.not_in(over),
        ),
        (
            "A data request about him is open.",
            asked_for.wearer_id == wearer,
            asked_for.state.in_(_REQUEST_OPEN),
        ),
        (
            "A message about him waits to be sent.",
            alert.wearer_id == wearer,
            (sent.alert_id == alert.alert_id) & sent.state.in_(_WAITING),
        ),
    )
    for words, his, still in asked:
        if connection.scalar(select(func.count()).where(his, still)):
            yield words


def _bundles(
    connection: Connection, wearer: WearerId, at: Instant, periods: RetentionPeriods
) -> Iterator[str]:
    given, made = schema.bundle_given.c, schema.bundle.c
    query = select(given.body).where(
        given.bundle_id.in_(select(made.bundle_id).where(made.wearer_id == wearer))
    )
    acts = [msgspec.json.decode(body, type=BundleGiven) for body in connection.scalars(query)]
    last = max((act.at for act in acts), default=None)
    if last is None:
        return
    until = months_after(last, periods.bundle_months)
    if until > at:
        yield f"An evidence bundle was given out on {iso(last)[:10]}: kept until {iso(until)[:10]}."


def _named_by(connection: Connection, wearer: WearerId) -> list[WearerId]:
    """Return whose conditions of no contact name him."""
    column = schema.condition.c
    query = select(column.wearer_id, column.body).where(
        column.kind == "no_contact", column.wearer_id != wearer
    )
    found: set[WearerId] = set()
    for row in connection.execute(query):
        terms = msgspec.json.decode(row.body, type=ConditionVersion).terms
        if isinstance(terms, NoContact) and terms.other == wearer:
            found.add(WearerId(row.wearer_id))
    return sorted(found)


def words_of(connection: Connection, wearer: WearerId) -> list[str]:
    """Return by which words others may have named him: for a search while they are still known."""
    column = schema.wearer.c
    body = connection.scalar(select(column.body).where(column.wearer_id == wearer))
    if body is None:
        return [f'"{wearer}"']
    known = msgspec.json.decode(body, type=Wearer)
    said = (known.name, known.crn, known.nomis_id, known.pnc_ref, known.phone)
    return [f'"{wearer}"', *(each for each in said if each and len(each) >= _SHORTEST)]


def mentions(
    connection: Connection, trace: Trace, words: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """Return table and key of the rows of others that hold one of these words, at most 500."""
    found: list[tuple[str, str]] = []
    struck = {schema.blind_interval, schema.crime_match_run, schema.forgetting}
    for table in schema.metadata.sorted_tables:
        if table in struck:
            continue
        # Alerts about many list ids: he is struck off those.
        said = [w for w in words if w[0] != '"'] if table is schema.alert else words
        found += _mentions(connection, table, trace, said)
    return tuple(found[:MOST_MENTIONS])


def _mentions(
    connection: Connection, table: Table, trace: Trace, words: Collection[str]
) -> Iterator[tuple[str, str]]:
    kinds = String | Text | Protected
    texts = [opened(column) for column in table.columns if isinstance(column.type, kinds)]
    if not texts or not words:
        return
    says = or_(
        *(func.instr(func.lower(column), word.lower()) > 0 for column in texts for word in words)
    )
    keys = list(table.primary_key.columns)
    query = select(*keys).where(says)
    bound: dict[str, Any] = {}
    for lead in leads.LEADS:
        if lead.table is not table:
            continue
        if lead.by == "wearer":
            query, bound = (
                query.where(not_(func.coalesce(lead.where, 0))),
                {"wearer": trace.wearer_id},
            )
        elif lead.by in ("person", "contact"):
            gone = trace.persons if lead.by == "person" else trace.contacts
            query = query.where(keys[0].not_in(gone))
    for row in connection.execute(query.limit(MOST_MENTIONS), bound):
        yield str(table.name), " ".join(str(part) for part in row)


def _persons(connection: Connection) -> list[ProtectedPerson]:
    return _bodies(connection, schema.protected_person, ProtectedPerson)


def _contacts(connection: Connection) -> list[Contact]:
    return _bodies(connection, schema.contact, Contact)


def _bodies(connection: Connection, table: Table, kind: type[Any]) -> list[Any]:
    return [
        msgspec.json.decode(body, type=kind) for body in connection.scalars(select(table.c.body))
    ]
