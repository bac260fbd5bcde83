"""One row of police's crimes judged: a crime, or everything that is wrong with it.

What is asked, in which order and with which value in the error, is the Ministry of Justice's; the
points it leaves open are listed in docs/crimes.md.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Final, NamedTuple

from tagwatch.core.crime import Crime, CrimeProfile
from tagwatch.core.crime_errors import CrimeError, CrimeErrorType
from tagwatch.core.osgb import from_osgb36
from tagwatch.core.plane import LonLat
from tagwatch.core.units import HOUR, MINUTE, Instant, instant

COLUMNS: Final = (
    *("POLICE_FORCE", "CRIME_TYPE_ID", "CRIME_TYPE_DESCRIPTION", "BATCH_ID", "CRIME_REFERENCE"),
    *("CRIME_DATE_FROM", "CRIME_DATE_TO", "EASTING", "NORTHING", "LATITUDE", "LONGITUDE"),
    *("DATUM", "CRIME_TEXT"),
)
"""The columns of a row, in this order; the file has no header."""
MOST_VALUE: Final = 1000
"""Characters of a cell that an error repeats."""

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_MOMENT: Final = re.compile(r"[0-9]{14}")
_MOST_DIGITS: Final = 400
"""Characters of a number: the longest finite one written out has fewer."""


class _Axis(NamedTuple):
    """One of the four columns of a place."""

    field: str
    column: int
    partner: int
    others: tuple[int, int]
    least: float
    most: float


_AXES: Final = (
    _Axis("easting", 7, 8, (9, 10), 0.0, 600_000.0),
    _Axis("northing", 8, 7, (9, 10), 0.0, 1_300_000.0),
    _Axis("latitude", 9, 10, (7, 8), 49.5, 61.5),
    _Axis("longitude", 10, 9, (7, 8), -8.5, 2.6),
)

Fault = tuple[CrimeErrorType, str | None, str | None]
"""The error, its field and its value."""


def judge_row(
    row: int, cells: Sequence[str], profile: CrimeProfile
) -> Crime | tuple[CrimeError, ...]:
    """Return the crime in the cells of a row, or its errors in the order of the columns."""
    if len(cells) != len(COLUMNS):
        return (CrimeError(row=row, error_type=CrimeErrorType.INVALID_COLUMN_COUNT),)
    said = [cell.strip() for cell in cells]
    kind = said[1].upper()
    code = profile.forces.get(said[0])
    faults: list[Fault] = []
    if code is None:
        faults.append((CrimeErrorType.INVALID_POLICE_FORCE, "policeForce", said[0]))
    if kind not in profile.crime_types:
        faults.append((CrimeErrorType.INVALID_CRIME_TYPE, "crimeType", said[1]))
    if code is not None:
        faults.extend(_batch_faults(said[3], code))
    if not said[4]:
        faults.append((CrimeErrorType.MISSING_CRIME_REFERENCE, "crimeReference", None))
    began, ended = moment(said[5]), moment(said[6])
    faults.extend(_window_faults(said, began, ended, profile.longest_window_h))
    faults.extend(_place_faults(said))
    if faults or began is None or ended is None:
        return tuple(
            CrimeError(
                row=row,
                crime_reference=said[4][:MOST_VALUE] or None,
                crime_type_id=kind if kind in profile.crime_types else None,
                error_type=error,
                field=field,
                value=value if value is None else value[:MOST_VALUE],
            )
            for error, field, value in faults
        )
    return _crime(said, kind, began, ended)


def moment(text: str) -> Instant | None:
    """Return the moment of `yyyyMMddHHmmss` in UTC, None if the text is no such moment."""
    if _MOMENT.fullmatch(text) is None:
        return None
    try:
        return instant(
            datetime(
                int(text[:4]), int(text[4:6]), int(text[6:8]),
                int(text[8:10]), int(text[10:12]), int(text[12:14]),
                tzinfo=UTC,
            )
        )  # fmt: skip
    except ValueError:
        return None


def number(text: str) -> float | None:
    """Return a finite number written with the digits 0 to 9, None if the text is none."""
    if len(text) > _MOST_DIGITS or _NUMBER.fullmatch(text) is None:
        return None
    value = float(text)
    return value if isfinite(value) else None


def _crime(said: list[str], kind: str, began: Instant, ended: Instant) -> Crime:
    easting, northing = number(said[7]), number(said[8])
    if easting is not None and northing is not None:
        place = from_osgb36(easting, northing)
    else:
        place = LonLat(lon_deg=float(said[10]), lat_deg=float(said[9]))
    return Crime(
        police_force=said[0],
        crime_type=kind,
        type_description=said[2],
        batch_id=said[3],
        reference=said[4],
        from_at=began,
        to_at=ended,
        place=place,
        easting_m=easting,
        northing_m=northing,
        datum=said[11],
        text=said[12],
    )


def _batch_faults(batch_id: str, code: str) -> Iterator[Fault]:
    """Of a row whose force is known: what is wrong with the batch id.

    Only its beginning counts, as in the Ministry's pattern: what may follow the date there
    (`-1`, `-R`, `-A`) is optional, so whatever follows is let pass.
    """
    digits = batch_id[len(code) : len(code) + 8]
    if not batch_id:
        yield CrimeErrorType.MISSING_BATCH_ID, "batchId", None
    elif not (batch_id.startswith(code) and re.fullmatch("[0-9]{8}", digits)):
        yield CrimeErrorType.INVALID_BATCH_ID_FORMAT, "batchId", batch_id
    elif moment(digits + "000000") is None:
        yield CrimeErrorType.INVALID_BATCH_ID_DATE, "batchId", batch_id


def _window_faults(
    said: list[str], began: Instant | None, ended: Instant | None, longest_h: int
) -> Iterator[Fault]:
    if began is None:
        yield CrimeErrorType.INVALID_FROM_DATE_FORMAT, "dateFrom", said[5]
    if ended is None:
        yield CrimeErrorType.INVALID_TO_DATE_FORMAT, "dateTo", said[6]
    if began is None or ended is None:
        return
    if ended < began:
        yield CrimeErrorType.CRIME_DATE_TIME_TO_AFTER_FROM, "dateTo", said[6]
    elif ended - began > longest_h * HOUR:
        hours, rest = divmod(ended - began, HOUR)
        value = f"{hours}h {rest // MINUTE}m"
        yield CrimeErrorType.CRIME_DATE_TIME_EXCEEDS_WINDOW, "dateTo", value


def _place_faults(said: list[str]) -> Iterator[Fault]:
    """Column by column; of each cell that is filled, the first thing that is wrong."""
    if not any(said[axis.column] for axis in _AXES):
        yield CrimeErrorType.MISSING_LOCATION_DATA, None, None
    for axis in _AXES:
        cell = said[axis.column]
        if not cell:
            continue
        value = number(cell)
        if value is None:
            yield CrimeErrorType.INVALID_NUMBER, axis.field, cell
        elif not said[axis.partner]:
            yield CrimeErrorType.DEPENDENT_LOCATION_DATA, axis.field, cell
        elif any(said[column] for column in axis.others):
            yield CrimeErrorType.MULTIPLE_LOCATION_DATA_TYPES, axis.field, None
        elif not axis.least <= value <= axis.most:
            yield CrimeErrorType.INVALID_LOCATION_DATA_RANGE, axis.field, _decimal(value)


def _decimal(value: float) -> str:
    """Return a number written out, with at least one decimal: `600001.0`."""
    text = f"{Decimal(repr(value)):f}"
    return text if "." in text else f"{text}.0"
