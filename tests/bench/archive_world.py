"""Months of made-up trails for the archive's benchmark, a day of all wearers at a time.

Irregular times, gaps, late and repeated fixes; errors and claims by the simulator's frozen table.
What a fix says has as many digits as tags send: places to 1e-6 degrees, radii to 0.1 m, whole
seconds from two tags of three and milliseconds from the others. White noise where a tag's errors
drift: harder to compress, never easier.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tagwatch.core.fix import FIX_DTYPE, NO_INSTANT, FixBlock, Mark, Motion, Source
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.plane import scale_m
from tagwatch.core.units import DAY, HOUR, SECOND, Instant
from tagwatch.sim.error import CELL_MEDIAN_M, FROZEN, R68, WIFI_CLAIM, WIFI_SIGMA_M, Place

Floats = NDArray[np.float64]
BEGINS: Final = Instant(1_767_225_600 * SECOND)
"""2026-01-01T00:00:00Z."""
_CENTRE: Final = (-0.12, 51.51)
_EVERY_S: Final = 56.0
_PLACES: Final = 7
_TRIPS: Final = 6


@dataclass(frozen=True, slots=True)
class World:
    """The wearers: their places (w, 7, 2) in degrees, home first, and how their tags send."""

    seed: int
    places: Floats
    batched: NDArray[np.bool_]
    """Sends an hour's fixes together."""
    whole_seconds: NDArray[np.bool_]
    per_m: tuple[float, float]
    """Degrees a metre, east and north."""

    @property
    def count(self) -> int:
        """How many wearers."""
        return len(self.places)


def world(wearers: int, seed: int = 5) -> World:
    """Return a seeded London of so many wearers."""
    rng = np.random.default_rng([seed, wearers])
    kx_m, ky_m = scale_m(_CENTRE[1])
    homes = rng.normal(0, 9_000, (wearers, 1, 2))
    spread = rng.exponential(3_500, (wearers, _PLACES, 1)) * _turned(rng, wearers)
    spread[:, 0] = 0.0
    # Every fourth shares the first place of another: there is somebody to meet.
    places = homes + spread
    friends = np.flatnonzero(rng.random(wearers) < 0.25)
    places[friends, 1] = places[rng.integers(0, wearers, len(friends)), 1]
    degrees = places / np.array([kx_m, ky_m]) + np.array(_CENTRE)
    return World(
        seed,
        degrees,
        rng.random(wearers) < 0.6,
        rng.random(wearers) < 0.67,
        (1 / kx_m, 1 / ky_m),
    )


def _turned(rng: Generator, wearers: int) -> Floats:
    turn = rng.uniform(0, 2 * np.pi, (wearers, _PLACES))
    return np.stack((np.cos(turn), np.sin(turn)), axis=-1)


def wearer_id(number: int) -> WearerId:
    """Return the id of wearer `number`, as long as those the register gives."""
    return WearerId(f"w_{number * 2_654_435_761 % 2**32:08x}{number:08x}")


def activation_id(number: int) -> ActivationId:
    """Return the id of his one activation."""
    return ActivationId(f"act_{number * 40_503 % 2**32:08x}{number:08x}")


def day(of: World, number: int, first_seq: int) -> tuple[list[tuple[int, FixBlock]], int]:
    """Return the fixes of day `number` of each wearer, in frames' order of making, and the seq
    after the last. Records of the day are numbered in order of arrival."""
    rng = np.random.default_rng([of.seed, of.count, number])
    blocks: list[FixBlock] = []
    frames: list[NDArray[np.int64]] = []
    for w in range(of.count):
        block, frame = _wearer_day(of, w, number, rng)
        blocks.append(block)
        frames.append(frame)
    return _numbered(blocks, frames, first_seq)


def _numbered(
    blocks: list[FixBlock], frames: list[NDArray[np.int64]], first_seq: int
) -> tuple[list[tuple[int, FixBlock]], int]:
    arrived = np.concatenate(
        [block["received_at"][np.unique(frame, return_index=True)[1]]
         for block, frame in zip(blocks, frames, strict=True)]
    )  # fmt: skip
    rank = np.empty(len(arrived), np.int64)
    rank[np.argsort(arrived, kind="stable")] = np.arange(len(arrived))
    at = 0
    for block, frame in zip(blocks, frames, strict=True):
        count = int(frame[-1]) + 1 if len(frame) else 0
        block["seq"] = first_seq + rank[at : at + count][frame]
        begins = np.flatnonzero(np.concatenate(([True], frame[1:] != frame[:-1])))
        block["index"] = np.arange(len(frame)) - np.repeat(
            begins, np.diff(np.append(begins, len(frame)))
        )
        at += count
    return list(enumerate(blocks)), first_seq + len(arrived)


def _wearer_day(
    of: World, w: int, number: int, rng: Generator
) -> tuple[FixBlock, NDArray[np.int64]]:
    """Return his fixes of the day, and the number of the frame each came in."""
    times_s = _times_s(rng)
    count = len(times_s)
    block = np.zeros(count, FIX_DTYPE)
    lon, lat, moving = _course(of, w, rng, times_s)
    _with_errors(of, rng, block, lon, lat, moving)
    scaled = np.round(times_s) if of.whole_seconds[w] else np.round(times_s, 3)
    block["fixed_at"] = BEGINS + number * DAY + np.round(scaled * SECOND).astype(np.int64)
    frame = _frames(of, w, rng, block)
    block["battery_pct"] = np.round(np.linspace(95, 30, count))
    block["motion"] = np.where(moving, int(Motion.MOVING), int(Motion.STILL))
    block["charging"] = np.where(times_s < 2 * 3600, 1, 0)
    repeated = np.flatnonzero(rng.random(count) < 0.002)
    repeated = repeated[repeated > 0]
    for name in ("fixed_at", "lon_deg", "lat_deg", "accuracy_m", "hdop", "satellites", "source"):
        block[name][repeated] = block[name][repeated - 1]
    block["marks"][repeated] |= int(Mark.DUPLICATE)
    return block, frame


def _times_s(rng: Generator) -> Floats:
    steps = rng.uniform(0.6, 1.4, 1_900) * _EVERY_S
    gaps = np.flatnonzero(rng.random(len(steps)) < 0.002)
    steps[gaps] += rng.exponential(1_200, len(gaps))
    times: Floats = rng.uniform(0, _EVERY_S) + np.cumsum(steps)
    return times[times < 86_400]


def _course(
    of: World, w: int, rng: Generator, times_s: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return true places in degrees, and whether he was moving: at home, out and back."""
    stops = np.concatenate(([0], rng.integers(1, _PLACES, _TRIPS - 1), [0]))
    stops[rng.integers(1, _TRIPS)] = 1  # where he works, or whom he meets
    at = of.places[w, stops]
    leaves_s = np.sort(rng.uniform(7 * 3600, 22 * 3600, _TRIPS))
    far_m = np.hypot(*((at[1:] - at[:-1]) / np.array(of.per_m)).T)
    arrives_s = np.minimum(leaves_s + far_m / rng.uniform(1.3, 12, _TRIPS), 86_399)
    knots = np.empty(2 * _TRIPS)
    knots[0::2], knots[1::2] = leaves_s, arrives_s
    knots = np.maximum.accumulate(knots)
    lon = np.interp(times_s, knots, np.repeat(at[:, 0], 2)[1:-1])
    lat = np.interp(times_s, knots, np.repeat(at[:, 1], 2)[1:-1])
    moving = np.searchsorted(knots, times_s) % 2 == 1
    return lon, lat, moving


def _with_errors(
    of: World,
    rng: Generator,
    block: FixBlock,
    lon: Floats,
    lat: Floats,
    moving: NDArray[np.bool_],
) -> None:
    count = len(block)
    kind = rng.random(count)
    wifi, cell = kind < 0.05, kind < 0.01
    bad = rng.random(count) < 0.15
    here = [FROZEN[Place.INDOOR], FROZEN[Place.URBAN]]
    low, high = (np.array([getattr(each, name) for each in here]) for name in ("good_m", "bad_m"))
    sigma = np.where(bad, high[moving.astype(int)], low[moving.astype(int)])
    sigma[wifi], sigma[cell] = WIFI_SIGMA_M, CELL_MEDIAN_M
    claim = np.maximum(2.0, R68 * sigma * rng.uniform(0.3, 1.0, count))
    claim[wifi] = R68 * WIFI_SIGMA_M * WIFI_CLAIM
    claim[cell] = np.maximum(50.0, CELL_MEDIAN_M * np.exp(rng.normal(0, 1, int(cell.sum()))))
    error = rng.normal(0, 1, (count, 2)) * sigma[:, None]
    block["lon_deg"] = np.round(lon + error[:, 0] * of.per_m[0], 6)
    block["lat_deg"] = np.round(lat + error[:, 1] * of.per_m[1], 6)
    block["accuracy_m"], block["confidence"] = np.round(claim, 1), 0.68
    gnss = ~wifi
    block["source"] = np.where(cell, int(Source.LBS), np.where(wifi, int(Source.WIFI), 1))
    hdop = np.where(bad, rng.uniform(1.8, 6, count), rng.uniform(0.7, 1.8, count))
    block["hdop"] = np.where(gnss, np.round(hdop, 1), np.nan)
    seen = np.where(bad, rng.integers(4, 8, count), rng.integers(8, 16, count))
    block["satellites"] = np.where(gnss, seen, -1)
    block["altitude_m"] = np.where(gnss, np.round(rng.normal(35, 12, count)), np.nan)
    block["speed_mps"] = np.where(moving & gnss, np.round(rng.gamma(4, 1.5, count), 1), np.nan)
    block["bearing_deg"] = np.where(moving & gnss, rng.integers(0, 360, count), np.nan)


def _frames(of: World, w: int, rng: Generator, block: FixBlock) -> NDArray[np.int64]:
    """Set when each was sent and received, and what is odd about it; return its frame."""
    fixed = block["fixed_at"]
    if of.batched[w]:
        _, frame = np.unique(fixed // HOUR, return_inverse=True)
    else:
        frame = np.arange(len(fixed))
    count = int(frame[-1]) + 1 if len(frame) else 0
    last = np.append(np.flatnonzero(np.diff(frame)), len(frame) - 1)
    held = rng.random(count)
    late = np.where(held < 0.02, rng.exponential(3 * HOUR, count), 0.0)
    late = np.where(held < 0.001, rng.uniform(0, 20 * DAY, count), late)
    sent = fixed[last] + SECOND * rng.integers(1, 4, count) + late.astype(np.int64)
    sent -= sent % SECOND
    arrived = sent + (rng.lognormal(-1.5, 0.6, count) * SECOND).astype(np.int64)
    unsaid = of.batched[w] and w % 3 == 0
    block["sent_at"] = NO_INSTANT if unsaid else sent[frame]
    block["received_at"] = arrived[frame]
    block["marks"] |= np.where(late[frame] > 10 * 60 * SECOND, int(Mark.LATE), 0).astype(np.uint32)
    return frame.astype(np.int64)
