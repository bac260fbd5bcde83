"""What the map of a trail page draws, as columns: short for many fixes, and read at once."""

from datetime import timedelta
from typing import Any

import msgspec
import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from tagwatch.core.order import Curfew, ExclusionZone
from tagwatch.core.stop import Stop
from tagwatch.core.timetable import london
from tagwatch.core.units import DAY, SECOND, Instant
from tagwatch.query.trail_view import TrailView
from tagwatch.query.zones_in_force import ZoneInForce
from tagwatch.web.trail_lines import clock_time

_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028"})


def drawn_json(view: TrailView) -> Markup:
    """Return the data as JSON that may stand in a `script` element. Instants are ms since 1970."""
    columns, rows = view.columns, view.drawn
    block = columns.block[rows]
    times = block["fixed_at"] // 1000
    found = {
        "start": view.start // 1000,
        "end": max(view.until, Instant(view.start + SECOND)) // 1000,
        "offsets": _offsets(view.start, view.end),
        "numbers": (rows + 1).tolist(),
        "at": times.tolist(),
        "lon": np.round(block["lon_deg"], 6).tolist(),
        "lat": np.round(block["lat_deg"], 6).tolist(),
        "radius": np.round(columns.radii_m[rows], 1).tolist(),
        "odd": np.flatnonzero(~columns.decides[rows]).tolist(),
        "gaps": _gaps(view, block["fixed_at"]),
        "stops": [
            [s.number, s.lon_deg, s.lat_deg, s.radius_m_95, *_rows(s, block["fixed_at"])]
            for s in view.movements.stops
        ],
        "zones": [_zone(zone, view) for zone in view.zones],
    }
    # Nothing of it can end the element or begin another.
    return Markup(msgspec.json.encode(found).decode().translate(_HTML))  # noqa: S704  # see above


def _rows(stop: Stop, times: NDArray[np.int64]) -> tuple[int, int]:
    """Return the first and the last of the drawn fixes that were made at a stop; the last before
    the first where none was."""
    low = np.searchsorted(times, stop.first_seen)
    high = np.searchsorted(times, stop.last_seen, side="right")
    return int(low), int(high) - 1


def _gaps(view: TrailView, times: Any) -> list[int]:
    """Return after which of the drawn fixes a gap lies: the place of the last one before it."""
    starts = np.array([gap.start for gap in view.movements.gaps], dtype=np.int64)
    after = np.searchsorted(times, starts, side="right") - 1
    return sorted({int(row) for row in after if 0 <= row < len(times) - 1})


def _offsets(start: Instant, end: Instant) -> list[tuple[int, int]]:
    """Return (ms, minutes ahead of UTC) from the beginning and from each change of the clocks."""
    found = [(start // 1000, _ahead(start))]
    at = start
    while at < end:
        later = Instant(min(at + DAY, end))
        if _ahead(later) != _ahead(at):
            low, high = int(at), int(later)
            while high - low > SECOND:
                middle = (low + high) // 2
                low, high = (
                    (middle, high) if _ahead(Instant(middle)) == _ahead(at) else (low, middle)
                )
            found.append((high // 1_000_000 * 1000, _ahead(later)))
        at = later
    return found


def _ahead(at: Instant) -> int:
    return (london(at).utcoffset() or timedelta()) // timedelta(minutes=1)


def _zone(zone: ZoneInForce, view: TrailView) -> dict[str, Any]:
    """Return a place with its label: with the version, and since when where that changed."""
    terms = zone.version.terms
    label = f"{terms.label}, version {zone.version.version}"
    if zone.start > view.start:
        label += f", from {clock_time(zone.start)}"
    if zone.end < view.until:
        label += f", until {clock_time(zone.end)}"
    kind = "curfew" if isinstance(terms, Curfew) else "zone"
    properties = {
        **zone.shape["properties"],
        "label": label,
        "kind": kind,
        "from": zone.start // 1000,
        "to": zone.end // 1000,
    }
    if isinstance(terms, ExclusionZone):
        properties["buffer_m"] = terms.buffer_m
    return {**zone.shape, "properties": properties}
