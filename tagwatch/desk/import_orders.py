"""Field-monitoring orders as JSON: the order, and a need of geometry for each place it names.

The format is that in which the Ministry of Justice's service hands orders to the monitoring
supplier: `device_wearer` and `monitoring_order`, local times of London, addresses as text.
"""

import json
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, cast

from tagwatch.core.geometry_need import GeometryNeed
from tagwatch.core.ids import AccountId, OrderId, WearerId, derived_id
from tagwatch.core.ledger import Event, GeometryNeeded
from tagwatch.core.order import LegalBasis, Order, Programme
from tagwatch.core.recorded_register import OrderRecorded
from tagwatch.core.supervision import (
    NotifyingOrganisation,
    ResponsibleOrganisation,
    Supervision,
    supervision_problem,
)
from tagwatch.core.timetable import Edge, Weekday, from_london
from tagwatch.core.units import Instant
from tagwatch.desk.import_file import MOST_BYTES, ImportRefused
from tagwatch.desk.import_terms import Mistakes
from tagwatch.desk.weekly_row import row_of
from tagwatch.store.known import KnownRecords

ORDERS_MOST: Final = 1_000
_BASES: Final = (
    ("bail", LegalBasis.BAIL),
    ("licen", LegalBasis.LICENCE),
    ("community", LegalBasis.COMMUNITY_SENTENCE),
)
_PLACES: Final = (
    ("exclusion_zones", "exclusion_zone", "exclusion"),
    ("inclusion_zones", "inclusion_zone", "inclusion"),
    ("restriction_zones", "restriction_zone", "restriction"),
)
_DAYS: Final = tuple(Weekday)
_REFERENCES: Final = (
    "crown_court_case_reference_number",
    "magistrate_court_case_reference_number",
    "case_id",
)
"""Where the number stands by which people know an order, the first that is filled."""
_LAST_MINUTE: Final = "23:59"
"""A night is written as two rows, until this and from 00:00: no minute lies between them."""


class _Span(NamedTuple):
    start: Instant | None
    end: Instant | None


def is_orders(data: bytes) -> bool:
    """Say whether a file holds field-monitoring orders."""
    return b'"enforceable_condition"' in data or b'"monitoring_order"' in data


def plan_orders(data: bytes, known: KnownRecords, at: Instant, by: AccountId) -> list[Event]:
    """Return the events that the file's orders ask for and the register has not yet.

    Raises ImportRefused with every mistake and its path; then nothing is to be recorded.
    """
    if len(data) > MOST_BYTES:
        raise ImportRefused([f"the file has {len(data)} bytes, the limit is {MOST_BYTES}: part it"])
    try:
        document: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ImportRefused([f"this is not JSON: {error}"]) from error
    listed = cast("list[Any]", document if isinstance(document, list) else [document])
    if len(listed) > ORDERS_MOST:
        raise ImportRefused([f"{len(listed)} orders are more than {ORDERS_MOST}: part the file"])
    mistakes, events = Mistakes(), list[Event]()
    seen: set[str] = set()
    for number, each in enumerate(listed):
        path = f"[{number}]" if isinstance(document, list) else ""
        if not isinstance(each, dict):
            mistakes.wrong(path, "write an object with device_wearer and monitoring_order")
            continue
        one = _Reading(cast("dict[str, Any]", each), path, mistakes, known, by)
        order = one.order()
        if order is None:
            continue
        if order.order_id in seen:
            mistakes.wrong(path, f"order {order.reference!r} stands twice")
        seen.add(order.order_id)
        events += _missing(order, one.needs(order), known, at, by)
    if mistakes.found:
        raise ImportRefused(mistakes.found)
    return events


def _missing(
    order: Order, needs: list[GeometryNeed], known: KnownRecords, at: Instant, by: AccountId
) -> list[Event]:
    events = list[Event]()
    before = known.orders.get(order.order_id)
    if before is None or _said(before) != _said(order):
        events.append(OrderRecorded(order=order, by=by))
    return events + [
        GeometryNeeded(need=need, at=at, by=by) for need in needs if need.need_id not in known.needs
    ]


def _said(order: Order) -> tuple[object, ...]:
    """Return what a file says of an order, without what is recorded beside it."""
    span = (order.starts_at, order.ends_at)
    return (order.reference, order.legal_basis, *span, order.wearer_id, order.supervision)


class _Reading:
    """One order being read."""

    def __init__(
        self,
        given: dict[str, Any],
        path: str,
        mistakes: Mistakes,
        known: KnownRecords,
        by: AccountId,
    ) -> None:
        self._mistakes, self._records, self._by = mistakes, known, by
        inner = given.get("monitoring_order")
        self._order: dict[str, Any] = (
            cast("dict[str, Any]", inner) if isinstance(inner, dict) else given
        )
        person = given.get("device_wearer")
        self._person: dict[str, Any] = (
            cast("dict[str, Any]", person) if isinstance(person, dict) else {}
        )
        self._path = f"{path}.monitoring_order".lstrip(".") if inner is not None else path

    def order(self) -> Order | None:
        """Return the order, None after noting what is wrong."""
        before = len(self._mistakes.found)
        wearer_id = self._wearer()
        # A case can hold several orders: where the order has an id of its own, that names it.
        identity = self._text("order_id") or self._text("case_id")
        if not identity:
            self._wrong("order_id", "missing: the order needs its number")
        starts = self._time(self._text("order_start"), "order_start")
        ends = self._ends()
        if starts is None:
            self._wrong("order_start", "write the beginning like 2026-11-02 00:00:00")
        else:
            self._mistakes.ordered(starts, ends, self._at("order_end"))
        basis, found = self._basis(), self._supervision()
        if basis is not None and (problem := supervision_problem(basis, found)):
            self._wrong("sentence_type", problem)
        if len(self._mistakes.found) > before or wearer_id is None or basis is None:
            return None
        name = derived_id("or", "field_monitoring", identity)
        return Order(
            order_id=OrderId(self._records.entered_as("or", name, self._by)),
            wearer_id=wearer_id,
            reference=next((n for n in map(self._text, _REFERENCES) if n), identity),
            legal_basis=basis,
            programme=self._records.wearers[wearer_id].programme
            if wearer_id in self._records.wearers
            else Programme.OTHER,
            starts_at=starts or Instant(0),
            ends_at=ends,
            supervision=found,
        )

    def _ends(self) -> Instant | None:
        """Return when the order ends: by its date, or before, where it was revoked."""
        keys = ("order_end", "revocation_date")
        given = [self._time(self._text(key), key, Edge.UNTIL) for key in keys]
        return min((at for at in given if at is not None), default=None)

    def needs(self, order: Order) -> list[GeometryNeed]:
        """Return a need for each place the order names in words."""
        found: list[GeometryNeed] = []
        for key, demand, named in _PLACES:
            for number, zone in enumerate(self._list(key)):
                path = f"{key}[{number}]"
                words = str(zone.get("description") or "").strip()
                if not words:
                    self._wrong(path, "a zone without a description: say where it lies")
                span = self._span(named)
                start = self._time(str(zone.get("start") or ""), f"{path}.start") or span.start
                end = self._time(str(zone.get("end") or ""), f"{path}.end", Edge.UNTIL) or span.end
                more = str(zone.get("duration") or "").strip()
                words = f"{words}. {more}" if more else words
                found.append(_need(order, demand, words, _Span(start, end), ()))
        for number, curfew in enumerate(self._list("curfew_duration")):
            path, span = f"curfew_duration[{number}]", self._span("curfew")
            rows = self._rows(curfew, path)
            place = str(curfew.get("location") or "").strip() or "the curfew address"
            words = self._address(place) + self._release_night()
            found.append(_need(order, "curfew", words, span, rows))
        return found

    def _release_night(self) -> str:
        """Return the hours of the night of release in words, empty if the order has none."""
        keys = ("date", "start_time", "end_time")
        day, start, end = (self._text(f"conditional_release_{key}") for key in keys)
        hours = f" from {start[:5]} to {end[:5]}" if start and end else ""
        return f". On the day of release, {day}{hours}" if day else ""

    def _rows(self, curfew: dict[str, Any], path: str) -> tuple[str, ...]:
        rows: list[str] = []
        schedule = curfew.get("schedule")
        listed = cast("list[Any]", schedule) if isinstance(schedule, list) else []
        for number, row in enumerate(listed):
            where = f"{path}.schedule[{number}]"
            given = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
            day = str(given.get("day") or "")[:2].capitalize()
            start, end = (str(given.get(key) or "")[:5] for key in ("start", "end"))
            if day not in list(Weekday):
                self._wrong(where, f"day {day!r} is none of {', '.join(_DAYS)}")
                continue
            end = "00:00" if end == _LAST_MINUTE else end
            until = _DAYS[(_DAYS.index(Weekday(day)) + (end <= start)) % 7]
            text = f"{day} {start}-{until} {end}"
            if self._mistakes.tried(self._at(where), lambda t=text: row_of(t)) is not None:
                rows.append(text)
        return tuple(rows)

    def _address(self, place: str) -> str:
        prefix = {"primary": "address", "secondary": "secondary_address"}.get(
            place.lower(), "tertiary_address" if place.lower() == "tertiary" else ""
        )
        keys = [f"{prefix}_{line}" for line in ("1", "2", "3", "4", "post_code")]
        lines = [str(self._person.get(key) or "").strip() for key in keys if prefix]
        told = [line for line in lines if line and line != "N/A"]
        return f"{place}: {', '.join(told)}" if told else place

    def _span(self, named: str) -> _Span:
        for number, each in enumerate(self._list("enforceable_condition")):
            if named in str(each.get("condition") or "").lower():
                path = f"enforceable_condition[{number}]"
                return _Span(
                    self._time(str(each.get("start_date") or ""), f"{path}.start_date"),
                    self._time(str(each.get("end_date") or ""), f"{path}.end_date", Edge.UNTIL),
                )
        return _Span(None, None)

    def _wearer(self) -> WearerId | None:
        numbers = {
            str(self._person.get(key) or "").strip().upper()
            for key in ("delius_id", "nomis_id", "pnc_id")
        } - {""}
        own = self._text("device_wearer").upper()
        numbers |= {own} - {""}
        by_id = self._records.wearers.get(WearerId(self._text("device_wearer")))
        found = self._records.numbered(numbers) if by_id is None else [by_id]
        if len(found) == 1:
            return found[0].wearer_id
        if found:
            self._wrong("device_wearer", "its numbers are those of different wearers: correct them")
            return None
        self._wrong(
            "device_wearer",
            "no wearer is recorded with this CRN, NOMIS id or PNC number: enter him first, by hand "
            "or with `tagwatch import`",
        )
        return None

    def _basis(self) -> LegalBasis | None:
        kind = self._text("condition_type").lower()
        if "dapo" in self._text("order_type_description").lower().split():
            return LegalBasis.DAPO
        for part, basis in _BASES:
            if part in kind:
                return basis
        self._wrong("condition_type", f"{kind!r} is neither bail, licence nor community order")
        return None

    def _supervision(self) -> Supervision:
        level = [c for c in str(self._person.get("mappa") or "") if c in "123"]
        category = [c for c in str(self._person.get("mappa_category") or "") if c in "1234"]
        unit = self._text("pdu_responsible")
        return Supervision(
            mappa_level=int(level[0]) if level else None,
            mappa_category=int(category[0]) if category else None,
            notifying=_member(NotifyingOrganisation, self._text("notifying_organization")),
            responsible=_member(ResponsibleOrganisation, self._text("responsible_organization")),
            officer=self._text("responsible_officer_name"),
            unit=unit.replace("Hillingdom", "Hillingdon"),
        )

    def _list(self, key: str) -> list[dict[str, Any]]:
        value = self._order.get(key)
        listed = cast("list[Any]", value) if isinstance(value, list) else []
        return [cast("dict[str, Any]", each) for each in listed if isinstance(each, dict)]

    def _text(self, key: str) -> str:
        value = self._order.get(key)
        return value.strip()[:500] if isinstance(value, str) else ""

    def _time(self, text: str, key: str, edge: Edge = Edge.FROM) -> Instant | None:
        if not text.strip():
            return None
        try:
            local = datetime.fromisoformat(text.strip())
            if local.tzinfo is not None:
                raise ValueError
            if edge is Edge.UNTIL and len(text.strip()) == len("2026-11-02"):
                local += timedelta(days=1)  # a last day, that day included
            return from_london(local, edge)
        except (ValueError, OverflowError):
            self._wrong(key, f"{text!r} is no London time: write it like 2026-11-02 19:00:00")
            return None

    def _wrong(self, key: str, what: str) -> None:
        self._mistakes.wrong(self._at(key), what)

    def _at(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


def _need(
    order: Order, demand: str, words: str, span: _Span, rows: tuple[str, ...]
) -> GeometryNeed:
    return GeometryNeed(
        need_id=derived_id("gn", order.order_id, demand, words, rows),
        order_id=order.order_id,
        wearer_id=order.wearer_id,
        demand=demand,
        words=words[:2_000],
        valid_from=span.start,
        valid_until=span.end,
        rows=rows,
    )


def _member(kind: Any, text: str) -> Any:
    """Return the member of that name, whatever its spelling; None if there is none."""
    wanted = text.lower().replace("'", "").replace(" ", "_").replace("magistrates_", "magistrates_")
    wanted = {"ymca": "", "yjs": "youth_justice_service"}.get(wanted, wanted)
    return next((member for member in kind if member.value == wanted), None)
