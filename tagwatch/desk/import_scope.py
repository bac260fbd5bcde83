"""What an officer may bring in from a file: what he may also record by hand, about whom he may see.

What he may not see is to him as if it were not recorded, so that a file asks no more than the pages
answer: a reference to it leads to nothing, and a record entered under one gets another id
(`KnownRecords.entered_as`).
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from tagwatch.access.reader import Reader
from tagwatch.access.role import SAYS, Role, Verb
from tagwatch.core import ledger
from tagwatch.core.inventory import UNUSABLE
from tagwatch.core.ledger import Event
from tagwatch.desk.import_plan import Planned
from tagwatch.desk.tag_state import state_of_tag
from tagwatch.store.known import KnownRecords

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


def forbidden(reader: Reader, planned: list[Planned], known: KnownRecords) -> Iterator[str]:
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
        if isinstance(event, ledger.ActivationStarted):
            yield from _unusable(reader, event, known)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _unusable(
    reader: Reader, event: ledger.ActivationStarted, known: KnownRecords
) -> Iterator[str]:
    activation = event.activation
    tag = known.tags.get(activation.tag_id)
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
