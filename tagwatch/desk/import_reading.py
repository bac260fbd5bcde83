"""A file of records, told by its contents, against the register: what would be recorded.

Own JSON, field-monitoring orders, wearers and activations as CSV, zones as GeoJSON or KML.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple, cast

from tagwatch.core import ledger
from tagwatch.core.ids import AccountId, OrderId
from tagwatch.core.order import ExclusionZone, ZoneKnowledge
from tagwatch.core.units import Instant
from tagwatch.desk.import_csv import is_csv, read_csv
from tagwatch.desk.import_drawing import (
    Drawing,
    is_geojson,
    parsed,
    read_geojson,
    read_kml_drawing,
)
from tagwatch.desk.import_file import ImportRefused, read_import
from tagwatch.desk.import_orders import is_orders, plan_orders
from tagwatch.desk.import_plan import Planned, plan_import
from tagwatch.store.journal.layout import MAX_GROUP_BYTES, MAX_GROUP_RECORDS
from tagwatch.store.known import KnownRecords

_MARK: Final = b"\xef\xbb\xbf"


class SourceKind(StrEnum):
    """What a file holds."""

    RECORDS = "records"
    ORDERS = "orders"
    WEARERS = "wearers"
    ACTIVATIONS = "activations"
    GEOJSON = "geojson"
    KML = "kml"


class Source(NamedTuple):
    """A file, and what whoever brings it says of it."""

    data: bytes
    order: str = ""
    """The order to which the zones of a drawing belong: its reference, or its id."""
    knowledge: str = ""
    """`told` or `secret`: whether the wearer knows zones that do not say it themselves."""


class FilePlan(NamedTuple):
    """What a file asks for."""

    kind: SourceKind
    planned: list[Planned]
    warnings: list[str]
    """Sentences on what is to be looked at and hinders nothing."""


def plan_file(
    source: Source,
    known: KnownRecords,
    accounts: Mapping[str, AccountId],
    at: Instant,
    by: AccountId,
) -> FilePlan:
    """Return the events that bring the register to what the file says.

    `accounts` maps sign-in names. Raises ImportRefused with every mistake: then nothing is to be
    recorded.
    """
    kind, document = _kind_of(source.data)
    if kind is SourceKind.ORDERS:
        events = plan_orders(source.data, known, at, by)
        plan = FilePlan(kind, [Planned(event) for event in events], [])
    elif kind is SourceKind.RECORDS:
        read = read_import(source.data)
        plan = FilePlan(kind, plan_import(read, known, accounts, at, by), [])
    elif kind in (SourceKind.GEOJSON, SourceKind.KML):
        drawing = _drawing(kind, document, source, known)
        plan = FilePlan(kind, _zones(drawing, known, accounts, at, by), drawing.warnings)
    else:
        plan = _table(str(document), known, accounts, at, by)
    _refuse_too_large(plan.planned)
    return plan._replace(warnings=[*plan.warnings, *_noticed(plan.planned, known, at)])


def _kind_of(data: bytes) -> tuple[SourceKind, Any]:
    """Return what a file is, with its parsed JSON or its text. Raises ImportRefused."""
    start = data.removeprefix(_MARK).lstrip()[:2]
    if not start:
        raise ImportRefused(["file: it is empty; choose the file again"])
    if start == b"PK":
        raise ImportRefused(
            ["file: this is an archive, as a KMZ or a spreadsheet is: unpack it, or save as CSV"]
        )
    if start[:1] == b"<":
        return SourceKind.KML, None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportRefused(
            [f"file: byte {error.start + 1} is no UTF-8 text: export or save it as UTF-8"]
        ) from error
    if "\x00" in text:
        raise ImportRefused(["file: this is no text: choose JSON, CSV, GeoJSON or KML"])
    if start[:1] in (b"{", b"["):
        if "\\ud" in text.lower():
            _refuse_halves(text)
        return _kind_of_json(parsed(text), data)
    if is_csv(text):
        return SourceKind.WEARERS, text
    raise ImportRefused(
        ["file: this is none of the files that can be brought in: its first row is no known header"]
    )


def _refuse_halves(text: str) -> None:
    """Refuse half a character, as JSON can write one: it could not be kept."""
    try:
        json.dumps(parsed(text), ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        raise ImportRefused(
            [f"file: {half} is half a character: export the file as UTF-8 again"]
        ) from error


def _kind_of_json(document: Any, data: bytes) -> tuple[SourceKind, Any]:
    top = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    if "tagwatch_import" in top:
        return SourceKind.RECORDS, top
    if is_geojson(top):
        return SourceKind.GEOJSON, top
    if is_orders(data):
        return SourceKind.ORDERS, top
    known = "an import file (tagwatch_import), field-monitoring orders (monitoring_order)"
    raise ImportRefused([f"file: this is JSON, and neither {known} nor GeoJSON (type)"])


def _table(
    text: str,
    known: KnownRecords,
    accounts: Mapping[str, AccountId],
    at: Instant,
    by: AccountId,
) -> FilePlan:
    read = read_csv(text, known)
    try:
        planned = plan_import(read.file, known, accounts, at, by, read.silent)
    except ImportRefused as error:
        raise ImportRefused(read.places.named(error.errors)) from error
    return FilePlan(SourceKind(read.kind), planned, read.warnings)


def _drawing(kind: SourceKind, document: Any, source: Source, known: KnownRecords) -> Drawing:
    order_id = _order(source.order, known)
    if kind is SourceKind.KML:
        return read_kml_drawing(source.data, order_id, source.knowledge)
    return read_geojson(document, order_id, source.knowledge)


def _order(given: str, known: KnownRecords) -> OrderId:
    wanted = given.strip()
    if not wanted:
        raise ImportRefused(["order: say to which order the zones of this drawing belong"])
    if OrderId(wanted) in known.orders:
        return OrderId(wanted)
    found = known.orders_numbered(wanted)
    if len(found) > 1:
        raise ImportRefused([f"order: {len(found)} orders have the number {wanted!r}; give its id"])
    if not found:
        raise ImportRefused([f"order: no order {wanted!r} is recorded; enter it first"])
    return found[0].order_id


def _zones(
    drawing: Drawing,
    known: KnownRecords,
    accounts: Mapping[str, AccountId],
    at: Instant,
    by: AccountId,
) -> list[Planned]:
    try:
        return plan_import(drawing.file, known, accounts, at, by)
    except ImportRefused as error:
        raise ImportRefused(drawing.places.named(error.errors)) from error


def _refuse_too_large(planned: list[Planned]) -> None:
    size = sum(len(ledger.encode(p.event)) for p in planned)
    if len(planned) > MAX_GROUP_RECORDS or size > MAX_GROUP_BYTES:
        makes = f"it makes {len(planned)} records of {size} bytes"
        raise ImportRefused(
            [f"file: {makes}, more than one group of the journal holds: part it by wearers"]
        )


def _noticed(planned: list[Planned], known: KnownRecords, at: Instant) -> list[str]:
    """Return what somebody should know before he confirms."""
    events = [p.event for p in planned]
    alone = [
        e
        for e in events
        if isinstance(e, ledger.WearerRecorded)
        and e.wearer.officer is None
        and e.wearer.wearer_id not in known.wearers
    ]
    ended = [
        e
        for e in events
        if isinstance(e, ledger.OrderRecorded)
        and e.order.ends_at is not None
        and e.order.ends_at <= at
    ]
    untold = [e for e in events if isinstance(e, ledger.ConditionRecorded) and _is_untold(e)]
    needs = [e for e in events if isinstance(e, ledger.GeometryNeeded)]
    said = (
        (alone, "without a responsible officer: who is on call is told of every alert"),
        (ended, "whose end has passed: nothing is judged any more"),
        (untold, "of which the wearer was not told: until he is, nothing is held against him"),
        (needs, "in words only: nothing is judged there until somebody draws them"),
    )
    names = ("wearer", "order", "condition", "place")
    return [
        f"{len(found)} {name}{'' if len(found) == 1 else 's'} {what}"
        for name, (found, what) in zip(names, said, strict=True)
        if found
    ]


def _is_untold(event: ledger.ConditionRecorded) -> bool:
    terms = event.condition.terms
    secret = isinstance(terms, ExclusionZone) and terms.knowledge is ZoneKnowledge.SECRET
    return event.condition.told_at is None and not secret
