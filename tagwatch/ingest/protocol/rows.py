"""From readings to rows of FIX_DTYPE: bounds, marks, order. The same for every protocol.

Two ways in with the same result (a property test holds them together): `block_of` row by row for
messages of a few fixes, `block_of_columns` over whole columns for batches.
"""

from collections.abc import Sequence
from math import isnan, nan
from struct import Struct
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import (
    FIX_DTYPE,
    NO_INSTANT,
    UNKNOWN_COUNT,
    FixBlock,
    Mark,
    Motion,
    Source,
    empty_block,
)
from tagwatch.core.units import DAY, SECOND, Instant, parse_iso
from tagwatch.ingest.protocol.message import MAX_ITEMS
from tagwatch.ingest.protocol.value import MICROSECONDS_FROM, MILLISECONDS_FROM

EARLIEST: Final = parse_iso("2010-01-01T00:00:00Z")
"""A fix older than this has a wrong clock (1970, 1980, or a GPS week rolled over: 19.6 years)."""
LATEST_AHEAD: Final = DAY
"""A fix further in the future than this has no usable time at all."""
CLOCK_AHEAD: Final = 120 * SECOND
"""settings.alert.clock_ahead_s at its default; here only for the mark."""

NUMBERS: Final = (
    "lon_deg",
    "lat_deg",
    "accuracy_m",
    "confidence",
    "hdop",
    "altitude_m",
    "speed_mps",
    "bearing_deg",
    "battery_pct",
)
_LEAST: Final = (-180.0, -90.0, 1e-3, 0.01, 1e-3, -1_000.0, 0.0, 0.0, 0.0)
_MOST: Final = (180.0, 90.0, 1e7, 0.999, 99.0, 100_000.0, 500.0, 360.0, 100.0)
"""Outside these a number is unknown: 0 m accuracy, speed -1, HDOP 99.99 and the like."""
_SATELLITES_MOST: Final = 200
_EARLIEST_S: Final = EARLIEST / 1e6
_LOW: Final = np.array((*_LEAST, 0.0, 0.0, 0.0))
_HIGH: Final = np.array((*_MOST, _SATELLITES_MOST, max(Source), max(Motion)))
_UNKNOWN: Final = np.array([nan] * len(NUMBERS) + [UNKNOWN_COUNT, Source.UNKNOWN, Motion.UNKNOWN])
_SOURCES: Final = np.array([n if n in list(Source) else 0 for n in range(max(Source) + 1)], "u1")
_BAD_TIME: Final = np.uint32(Mark.BAD_TIME)
_BAD_POSITION: Final = np.uint32(Mark.BAD_POSITION)
_CLOCK_AHEAD: Final = np.uint32(Mark.CLOCK_AHEAD)
_INDEX: Final = np.arange(MAX_ITEMS, dtype=np.int32)

_ROW: Final = Struct("<4q9diIh2Bb")
_COLUMNS: Final = np.dtype(
    {
        "names": [
            "times",
            "numbers",
            "index",
            "marks",
            "satellites",
            "source",
            "motion",
            "charging",
        ],
        "formats": ["(4,)<i8", "(9,)<f8", "<i4", "<u4", "<i2", "u1", "u1", "i1"],
        "offsets": [0, 32, 104, 108, 112, 114, 115, 116],
        "itemsize": FIX_DTYPE.itemsize,
    }
)
"""FIX_DTYPE seen as a few wide columns, so that a block is filled in few steps."""


class Reading(NamedTuple):
    """One fix as a tag wrote it: unknown is NaN, None or the enum's UNKNOWN; bounds unchecked."""

    fixed_at: Instant | None
    lon_deg: float
    lat_deg: float
    accuracy_m: float = nan
    confidence: float = nan
    hdop: float = nan
    altitude_m: float = nan
    speed_mps: float = nan
    bearing_deg: float = nan
    battery_pct: float = nan
    satellites: float = nan
    source: Source = Source.UNKNOWN
    motion: Motion = Motion.UNKNOWN
    charging: bool | None = None
    sent_at: Instant | None = None
    marks: Mark = Mark.NONE


def block_of(readings: Sequence[Reading], seq: int, received_at: Instant) -> FixBlock:
    """Return the rows of `readings`, oldest first; `index` is the place in `readings`."""
    if not readings:
        return empty_block()
    return _oldest_first(rows_of(readings, seq, received_at))


def rows_of(
    readings: Sequence[Reading],
    seq: int,
    received_at: Instant,
    earliest: Instant = EARLIEST,
    first_index: int = 0,
) -> FixBlock:
    """Return the rows of `readings` in their own order, `index` counting from `first_index`.

    A time before `earliest` is taken for a wrong clock.
    """
    packed = bytearray()
    for index, reading in enumerate(readings, first_index):
        packed += _row(reading, index, seq, received_at, earliest)
    return np.frombuffer(packed, FIX_DTYPE)


def _row(reading: Reading, index: int, seq: int, received_at: Instant, earliest: Instant) -> bytes:
    fixed_at = reading.fixed_at
    marks = int(reading.marks)
    if fixed_at is None or not earliest <= fixed_at <= received_at + LATEST_AHEAD:
        fixed_at = received_at
        marks |= Mark.BAD_TIME
    elif fixed_at > received_at + CLOCK_AHEAD:
        marks |= Mark.CLOCK_AHEAD
    numbers = [
        value if least <= value <= most else nan
        for value, least, most in zip(reading[1:10], _LEAST, _MOST, strict=True)
    ]
    lon, lat = numbers[0], numbers[1]
    if isnan(lon) or isnan(lat) or (lon == 0.0 and lat == 0.0):
        marks |= Mark.BAD_POSITION
        numbers[0] = numbers[1] = nan
    if isnan(numbers[2]):
        numbers[3] = nan
    satellites = reading.satellites
    return _ROW.pack(
        fixed_at,
        NO_INSTANT if reading.sent_at is None else reading.sent_at,
        received_at,
        seq,
        *numbers,
        index,
        marks,
        int(satellites) if 0 <= satellites <= _SATELLITES_MOST else UNKNOWN_COUNT,
        reading.source,
        reading.motion,
        -1 if reading.charging is None else reading.charging,
    )


def block_of_columns(
    unix: NDArray[np.float64],
    values: NDArray[np.float64],
    charging: NDArray[np.int8],
    marks: NDArray[np.uint32] | None,
    seq: int,
    received_at: Instant,
) -> FixBlock:
    """Return the rows of n fixes given as columns, oldest first.

    `unix` (n,) Unix times as `unix_moment` reads them, NaN unknown; `values` (n, 12): the NUMBERS
    in their order, then satellites, source and motion (it is overwritten); `charging` and
    `marks` (n,) as in FIX_DTYPE.
    """
    rows = np.empty(len(unix), FIX_DTYPE)
    wide = rows.view(_COLUMNS)
    wide["times"] = (0, NO_INSTANT, received_at, seq)
    wide["marks"] = 0 if marks is None else marks
    ordered = _set_times(rows, unix, received_at)
    _fill(rows, values, charging, _INDEX[: len(rows)])
    return rows if ordered else _oldest_first(rows)


def blocks_of_columns(
    unix: NDArray[np.float64],
    values: NDArray[np.float64],
    charging: NDArray[np.int8],
    marks: NDArray[np.uint32] | None,
    frames: Sequence[tuple[int, int, Instant]],
) -> list[FixBlock]:
    """Return what `block_of_columns` makes of each of several frames, whose fixes follow each
    other in the columns, n in all; `frames` says size, seq and received_at of each.

    The arrays are filled once for all: of small frames that is most of the work. The blocks are
    parts of one array.
    """
    sizes, seqs, received = (np.array(each, dtype=np.int64) for each in zip(*frames, strict=True))
    ends = np.cumsum(sizes)
    starts = ends - sizes
    spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
    in_order = unix[1:] >= unix[:-1]
    in_order[starts[1:] - 1] = True
    timely = (unix[starts] >= _EARLIEST_S) & (unix[ends - 1] <= received / 1e6)
    if not (timely.all() and in_order.all()):
        return [
            block_of_columns(
                unix[low:high],
                values[low:high],
                charging[low:high],
                None if marks is None else marks[low:high],
                seq,
                at,
            )
            for (low, high), (_, seq, at) in zip(spans, frames, strict=True)
        ]
    rows = np.empty(len(unix), FIX_DTYPE)
    wide = rows.view(_COLUMNS)
    times = wide["times"]
    times[:, 1] = NO_INSTANT
    times[:, 2], times[:, 3] = np.repeat(received, sizes), np.repeat(seqs, sizes)
    times[:, 0] = np.rint(unix * 1e6)
    wide["marks"] = 0 if marks is None else marks
    _fill(rows, values, charging, np.arange(len(unix)) - np.repeat(starts, sizes))
    return [rows[low:high] for low, high in spans]


def _fill(
    rows: FixBlock,
    values: NDArray[np.float64],
    charging: NDArray[np.int8],
    index: NDArray[np.signedinteger[Any]],
) -> None:
    """Write the columns beside times and marks, as `block_of_columns` has them."""
    wide = rows.view(_COLUMNS)
    known = (values >= _LOW) & (values <= _HIGH)
    np.copyto(values, _UNKNOWN, where=~known)
    if not (known[:, :3].all() and values[:, 0].all()):
        _mark_astray(rows, values)
        values[~known[:, 2], 3] = nan
    wide["numbers"] = values[:, :9]
    wide["index"] = index
    counts = values[:, 9:].astype(np.int16)
    wide["satellites"] = counts[:, 0]
    wide["source"] = _SOURCES[counts[:, 1]]
    wide["motion"] = counts[:, 2]
    wide["charging"] = charging


def _mark_astray(rows: FixBlock, values: NDArray[np.float64]) -> None:
    lon, lat = values[:, 0], values[:, 1]
    astray = np.isnan(lon) | np.isnan(lat) | ((lon == 0.0) & (lat == 0.0))
    values[astray, :2] = nan
    rows["marks"][astray] |= _BAD_POSITION


def _set_times(rows: FixBlock, unix: NDArray[np.float64], received_at: Instant) -> bool:
    """Fill in `fixed_at` and its marks; return whether the rows are surely in order already."""
    fixed_at = rows["fixed_at"]
    # Times in order, as they mostly come: then the first and the last speak for all.
    ordered = bool((unix[1:] >= unix[:-1]).all())
    if ordered and unix[0] >= _EARLIEST_S and unix[-1] <= received_at / 1e6:
        fixed_at[:] = np.rint(unix * 1e6)
        return True
    micros = np.rint(_seconds(unix) * 1e6)
    usable = (micros >= EARLIEST) & (micros <= received_at + LATEST_AHEAD)
    fixed_at[:] = np.where(usable, micros, received_at)
    rows["marks"][~usable] |= _BAD_TIME
    rows["marks"][fixed_at > received_at + CLOCK_AHEAD] |= _CLOCK_AHEAD
    return False


def _seconds(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Unix times in seconds, told from milliseconds and microseconds by their size."""
    size = np.abs(times)
    scaled = np.where(size < MICROSECONDS_FROM, times / 1e3, times / 1e6)
    return np.where(size < MILLISECONDS_FROM, times, scaled)


def _oldest_first(rows: FixBlock) -> FixBlock:
    if len(rows) < 2:
        return rows
    fixed_at = rows["fixed_at"]
    if (fixed_at[1:] >= fixed_at[:-1]).all():
        return rows
    return rows[np.argsort(fixed_at, kind="stable")]


def usable_moment(at: Instant | None, received_at: Instant) -> Instant:
    """Return the time of a tag's event, or `received_at` where its clock is plainly wrong."""
    if at is None or not EARLIEST <= at <= received_at + LATEST_AHEAD:
        return received_at
    return at
