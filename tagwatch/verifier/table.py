"""Fixes and gaps of a bundle as tables: written by the maker, and again by whoever verifies."""

import csv
import itertools
from collections.abc import Iterator, Sequence
from io import StringIO
from math import isnan
from typing import Any, Final

import numpy as np

from tagwatch.core.fix import UNDECIDABLE, FixBlock, Mark, Source, fix_id
from tagwatch.core.radii import radii_95_m
from tagwatch.core.settings import Settings
from tagwatch.core.trail import TrailPart, duplicates
from tagwatch.core.units import MINUTE, Instant, iso

FIX_HEADS: Final = (
    "number", "fix_id", "activation_id", "measured_at_utc", "received_at_utc", "lon_deg",
    "lat_deg", "radius_as_sent_m", "its_confidence", "radius_m_95", "source", "satellites", "hdop",
    "marks", "can_decide",
)  # fmt: skip
GAP_HEADS: Final = ("from_utc", "until_utc", "minutes", "what")
GAP: Final = 10 * MINUTE
"""Longer than this without a fix that can decide is listed as a gap. It is a list, not a rule."""
_OF_ARRIVAL: Final = int(
    Mark.DUPLICATE | Mark.LATE | Mark.OUT_OF_ORDER | Mark.CLOCK_AHEAD | Mark.NO_OWNER
)
_RADIUS: Final = FIX_HEADS.index("radius_m_95")
_APART_M: Final = 0.11


def fixes_csv(parts: Sequence[TrailPart], window: tuple[int, int], settings: Settings) -> bytes:
    """Return every fix in the window, also those outside any zone, oldest first."""
    rows: list[tuple[int, int, int, list[str]]] = []
    for part in parts:
        block = _as_sent(_within(part.block, window))
        radii = radii_95_m(block, settings.errors) if len(block) else np.empty(0)
        rows += [
            (int(row["fixed_at"]), int(row["seq"]), int(row["index"]), _cells(row, radius, part))
            for row, radius in zip(block, radii.tolist(), strict=True)
        ]
    rows.sort(key=lambda row: row[:3])
    numbered = ([str(n), *cells] for n, (*_, cells) in enumerate(rows, start=1))
    return _csv(FIX_HEADS, numbered)


def gaps_csv(parts: Sequence[TrailPart], window: tuple[int, int]) -> bytes:
    """Return the times in the window without a fix that can decide."""
    rows = [
        [iso(start), iso(end), str((end - start) // MINUTE), "no usable fix: nothing is known"]
        for start, end in gaps(parts, window)
    ]
    return _csv(GAP_HEADS, rows)


def gaps(parts: Sequence[TrailPart], window: tuple[int, int]) -> list[tuple[Instant, Instant]]:
    """Return the [start, end) in the window longer than GAP in which no fix can decide."""
    times: list[int] = []
    for part in parts:
        block = _within(part.block, window)
        times += block["fixed_at"][(block["marks"] & int(UNDECIDABLE)) == 0].tolist()
    edges = [window[0], *sorted(times), window[1]]
    pairs = itertools.pairwise(edges)
    return [(Instant(a), Instant(b)) for a, b in pairs if b - a > GAP]


def tables_differ(name: str, told: bytes, made: bytes) -> list[str]:
    """Return in words where a table in a bundle is not the one its frames come to."""
    if told == made:
        return []
    one, other = (list(csv.reader(StringIO(text.decode()))) for text in (told, made))
    if len(one) != len(other):
        return [f"{name}: has {len(one) - 1} lines, and the frames come to {len(other) - 1}"]
    said: list[str] = []
    for number, (was, now) in enumerate(zip(one, other, strict=True), start=1):
        if was != now and not _alike(was, now):
            said.append(f"{name}: line {number} is not what the frames come to")
    return said[:20]


def _alike(was: list[str], now: list[str]) -> bool:
    """Say whether two lines differ in the last figure of a radius at most."""
    apart = [at for at, (a, b) in enumerate(zip(was, now, strict=False)) if a != b]
    if len(was) != len(now) or apart != [_RADIUS]:
        return False
    try:
        return abs(float(was[_RADIUS]) - float(now[_RADIUS])) <= _APART_M
    except ValueError:
        return False


def _within(block: FixBlock, window: tuple[int, int]) -> FixBlock:
    times = block["fixed_at"]
    return block[(times >= window[0]) & (times < window[1])]


def _as_sent(block: FixBlock) -> FixBlock:
    """Return the fixes as their frames were journaled, without marks that tell of their arrival;
    of equal ones the later are marked as repeated."""
    block = block[np.lexsort((block["index"], block["seq"]))].copy()
    block["marks"] &= np.uint32(~_OF_ARRIVAL & 0xFFFF_FFFF)
    repeated = duplicates(block, block[:0])
    block["marks"][repeated] |= np.uint32(int(Mark.DUPLICATE))
    return block


def _cells(row: Any, radius_m: float, part: TrailPart) -> list[str]:
    marks = Mark(int(row["marks"]))
    named = [str(mark.name).lower() for mark in Mark if mark and mark in marks]
    return [
        fix_id(int(row["seq"]), int(row["index"])),
        part.activation_id,
        iso(Instant(int(row["fixed_at"]))),
        iso(Instant(int(row["received_at"]))),
        repr(float(row["lon_deg"])),
        repr(float(row["lat_deg"])),
        _number(row["accuracy_m"]),
        _number(row["confidence"]),
        "" if isnan(radius_m) else f"{radius_m:.1f}",
        Source(int(row["source"])).name.lower(),
        "" if row["satellites"] < 0 else str(int(row["satellites"])),
        _number(row["hdop"]),
        " ".join(named),
        "no" if marks & UNDECIDABLE else "yes",
    ]


def _number(value: Any) -> str:
    return "" if isnan(float(value)) else repr(float(value))


def _csv(heads: Sequence[str], rows: Iterator[list[str]] | Sequence[list[str]]) -> bytes:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue().encode()
