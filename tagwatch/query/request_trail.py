"""Fixes of a data request: those within its area and time, and what was left out, counted."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final, NamedTuple

import numpy as np
from sqlalchemy import Connection

from tagwatch.core.data_request import Minimum
from tagwatch.core.fix import UNDECIDABLE
from tagwatch.core.geometry import Plane, Shape, distance_to_shape_m, planar
from tagwatch.core.person import Wearer
from tagwatch.core.plane import Floats
from tagwatch.core.thinning import EXACT_PAIRS, near_shape
from tagwatch.core.units import Instant
from tagwatch.core.within import middle_of
from tagwatch.query.trail_export import MOST_FIXES, TooMuch, head_of
from tagwatch.report.trail_csv import write_csv
from tagwatch.report.trail_file import TrailHead, TrailRow, rows_of
from tagwatch.store.archive.read import whole_trail
from tagwatch.verifier.table import GAP

WITHIN: Final = "fixes released"
OUTSIDE: Final = "fixes outside the area, not released"
SILENT: Final = "no usable fix: nothing is known"


class Span(NamedTuple):
    """A stretch of the time asked about: what it holds, and how many fixes."""

    start: Instant
    end: Instant
    what: str
    fixes: int


class ClippedTrail(NamedTuple):
    """A trail as it is released."""

    head: TrailHead
    rows: tuple[TrailRow, ...]
    """Within the area."""
    left_out: tuple[TrailRow, ...]
    """Outside of it: only counted in what is released."""
    reaching: int
    """Of these, fixes whose 95 % circle reaches into the area."""
    spans: tuple[Span, ...]

    def csv(self) -> bytes:
        """Return the released fixes with every field."""
        file = BytesIO()
        write_csv(self.head, self.rows, file)
        return file.getvalue()


def clipped(
    connection: Connection, wearer: Wearer, minimum: Minimum, made: tuple[Instant, str, str]
) -> ClippedTrail:
    """Return the trail within the minimum; `made` is when, by whom and for what.

    The caller has checked the scope and puts it on the audit. Raises TooMuch.
    """
    at, by, purpose = made
    head = head_of(
        connection,
        wearer,
        minimum.start,
        minimum.end,
        made_at=at,
        made_by=by,
        purpose=purpose,
    )
    blocks = whole_trail(connection, wearer.wearer_id, minimum.start, minimum.end)
    count = sum(len(block) for _, block in blocks)
    if count > MOST_FIXES:
        raise TooMuch(f"the time holds {count} fixes, a file at most {MOST_FIXES}: approve less")
    rows = list(rows_of(blocks, head.settings))
    inside = _inside(rows, minimum.area)
    kept = tuple(row for row, within in zip(rows, inside, strict=True) if within)
    left_out = tuple(row for row, within in zip(rows, inside, strict=True) if not within)
    reaching = 0 if minimum.area is None else _reaching(left_out, minimum.area)
    spans = tuple(_spans(rows, inside, (minimum.start, minimum.end)))
    return ClippedTrail(head, kept, left_out, reaching, spans)


def plane_of(shape: Shape) -> Plane:
    """Return the plane about a shape, in which it and fixes are laid."""
    return Plane.at(middle_of(shape))


def inside_m(row: TrailRow, shape: Shape) -> float | None:
    """Return how far inside the shape's border a fix lies, in metres, less than 0 outside; None
    for a fix without a place."""
    if row.lon_deg is None or row.lat_deg is None:
        return None
    plane = plane_of(shape)
    return -distance_to_shape_m(planar(shape, plane), *plane.xy(row.lon_deg, row.lat_deg))


def usable(row: TrailRow) -> bool:
    """Say whether a fix can decide anything."""
    return row.lat_deg is not None and not row.marks & UNDECIDABLE


def _inside(rows: Sequence[TrailRow], area: Shape | None) -> list[bool]:
    """Say of each fix whether it lies in the area; without a place it does not."""
    if area is None:
        return [True] * len(rows)
    return _near(rows, area, np.zeros(len(rows)))


def _reaching(rows: Sequence[TrailRow], area: Shape) -> int:
    radii = np.array([row.radius_m_95 or 0.0 for row in rows])
    return sum(_near(rows, area, radii))


def _near(rows: Sequence[TrailRow], area: Shape, reach_m: Floats) -> list[bool]:
    plane = plane_of(area)
    lon = np.array([row.lon_deg or 0.0 for row in rows])
    lat = np.array([row.lat_deg or 0.0 for row in rows])
    laid, (x_m, y_m) = planar(area, plane), plane.xy_arrays(lon, lat)
    near = np.zeros(len(rows), dtype=np.bool_)
    at_once = max(1, EXACT_PAIRS // max(1, len(laid.edges) // 4))
    for first in range(0, len(rows), at_once):  # of more it would say perhaps too many
        part = slice(first, first + at_once)
        near[part] = near_shape(laid, x_m[part], y_m[part], reach_m[part])
    placed = [row.lon_deg is not None and row.lat_deg is not None for row in rows]
    return [has and bool(lies) for has, lies in zip(placed, near, strict=True)]


def _spans(
    rows: Sequence[TrailRow], inside: Sequence[bool], window: tuple[Instant, Instant]
) -> list[Span]:
    """Return the time in stretches: fixes within, fixes outside, and gaps, which stay gaps."""
    found: list[Span] = []
    last = window[0]
    for row, within in zip(rows, inside, strict=True):
        if not usable(row):
            continue
        what = WITHIN if within else OUTSIDE
        if row.fixed_at - last > GAP:
            found.append(Span(last, row.fixed_at, SILENT, 0))
        before = found[-1] if found else None
        if before is not None and before.what == what:
            found[-1] = Span(before.start, row.fixed_at, what, before.fixes + 1)
        else:
            found.append(Span(row.fixed_at, row.fixed_at, what, 1))
        last = row.fixed_at
    if window[1] - last > GAP:
        found.append(Span(last, window[1], SILENT, 0))
    return found
