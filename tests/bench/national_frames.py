"""The nation's day as a journal: fixes with the frozen errors, in frames of own batches.

`Errors` is `tagwatch/sim/error.py` over arrays: the same table, the same processes, one step for
all wearers. A fix is delivered every minute here, so that the day has all its fixes.
"""

from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tagwatch.core.fix import Source
from tagwatch.core.geometry import LonLat, Plane
from tagwatch.core.ledger import Tick
from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.units import SECOND, Instant
from tagwatch.sim.error import (
    CELL_LOG_SIGMA,
    CELL_MEDIAN_M,
    FROZEN,
    JUMP_SIGMA_M,
    MOVING_CORRELATION_S,
    R68,
    STAY_S,
    WIFI_CLAIM,
    WIFI_SIGMA_M,
    Place,
)
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import Draft, Lane
from tests.bench.national_people import BEGINS, MINUTES, Floats, People, activation_id, tag_id

FRAME = 60
"""Fixes in a frame: an hour's, uploaded together."""
NATION = 12_318
"""Wearers of GPS tags in England and Wales."""
_STEP_S = 60.0


def _column(name: str) -> Floats:
    return np.array([float(getattr(FROZEN[place], name)) for place in Place])


class Errors:
    """The errors of w tags, carried on from minute to minute."""

    def __init__(self, rng: Generator, count: int) -> None:
        self._rng = rng
        self._place = np.full(count, -1)
        self._bias = np.zeros((count, 2))
        self._wifi_bias = np.zeros((count, 2))
        self._noise = np.zeros((count, 2))
        self._bad = np.zeros(count, dtype=bool)
        self._claim = np.ones(count)
        self._correlation_s = np.full(count, 60.0)
        self._bias_m = np.array([FROZEN[place].bias_m for place in Place])
        self._claims = np.array([FROZEN[place].claim for place in Place])
        names = ("good_m", "bad_m", "bad_share", "bad_s", "jump", "wifi", "cell")
        self._table = {name: _column(name) for name in names}

    def step(self, place: NDArray[np.int64], moving: NDArray[np.bool_]) -> dict[str, Floats]:
        """Return columns of a minute: dx, dy, claim (m, 68 %), source, hdop, satellites."""
        rng, count = self._rng, len(place)
        at = {name: column[place] for name, column in self._table.items()}
        self._renew_stay(place)
        good_s = at["bad_s"] * (1 - at["bad_share"]) / at["bad_share"]
        lasting = np.where(self._bad, at["bad_s"], good_s)
        turns = rng.random(count) < 1 - np.exp(-_STEP_S / lasting)
        drawn = np.where(lasting < _STEP_S, rng.random(count) < at["bad_share"], ~self._bad)
        self._bad = np.where(turns, drawn, self._bad)
        low, high = self._claims[place].T
        self._claim = np.where(turns, rng.uniform(low, high), self._claim)
        sigma = np.where(self._bad, at["bad_m"], at["good_m"])
        kept = np.exp(-_STEP_S / np.where(moving, MOVING_CORRELATION_S, self._correlation_s))
        fresh = sigma * np.sqrt(1 - kept * kept)
        drawn_m = rng.normal(0, 1, (count, 2)) * fresh[:, None]
        self._noise = kept[:, None] * self._noise + drawn_m
        offset = self._bias + self._noise
        jumps = rng.random(count) < at["jump"]
        offset[jumps] += rng.normal(0, JUMP_SIGMA_M, (int(jumps.sum()), 2))
        claim = np.maximum(2.0, R68 * sigma * self._claim)
        source = np.full(count, float(Source.GNSS))
        kind = rng.random(count)
        self._others(offset, claim, source, kind < at["cell"], kind < at["cell"] + at["wifi"])
        hdop = np.where(self._bad, rng.uniform(1.8, 6.0, count), rng.uniform(0.7, 1.8, count))
        seen = np.where(self._bad, rng.integers(4, 8, count), rng.integers(8, 16, count))
        return {
            "dx": offset[:, 0], "dy": offset[:, 1], "claim": claim, "source": source,
            "hdop": hdop, "satellites": seen.astype(float),
        }  # fmt: skip

    def _renew_stay(self, place: NDArray[np.int64]) -> None:
        rng = self._rng
        new = (place != self._place) | (rng.random(len(place)) < 1 - np.exp(-_STEP_S / STAY_S))
        rows = np.flatnonzero(new)
        low, high = self._bias_m[place[rows]].T
        size, turn = rng.uniform(low, high), rng.uniform(0, 2 * np.pi, len(rows))
        self._bias[rows] = np.column_stack((size * np.cos(turn), size * np.sin(turn)))
        self._wifi_bias[rows] = rng.normal(0, WIFI_SIGMA_M, (len(rows), 2))
        self._correlation_s[rows] = rng.uniform(30, 100, len(rows))
        self._place = place.copy()

    def _others(
        self,
        offset: Floats,
        claim: Floats,
        source: Floats,
        cell: NDArray[np.bool_],
        other: NDArray[np.bool_],
    ) -> None:
        """Put the fixes by Wi-Fi and by cell in place."""
        rng = self._rng
        wifi = other & ~cell
        offset[wifi] = self._wifi_bias[wifi] + rng.normal(0, 3, (int(wifi.sum()), 2))
        claim[wifi], source[wifi] = R68 * WIFI_SIGMA_M * WIFI_CLAIM, float(Source.WIFI)
        count = int(cell.sum())
        size = CELL_MEDIAN_M * np.exp(CELL_LOG_SIGMA * rng.normal(0, 1, count))
        turn, far = rng.uniform(0, 2 * np.pi, count), np.minimum(size, 5000.0)
        offset[cell] = np.column_stack((far * np.cos(turn), far * np.sin(turn)))
        claim[cell], source[cell] = np.maximum(50.0, size), float(Source.LBS)


_GNSS = (
    '{"time":%d,"lon":%.6f,"lat":%.6f,"accuracy_m":%.1f,"confidence":0.68,"hdop":%.1f,'
    '"satellites":%d,"source":1,"battery_pct":%d}'
)
_OTHER = (
    '{"time":%d,"lon":%.6f,"lat":%.6f,"accuracy_m":%.1f,"confidence":0.68,"source":%d,'
    '"battery_pct":%d}'
)


def drafts(people: People, seed: int, late_share: float, fixes: int) -> Iterator[list[Draft]]:
    """Yield the day's records in order of arrival, in groups; `fixes` is per wearer.

    A tick each second for the whole nation, in proportion fewer for a part of it; a frame an hour
    from each tag. `late_share` of the frames are held back for one or two hours where a tag has
    no network, and come just before its next frame.
    """
    tick_s = tick_every_s(len(people.home))
    rng = np.random.default_rng([seed, len(people.home), 7])
    course = _course(people)
    errors = Errors(rng, len(people.home))
    scale = _scale(people)
    held: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
    outage = np.zeros(len(people.home), dtype=int)
    order = np.argsort(people.phase_s, kind="stable").tolist()
    hours = fixes // FRAME
    second = BEGINS // SECOND
    for hour in range(hours):
        rows = _hour(people, course, scale, errors, hour)
        begins = (outage == 0) & (rng.random(len(outage)) < late_share / 1.5)
        outage = np.where(begins, rng.integers(1, 3, len(outage)), outage)
        without = (outage > 0) & (hour < hours - 1)
        outage = np.maximum(outage - 1, 0)
        group: list[Draft] = []
        for w in order:
            at = BEGINS + (int(people.phase_s[w]) + (hour + 1) * 3600) * SECOND
            while second * SECOND <= at:
                tick = Instant(second * SECOND)
                group.append(draft_of(Tick(at=tick, monotonic_us=tick), tick))
                second += tick_s
            body = _body(people, rows, w, hour)
            if without[w]:
                held[w].append((hour, body))
                continue
            for _, earlier in held.pop(w, ()):
                group.append(_draft(w, earlier, at, Lane.BACKFILL))
            group.append(_draft(w, body, at, Lane.FRESH))
            if len(group) >= 500:
                yield group
                group = []
        yield group


def tick_every_s(wearers: int) -> int:
    """Return seconds between ticks, so that a part of the nation has its part of them."""
    return min(25, max(1, round(NATION / wearers)))


def _draft(w: int, body: bytes, at: int, lane: Lane) -> Draft:
    frame = FrameReceived(
        protocol="tagwatch",
        body=body,
        content_type="application/json",
        tag_id=tag_id(w),
        activation_id=activation_id(w),
        wearer_id=f"w{w:05d}",
        credential_id=f"cr{w:05d}",
        frame_sha256=sha256(body).digest(),
    )
    return draft_of(frame, Instant(at + 5 * SECOND), lane=lane)


def _course(people: People) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return true places by minute, metres from home, each (w, MINUTES + FRAME)."""
    minutes = np.arange(MINUTES + FRAME, dtype=float)
    x_m = np.empty((len(people.home), len(minutes)), dtype=np.float32)
    y_m = np.empty_like(x_m)
    offset = people.phase_s / 60.0
    for w in range(len(people.home)):
        x_m[w] = np.interp(minutes + offset[w], people.times[w], people.way[w, :, 0])
        y_m[w] = np.interp(minutes + offset[w], people.times[w], people.way[w, :, 1])
    return x_m, y_m


def _scale(people: People) -> Floats:
    """Return degrees a metre east and north at each home, (w, 2); good to 0.1 % over a day."""
    found = np.empty((len(people.home), 2))
    for w, (lon, lat) in enumerate(people.home.tolist()):
        far = Plane.at(LonLat(lon_deg=lon, lat_deg=lat)).lonlat(1000.0, 1000.0)
        found[w] = (far.lon_deg - lon) / 1000.0, (far.lat_deg - lat) / 1000.0
    return found


def _hour(
    people: People,
    course: tuple[NDArray[np.float32], NDArray[np.float32]],
    scale: Floats,
    errors: Errors,
    hour: int,
) -> dict[str, Floats]:
    """Return columns (w, FRAME) of one hour's fixes."""
    x_m, y_m = course
    count = len(people.home)
    rows: dict[str, Floats] = {}
    for k in range(FRAME):
        minute = hour * FRAME + k
        step = np.hypot(x_m[:, minute + 1] - x_m[:, minute], y_m[:, minute + 1] - y_m[:, minute])
        moving = step > 30.0
        said = errors.step(np.where(moving, int(Place.URBAN), int(Place.INDOOR)), moving)
        said["lon"] = people.home[:, 0] + (x_m[:, minute] + said.pop("dx")) * scale[:, 0]
        said["lat"] = people.home[:, 1] + (y_m[:, minute] + said.pop("dy")) * scale[:, 1]
        for name, column in said.items():
            rows.setdefault(name, np.empty((count, FRAME)))[:, k] = column
    return rows


def _body(people: People, rows: dict[str, Floats], w: int, hour: int) -> bytes:
    names = ("lon", "lat", "claim", "hdop", "satellites", "source")
    columns = [rows[name][w].tolist() for name in names]
    first = BEGINS // SECOND + int(people.phase_s[w]) + hour * 3600
    parts: list[str] = []
    for k, (lon, lat, claim, hdop, seen, source) in enumerate(zip(*columns, strict=True)):
        at, battery = first + 60 * k, 95 - 2 * hour
        if source == 1.0:
            parts.append(_GNSS % (at, lon, lat, claim, hdop, seen, battery))
        else:
            parts.append(_OTHER % (at, lon, lat, claim, source, battery))
    return f'{{"batch":"{w:05d}-{hour:02d}","fixes":[{",".join(parts)}]}}'.encode()
