"""A trail as CSV: our own with every field, and the two of the Ministry of Justice's portal."""

import csv
from collections.abc import Iterable
from io import TextIOWrapper
from typing import Any, BinaryIO, Final

from tagwatch.core.order import Order
from tagwatch.core.timetable import london
from tagwatch.core.units import Instant
from tagwatch.report.trail_file import FIELDS, TrailHead, TrailRow, fields_of

CONDENSED: Final = (
    "DATE/TIME",
    "LATITUDE",
    "LONGITUDE",
    "CONFIDENCE CIRCLE",
    "SPEED",
    "DIRECTION",
    "SEQUENCE NO.",
)
PERSON: Final = (
    "DEVICE ID",
    "DEVICE NAME",
    "SUBJECT IDENTIFIER",
    "PoP NAME",
    "NOMIS ID",
    "PNC REF",
    "PoP ADDRESS",
    "PoP DATE OF BIRTH",
    "PROBATION PRACTITIONER",
    "ORDER START",
    "ORDER END",
)
_KMH: Final = 3.6
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(head: TrailHead, rows: Iterable[TrailRow], file: BinaryIO) -> None:
    """Write all fixes with every field, as `tagwatch replay` and `tagwatch assess` read them."""
    _write(file, FIELDS, ([_cell(v) for v in fields_of(head, row).values()] for row in rows))


def write_moj(_head: TrailHead, rows: Iterable[TrailRow], file: BinaryIO) -> None:
    """Write the condensed form: nothing of the person."""
    _write(file, CONDENSED, (_condensed(row) for row in rows))


def write_moj_full(head: TrailHead, rows: Iterable[TrailRow], file: BinaryIO) -> None:
    """Write the full form: the person and the order of the time before each fix."""
    _write(file, (*PERSON, *CONDENSED), ([*_person(head, row), *_condensed(row)] for row in rows))


def guarded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _write(file: BinaryIO, heads: tuple[str, ...], lines: Iterable[list[str]]) -> None:
    text = TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(heads)
    table.writerows(lines)
    text.detach()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return guarded(value) if isinstance(value, str) else repr(value)


def _condensed(row: TrailRow) -> list[str]:
    return [
        _moment(row.fixed_at),
        _cell(row.lat_deg),
        _cell(row.lon_deg),
        _cell(row.radius_m_95),
        "" if row.speed_mps is None else f"{row.speed_mps * _KMH:.2f}",
        "" if row.bearing_deg is None else f"{row.bearing_deg:.1f}",
        str(row.number),
    ]


def _person(head: TrailHead, row: TrailRow) -> list[str]:
    wearer, tag = head.wearer, head.tags.get(row.activation_id)
    order = _order_at(head.orders, row.fixed_at)
    starts = "" if order is None else _moment(order.starts_at)
    ends = "" if order is None or order.ends_at is None else _moment(order.ends_at)
    texts = (
        head.serial(row.activation_id),
        "" if tag is None else tag.model,
        wearer.wearer_id,
        wearer.name,
        wearer.nomis_id or "",
        wearer.pnc_ref or "",
        "",  # no address is kept of a wearer but in his curfew, which may name several
        wearer.date_of_birth or "",
        head.officer,
        starts,
        ends,
    )
    return [guarded(text) for text in texts]


def _order_at(orders: tuple[Order, ...], at: Instant) -> Order | None:
    held = (o for o in orders if o.starts_at <= at and (o.ends_at is None or at < o.ends_at))
    return max(held, key=lambda order: order.starts_at, default=None)


def _moment(at: Instant) -> str:
    return london(at).strftime("%d/%m/%Y %H:%M")
