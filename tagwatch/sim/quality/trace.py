"""A trail made for an experiment: what the tag reports, with the truth beside each fix."""

from dataclasses import dataclass
from enum import IntFlag
from math import nan
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tagwatch.core.fix import FIX_DTYPE, NO_INSTANT, FixBlock, Motion, Source
from tagwatch.core.geometry import LonLat, Plane
from tagwatch.core.units import DAY, SECOND, Instant, parse_iso
from tagwatch.sim.course import Course
from tagwatch.sim.error import ErrorSource, Place

Floats = NDArray[np.float64]

PLANE: Final = Plane.at(LonLat(lon_deg=-0.1, lat_deg=51.5))
BEGINS: Final[Instant] = parse_iso("2026-03-02T00:00:00Z")
"""Of every made trail: a Monday in winter."""
MOVING_MPS: Final = 0.3
CONFIDENCE: Final = 0.68


class Tells(IntFlag):
    """What the tag says of a fix besides place, time, source and claimed radius."""

    NOTHING = 0
    MOTION = 1
    """Whether it moves."""
    VIEW = 2
    """HDOP and satellites. In the generator they give the regime away, which real ones do not."""


@dataclass(frozen=True, slots=True)
class Plateau:
    """A position that sticks at an offset of the truth over [since, until), in microseconds."""

    since: int
    until: int
    dx_m: float
    dy_m: float


@dataclass(frozen=True, slots=True)
class Trace:
    """Delivered fixes in order of time, and where he truly was at each; metres in PLANE."""

    block: FixBlock
    x_m: Floats
    y_m: Floats

    def __len__(self) -> int:
        return len(self.block)

    def depth_m(self, x_m: float, y_m: float, radius_m: float) -> Floats:
        """Return how deep inside a disc he truly was at each fix, negative outside, shape (n,)."""
        return radius_m - np.hypot(self.x_m - x_m, self.y_m - y_m)

    def part(self, rows: NDArray[np.bool_]) -> "Trace":
        """Return the fixes of a mask, shape (n,)."""
        return Trace(self.block[rows], self.x_m[rows], self.y_m[rows])


def slots(since: int, until: int, cadence_s: float, rng: Generator) -> NDArray[np.int64]:
    """Return when fixes are due in [since, until), from a phase drawn at random."""
    step = round(cadence_s * SECOND)
    return np.arange(since + int(rng.integers(0, step)), until, step, dtype=np.int64)


def made(
    course: Course,
    times: NDArray[np.int64],
    rng: Generator,
    tells: Tells,
    plateaus: tuple[Plateau, ...] = (),
) -> Trace:
    """Return what a tag with the frozen errors reports at `times` of a true course."""
    x, y, places, speeds = truth(course, times)
    since_s = np.diff(times, prepend=times[0] - 300 * SECOND) / SECOND
    errors = ErrorSource(rng)
    rows: list[int] = []
    said: list[tuple[float, float, float, int, float, int]] = []
    for k, (place, speed, since) in enumerate(
        zip(places.tolist(), speeds.tolist(), since_s.tolist(), strict=True)
    ):
        one = errors.report(Place(place), speed, since)
        if one is None:
            continue
        rows.append(k)
        hdop = nan if one.hdop is None else one.hdop
        satellites = -1 if one.satellites is None else one.satellites
        said.append((one.dx_m, one.dy_m, one.claim_m_68, int(one.source), hdop, satellites))
    kept = np.array(rows, dtype=np.int64)
    columns = np.array(said, dtype=np.float64).reshape(-1, 6)
    times, x, y, speeds = times[kept], x[kept], y[kept], speeds[kept]
    for plateau in plateaus:
        stuck = (times >= plateau.since) & (times < plateau.until)
        columns[stuck, 0], columns[stuck, 1] = plateau.dx_m, plateau.dy_m
    block = fixes(times, x + columns[:, 0], y + columns[:, 1], columns[:, 2])
    block["source"] = columns[:, 3]
    if Tells.MOTION in tells:
        block["motion"] = np.where(speeds > MOVING_MPS, int(Motion.MOVING), int(Motion.STILL))
    if Tells.VIEW in tells:
        block["hdop"], block["satellites"] = columns[:, 4], columns[:, 5]
    return Trace(block, x, y)


def truth(
    course: Course, times: NDArray[np.int64]
) -> tuple[Floats, Floats, NDArray[np.int64], Floats]:
    """Return x and y in metres, the place and the speed in m/s at each time, shapes (n,).

    As `Course.standing`, for all times at once.
    """
    at = np.asarray(course.at, dtype=np.float64)
    xs, ys = np.asarray(course.x_m), np.asarray(course.y_m)
    leg = np.clip(np.searchsorted(at, times, side="right") - 1, 0, len(at) - 1)
    following = np.minimum(leg + 1, len(at) - 1)
    span = np.maximum(at[following] - at[leg], 1.0)
    share = np.clip((times - at[leg]) / span, 0.0, 1.0)
    dx, dy = xs[following] - xs[leg], ys[following] - ys[leg]
    speed = np.where(following > leg, np.hypot(dx, dy) / (span / SECOND), 0.0)
    places = np.array([int(place) for place in course.place], dtype=np.int64)[leg]
    return xs[leg] + share * dx, ys[leg] + share * dy, places, speed


def fixes(times: NDArray[np.int64], x_m: Floats, y_m: Floats, accuracy_m: Floats) -> FixBlock:
    """Return satellite fixes at places in PLANE with 68 % radii, everything else unknown."""
    block = np.zeros(len(times), dtype=FIX_DTYPE)
    for name in ("hdop", "altitude_m", "speed_mps", "bearing_deg", "battery_pct"):
        block[name] = nan
    block["fixed_at"], block["sent_at"] = times, NO_INSTANT
    block["received_at"] = times + SECOND
    block["lon_deg"], block["lat_deg"] = lonlats(x_m, y_m)
    block["accuracy_m"], block["confidence"] = accuracy_m, CONFIDENCE
    block["seq"], block["index"] = 1, np.arange(len(times))
    block["satellites"], block["charging"] = -1, -1
    block["source"], block["motion"] = int(Source.GNSS), int(Motion.UNKNOWN)
    return block


def lonlats(x_m: Floats, y_m: Floats, plane: Plane = PLANE) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes of plane coordinates, to a millimetre within 50 km."""
    origin = plane.origin
    kx = plane.xy(origin.lon_deg + 1e-3, origin.lat_deg)[0] * 1e3
    ky = plane.xy(origin.lon_deg, origin.lat_deg + 1e-3)[1] * 1e3
    lon = origin.lon_deg + x_m / kx
    lat = origin.lat_deg + y_m / ky
    for _ in range(6):
        x, y = plane.xy_arrays(lon, lat)
        lon, lat = lon + (x_m - x) / kx, lat + (y_m - y) / ky
    return lon, lat


def still(place: Place, length: int = 7 * DAY) -> Course:
    """Return the course of somebody who stays at the origin."""
    course = Course(PLANE)
    course.stay((0.0, 0.0), BEGINS, BEGINS + length, place)
    return course
