"""What a file would record, in words: one line for each record, before anybody confirms it."""

from collections import Counter
from typing import Final

import msgspec

from tagwatch.core import ledger
from tagwatch.core.ids import TagId, WearerId
from tagwatch.core.ledger import Event
from tagwatch.core.order import ConditionVersion, ExclusionZone
from tagwatch.core.timetable import london
from tagwatch.core.units import Instant
from tagwatch.desk.zone import area_m2, centre
from tagwatch.store.known import KnownRecords

_KINDS: Final = {
    "ExclusionZone": "Exclusion zone",
    "Curfew": "Curfew",
    "NoContact": "No contact",
}


class ImportLine(msgspec.Struct, frozen=True, kw_only=True):
    """One record that a file makes or changes."""

    what: str
    name: str
    detail: str


def lines_of(events: list[Event], known: KnownRecords) -> list[ImportLine]:
    """Return a line for each event, in their order."""
    names: dict[str, str] = {
        e.wearer.wearer_id: e.wearer.name for e in events if isinstance(e, ledger.WearerRecorded)
    }
    serials: dict[str, str] = {
        e.tag.tag_id: e.tag.serial for e in events if isinstance(e, ledger.TagRecorded)
    }
    told = _Told(known, names, serials)
    return [told.line(event) for event in events]


def counted(lines: list[ImportLine]) -> list[tuple[str, int]]:
    """Return how many lines there are of each kind."""
    return list(Counter(line.what for line in lines).items())


class _Told:
    """Lines, and what they look names up in."""

    def __init__(self, known: KnownRecords, names: dict[str, str], serials: dict[str, str]) -> None:
        self._records, self._names, self._serials = known, names, serials

    def line(self, event: Event) -> ImportLine:
        """Return the line of one event."""
        known = self._records
        match event:
            case ledger.WearerRecorded(wearer=one):
                return _line("Wearer", one.name, changes(known.wearers.get(one.wearer_id), one))
            case ledger.PersonRecorded(person=one):
                before = known.persons.get(one.person_id)
                return _line("Protected person", one.name, changes(before, one))
            case ledger.ContactRecorded(contact=one):
                before = known.contacts.get(one.contact_id)
                return _line("Contact", one.label, changes(before, one))
            case ledger.TagRecorded(tag=one):
                return _line("Tag", one.serial, changes(known.tags.get(one.tag_id), one))
            case ledger.ActivationStarted(activation=one):
                until = "" if one.ended_at is None else f" until {_moment(one.ended_at)}"
                on = f"on {self._name(one.wearer_id)} from "
                serial = self._serial(one.tag_id)
                return _line("Tag fitted", serial, f"{on}{_moment(one.started_at)}{until}")
            case ledger.ActivationEnded():
                worn = known.activations[event.activation_id]
                return _line("Tag taken off", self._serial(worn.tag_id), _moment(event.ended_at))
            case _:
                return self._ordered(event)

    def _ordered(self, event: Event) -> ImportLine:
        known = self._records
        match event:
            case ledger.OrderRecorded(order=one):
                before = known.orders.get(one.order_id)
                whose = self._name(one.wearer_id)
                return _line("Order", one.reference, f"{whose}: {changes(before, one)}")
            case ledger.OrderTold():
                reference = known.orders[event.order_id].reference
                return _line("Order", reference, f"told {_moment(event.told_at)}")
            case ledger.ConditionTold():
                label = known.conditions[event.condition_id][-1].terms.label
                return _line("Condition", label, f"told {_moment(event.told_at)}")
            case ledger.ConditionRecorded(condition=one):
                return self._condition(one, "")
            case ledger.ZoneDrafted(draft=one):
                return self._condition(one.condition, ", waits for a second person to publish it")
            case ledger.GeometryNeeded(need=one):
                words = one.words if len(one.words) <= 200 else f"{one.words[:200]}…"
                return _line("Place to be drawn", words, one.demand.replace("_", " "))
            case _:
                return _line(type(event).__name__, "", "")

    def _name(self, wearer_id: WearerId) -> str:
        known = self._records.wearers.get(wearer_id)
        return self._names.get(wearer_id, wearer_id if known is None else known.name)

    def _serial(self, tag_id: TagId) -> str:
        known = self._records.tags.get(tag_id)
        return self._serials.get(tag_id, tag_id if known is None else known.serial)

    def _condition(self, one: ConditionVersion, more: str) -> ImportLine:
        what = _KINDS[type(one.terms).__name__]
        whose = self._name(one.wearer_id)
        detail = "new" if one.version == 1 else f"version {one.version}"
        if isinstance(one.terms, ExclusionZone):
            middle = centre(one.terms.shape)
            detail += (
                f", {one.terms.knowledge.value}, {area_m2(one.terms.shape) / 1e6:.3f} km², its "
                f"middle at {middle.lat_deg:.5f}, {middle.lon_deg:.5f}"
            )
        return _line(what, one.terms.label, f"{whose}: {detail}{more}")


def changes(before: msgspec.Struct | None, now: msgspec.Struct) -> str:
    """Return what of a record is other than before, `new` if there was none."""
    if before is None:
        return "new"
    other = [
        name.replace("_", " ")
        for name in now.__struct_fields__
        if name not in ("version", "recorded_at") and getattr(before, name) != getattr(now, name)
    ]
    return f"changed: {', '.join(other)}"


def _line(what: str, name: str, detail: str) -> ImportLine:
    return ImportLine(what=what, name=name, detail=detail)


def _moment(at: Instant) -> str:
    return f"{london(at):%d.%m.%Y %H:%M}"
