"""What an officer may bring in from a file: what he may also record by hand, about whom he may see.

What he may not see is taken out of the register before the file is held against it, so that a
file asks no more than the pages answer.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import select

from tagwatch.access.reader import Reader
from tagwatch.access.role import SAYS, Role, Verb
from tagwatch.access.scope import may_see_zone
from tagwatch.core import ledger
from tagwatch.core.ids import ZoneDraftId, derived_id
from tagwatch.core.inventory import UNUSABLE
from tagwatch.core.ledger import Event
from tagwatch.core.zone_draft import ZoneDraft, needs_two
from tagwatch.desk.import_plan import Planned
from tagwatch.desk.tag_state import state_of_tag
from tagwatch.store import schema
from tagwatch.store.register import Register, load_register
from tagwatch.store.zone_drafts import drafts_of

_VERBS: Final[Mapping[type[Event], Verb]] = {
    ledger.WearerRecorded: Verb.REGISTER_WEARER,
    ledger.PersonRecorded: Verb.RECORD_PERSON,
    ledger.ContactRecorded: Verb.RECORD_CONTACT,
    ledger.TagRecorded: Verb.REGISTER_TAG,
    ledger.ActivationStarted: Verb.FIT_TAG,
    ledger.ActivationEnded: Verb.FIT_TAG,
    ledger.OrderRecorded: Verb.RECORD_ORDER,
    ledger.OrderTold: Verb.RECORD_ORDER,
    ledger.ConditionRecorded: Verb.RECORD_CONDITION,
    ledger.ConditionTold: Verb.RECORD_CONDITION,
    ledger.GeometryNeeded: Verb.RECORD_CONDITION,
}


class InScope(NamedTuple):
    """The register as one officer may see it, and the ids of what was taken out of it."""

    register: Register
    hidden: frozenset[str]


def register_of(reader: Reader) -> InScope:
    """Return the register without the wearers outside the scope, and whatever is about them."""
    with reader.connection() as connection:
        register = load_register(connection)
        row = schema.wearer.c
        seen = set(connection.scalars(select(row.wearer_id).where(reader.scope.condition())))
    hidden: set[str] = set()
    _take_out(register.wearers, hidden, [w for w in register.wearers if w not in seen])
    _take_out(
        register.persons,
        hidden,
        [p for p, one in register.persons.items() if any(w not in seen for w in one.wearers)],
    )
    _take_out(
        register.orders,
        hidden,
        [o for o, one in register.orders.items() if one.wearer_id in hidden],
    )
    return InScope(register, frozenset(hidden))


def _take_out(records: Any, hidden: set[str], names: list[Any]) -> None:
    for name in names:
        del records[name]
    hidden.update(names)


def forbidden(reader: Reader, planned: list[Planned], within: InScope) -> Iterator[str]:
    """Yield what the officer may not record of all this, each with what to do."""
    lacking = {
        _VERBS[type(p.event)] for p in planned if not reader.actor.may(_VERBS[type(p.event)])
    }
    for verb in sorted(lacking):
        yield f"file: your role does not {_lower(SAYS[verb])}; ask somebody who does"
    own = reader.actor.agency
    for event in (p.event for p in planned):
        if isinstance(event, ledger.WearerRecorded):
            wearer = event.wearer
            if reader.actor.role is Role.PRACTITIONER and wearer.agency != own:
                yield (
                    f"wearer {wearer.name}: a practitioner enters wearers of the own agency only "
                    f"({own}), and this one is of {wearer.agency!r}"
                )
        if within.hidden.intersection(ids_of(event)) or _is_hidden(reader, event, within.register):
            yield (
                "file: a reference in it belongs to a record that your account may not see; use "
                "another one, or ask an administrator"
            )
        if isinstance(event, ledger.ActivationStarted):
            yield from _unusable(reader, event, within.register)


def _is_hidden(reader: Reader, event: Event, register: Register) -> bool:
    """Say whether an event is about a condition that the officer may not see."""
    if isinstance(event, ledger.ConditionRecorded):
        name = event.condition.condition_id
    elif isinstance(event, ledger.ConditionTold):
        name = event.condition_id
    else:
        return False
    versions = register.conditions.get(name)
    if not versions:
        return False
    wearer = register.wearers.get(versions[-1].wearer_id)
    return wearer is None or not may_see_zone(reader.actor, wearer, versions[-1])


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _unusable(reader: Reader, event: ledger.ActivationStarted, register: Register) -> Iterator[str]:
    activation = event.activation
    tag = register.tags.get(activation.tag_id)
    if tag is None or activation.ended_at is not None:
        return
    state = state_of_tag(reader, activation.tag_id, reader.now())
    if state in UNUSABLE:
        yield (
            f"tag {tag.serial}: it is recorded as {state.value}; record on its page that it is in "
            "stock again, or fit another tag"
        )


def ids_of(event: Event) -> tuple[str, ...]:
    """Return the ids of what an event is about, the wearer's first where it is about one."""
    if isinstance(event, ledger.ZoneDrafted):
        version = event.draft.condition
        return (version.wearer_id, version.condition_id, event.draft.draft_id)
    for name in ("wearer", "person", "contact", "tag", "activation", "order", "condition", "need"):
        record = getattr(event, name, None)
        if isinstance(record, msgspec.Struct):
            wearer = getattr(record, "wearer_id", None)
            own = getattr(record, f"{name}_id")
            named = (*getattr(record, "wearers", ()), own)
            return named if wearer is None or wearer == own else (wearer, *named)
    held = ("activation_id", "order_id", "condition_id")
    return tuple(getattr(event, name) for name in held if hasattr(event, name))


def two_person(reader: Reader, planned: list[Planned], register: Register) -> list[Planned]:
    """Return the events with secret zones as drawings that wait for a second person."""
    found: list[Planned] = []
    for one in planned:
        event = one.event
        if not isinstance(event, ledger.ConditionRecorded):
            found.append(one)
            continue
        versions = register.conditions.get(event.condition.condition_id)
        before = versions[-1].terms if versions else None
        found.append(_drafted(reader, event) if needs_two(event.condition.terms, before) else one)
    return found


def _drafted(reader: Reader, event: ledger.ConditionRecorded) -> Planned:
    version, by, at = event.condition, event.by, reader.now()
    draft_id = ZoneDraftId(derived_id("zd", version.condition_id, version.version, by, at))
    draft = ZoneDraft(draft_id=draft_id, condition=version, reason=event.reason, by=by, at=at)
    return Planned(ledger.ZoneDrafted(draft=draft))


def waiting_already(reader: Reader, planned: list[Planned]) -> Iterator[str]:
    """Yield the secret zones of which a drawing waits for a second person already."""
    drafts = [p.event.draft for p in planned if isinstance(p.event, ledger.ZoneDrafted)]
    if not drafts:
        return
    wearers = sorted({draft.condition.wearer_id for draft in drafts})
    with reader.connection() as connection:
        waiting = {d.condition.condition_id for d in drafts_of(connection, wearers)}
    for draft in drafts:
        if draft.condition.condition_id in waiting:
            yield (
                f"zone {draft.condition.terms.label}: a drawing of it waits for a second person "
                "already; publish it, or take it back, first"
            )
