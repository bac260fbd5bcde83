"""Files of real fixes with the true place beside each, read by their columns."""

import csv
from dataclasses import dataclass
from enum import StrEnum
from math import nan
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import FixBlock, Source
from tagwatch.core.geometry import LonLat, Plane
from tagwatch.core.units import SECOND, parse_iso
from tagwatch.sim.quality.trace import BEGINS, Floats, fixes

R95: Final = 2.448
"""95 % radius of a circular Gaussian of sigma 1."""
CLEAN_M: Final = 5.0
"""A receiver whose errors stay below this, 95 of 100, is a clean one."""
NEAREST_S: Final = 3.0
"""A phone's fix without a true place takes that of the reference provider, this near in time."""
PHONE_REFERENCE: Final = "GPS"


class Kind(StrEnum):
    """What a file is evidence of."""

    STREET = "street"
    CLEAN = "clean receiver"
    PHONE = "phone"


class UnreadableFile(ValueError):
    """A file has not the columns of fixes with truth."""


@dataclass(frozen=True, slots=True)
class TrueTrail:
    """Fixes of one file with the truth in metres, in a plane of the file's own."""

    name: str
    kind: Kind
    plane: Plane
    block: FixBlock
    x_m: Floats
    y_m: Floats

    @property
    def seconds(self) -> Floats:
        """Return seconds since the first fix, shape (n,)."""
        at: NDArray[np.int64] = self.block["fixed_at"]
        return (at - at[0]) / SECOND


def read(path: Path) -> list[TrueTrail]:
    """Return the trails of a file: one, or one per provider of a phone but its reference.

    Columns: `lat`, `lon` and a time (`t_s` in seconds, `time` in ISO 8601, or `unix_ms`); the truth
    as `truth_lat`, `truth_lon`, or the phone's own GPS by `provider`. What a fix claims is taken
    from `sigma_e_m` and `sigma_n_m`, else `accuracy_m` (68 %), else `hdop`. Raises UnreadableFile.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if not rows:
        raise UnreadableFile(f"{path.name} holds no fix")
    if not {"lat", "lon"} <= set(rows[0]) or not ({"t_s", "time", "unix_ms"} & set(rows[0])):
        raise UnreadableFile(f"{path.name} needs columns lat, lon and t_s, time or unix_ms")
    if "truth_lat" in rows[0]:
        return [_trail(path.stem, rows, None)]
    if "provider" not in rows[0]:
        raise UnreadableFile(
            f"{path.name} has neither truth_lat nor provider: no truth to judge by"
        )
    reference = [row for row in rows if row["provider"] == PHONE_REFERENCE]
    others = sorted({row["provider"] for row in rows} - {PHONE_REFERENCE})
    return [
        _trail(f"{path.stem} {name}", [r for r in rows if r["provider"] == name], reference)
        for name in others
    ]


def _trail(
    name: str, rows: list[dict[str, str]], reference: list[dict[str, str]] | None
) -> TrueTrail:
    times = np.array([_seconds(row) for row in rows])
    plane = Plane.at(LonLat(lon_deg=float(rows[0]["lon"]), lat_deg=float(rows[0]["lat"])))
    if reference is None:
        lon, lat = _column(rows, "truth_lon"), _column(rows, "truth_lat")
    else:
        known = np.array([_seconds(row) for row in reference])
        lon = np.interp(times, known, _column(reference, "lon"))
        lat = np.interp(times, known, _column(reference, "lat"))
        near = np.abs(known[:, None] - times[None, :]).min(axis=0) <= NEAREST_S
        rows = [row for row, kept in zip(rows, near, strict=True) if kept]
        times, lon, lat = times[near], lon[near], lat[near]
    x, y = plane.xy_arrays(lon, lat)
    block = _block(rows, times)
    return TrueTrail(name, _kind(block, plane, x, y, rows, reference), plane, block, x, y)


def _kind(
    block: FixBlock,
    plane: Plane,
    x: Floats,
    y: Floats,
    rows: list[dict[str, str]],
    reference: list[dict[str, str]] | None,
) -> Kind:
    if reference is not None or "provider" in rows[0]:
        return Kind.PHONE
    seen_x, seen_y = plane.xy_arrays(block["lon_deg"], block["lat_deg"])
    errors = np.hypot(seen_x - x, seen_y - y)
    return Kind.CLEAN if float(np.percentile(errors, 95)) < CLEAN_M else Kind.STREET


def _block(rows: list[dict[str, str]], times: Floats) -> FixBlock:
    """Return the fixes, unknown where the file does not say."""
    after_us: Floats = np.rint((times - times[0]) * SECOND)
    at = BEGINS + after_us.astype(np.int64)
    block = fixes(at, np.zeros(len(rows)), np.zeros(len(rows)), np.full(len(rows), nan))
    block["lon_deg"], block["lat_deg"] = _column(rows, "lon"), _column(rows, "lat")
    block["hdop"] = _column(rows, "hdop")
    satellites = _column(rows, "nsat")
    block["satellites"] = np.where(np.isnan(satellites), -1, satellites).astype(np.int16)
    block["confidence"] = nan
    if "sigma_e_m" in rows[0]:
        sigma = (_column(rows, "sigma_e_m") + _column(rows, "sigma_n_m")) / 2
        block["accuracy_m"], block["confidence"] = R95 * sigma, 0.95
    elif "accuracy_m" in rows[0]:
        block["accuracy_m"], block["confidence"] = _column(rows, "accuracy_m"), 0.68
    if rows[0].get("provider") == "NLP":
        block["source"] = int(Source.WIFI)
    return block


def _column(rows: list[dict[str, str]], name: str) -> Floats:
    return np.array([float(row[name]) if row.get(name) else nan for row in rows])


def _seconds(row: dict[str, str]) -> float:
    if row.get("t_s"):
        return float(row["t_s"])
    if row.get("unix_ms"):
        return float(row["unix_ms"]) / 1000
    return parse_iso(row["time"]) / SECOND


def thinned(trail: TrueTrail, cadence_s: float, phase_s: float) -> NDArray[np.intp]:
    """Return the rows nearest after each step of a cadence that begins at `phase_s`, each once."""
    seconds = trail.seconds
    steps = np.arange(phase_s, seconds[-1] + 1e-9, cadence_s)
    found = np.searchsorted(seconds, steps - 1e-6)
    return np.unique(found[found < len(seconds)])
