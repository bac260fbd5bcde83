"""Journeys as people make them: on foot, by cycle, by car and by train, with their halts.

Speeds are our own choice from what is published of London: walking 1.3 m/s (Bohannon 1997), cycling
4 to 5 with its halts, traffic 3.6 in the centre to 8 outside (Transport for London, *Travel in
London*), stopping trains 9 to 15 with theirs. Streets are a grid that lies at any angle.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.random import Generator

from tagwatch.core.plane import Floats
from tagwatch.core.units import MINUTE, SECOND
from tagwatch.sim.course import Course
from tagwatch.sim.error import Place

Spot: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Pacing:
    """How one way of going goes: cruising in m/s, blocks between halts in metres, halts."""

    cruise_mps: tuple[float, float]
    """Mean and spread from trip to trip."""
    least_mps: float
    wavers: float
    """Spread from block to block, as a share."""
    block_m: tuple[float, float]
    halts: float
    """At the end of so many blocks he waits."""
    halt_s: tuple[float, float]


FOOT: Final = Pacing((1.3, 0.15), 0.8, 0.06, (60.0, 180.0), 0.15, (5.0, 25.0))
CYCLE: Final = Pacing((4.8, 0.8), 3.2, 0.15, (120.0, 400.0), 0.3, (8.0, 40.0))
CAR: Final = Pacing((9.5, 2.0), 6.0, 0.3, (150.0, 500.0), 0.4, (8.0, 50.0))
JAM: Final = Pacing((5.0, 1.0), 3.0, 0.4, (80.0, 250.0), 0.55, (10.0, 60.0))
BUS: Final = Pacing((8.5, 1.5), 5.0, 0.2, (250.0, 450.0), 0.8, (12.0, 35.0))
TRUNK: Final = Pacing((20.0, 4.0), 13.0, 0.15, (600.0, 2000.0), 0.15, (5.0, 60.0))


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A railway line: its corners in metres, (k, 2), and the rows of them that are stations."""

    corners: Floats
    stations: tuple[int, ...]

    def spot(self, station: int) -> Spot:
        """Return where a station lies."""
        x_m, y_m = self.corners[self.stations[station]]
        return float(x_m), float(y_m)


def line(rng: Generator, pieces: int = 60, piece_m: float = 350.0) -> Line:
    """Return a line that bends gently through the middle of the map, a station every kilometre or
    two."""
    turns = np.cumsum(rng.normal(0.0, 0.08, pieces))
    heading = rng.uniform(0.0, 2.0 * np.pi) + turns
    steps = piece_m * np.column_stack([np.cos(heading), np.sin(heading)])
    corners = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
    corners -= corners[pieces // 2] + rng.uniform(-1500.0, 1500.0, 2)
    stations, at = [0], 0
    while (at := at + int(rng.integers(3, 7))) <= pieces:
        stations.append(at)
    return Line(corners, tuple(stations))


def streets(start: Spot, end: Spot, rng: Generator) -> list[Spot]:
    """Return the corners of a way through a grid of streets, the end among them."""
    angle = rng.uniform(0.0, np.pi / 2.0)
    along = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    whole = along @ (np.array(end) - np.array(start))
    blocks = max(1, int(np.abs(whole).sum() // 500))
    shares = [np.diff(np.sort(np.concatenate(([0.0, 1.0], rng.random(blocks - 1))))) for _ in "xy"]
    corners: list[Spot] = []
    at = np.array(start, dtype=np.float64)
    for u, v in zip(shares[0] * whole[0], shares[1] * whole[1], strict=True):
        for step in (np.array([u, 0.0]), np.array([0.0, v])):
            at = at + along.T @ step
            corners.append((float(at[0]), float(at[1])))
    return [*corners[:-1], end]


def beside(of: Line, first: int, last: int, offset_m: float) -> list[Spot]:
    """Return the corners of a road that runs so far beside a line, between two of its stations."""
    rows = _rows(of, first, last)
    along = np.gradient(rows, axis=0)
    along /= np.hypot(along[:, 0], along[:, 1])[:, None]
    shifted = rows + offset_m * np.column_stack([-along[:, 1], along[:, 0]])
    return [(float(x), float(y)) for x, y in shifted]


def go(made: Course, corners: list[Spot], how: Pacing, rng: Generator, place: Place) -> None:
    """Add a journey through these corners, with its halts."""
    cruise = max(how.least_mps, float(rng.normal(*how.cruise_mps)))
    left_m = float(rng.uniform(*how.block_m))
    pace = cruise
    for corner in corners:
        while True:
            here = (made.x_m[-1], made.y_m[-1])
            far_m = float(np.hypot(corner[0] - here[0], corner[1] - here[1]))
            if far_m < 1.0:
                break
            share = min(1.0, left_m / far_m)
            to = (here[0] + share * (corner[0] - here[0]), here[1] + share * (corner[1] - here[1]))
            made.travel(to, pace, place)
            left_m -= share * far_m
            if left_m < 1.0:
                left_m = float(rng.uniform(*how.block_m))
                pace = max(0.4 * how.least_mps, cruise * float(1.0 + how.wavers * rng.normal()))
                if rng.random() < how.halts:
                    halt(made, float(rng.uniform(*how.halt_s)), place)
            if share >= 1.0:
                break


def ride(made: Course, of: Line, first: int, last: int, rng: Generator, place: Place) -> None:
    """Add a ride from one station to another, from a wait on the platform to the last halt. Some
    trains pass stations without a halt, and are faster."""
    halt(made, float(rng.uniform(60.0, 420.0)), place)
    fast = rng.random() < 0.25
    step = 1 if last > first else -1
    for station in range(first, last, step):
        mps = max(7.0, float(rng.normal(21.0 if fast else 14.0, 2.5)))
        for x_m, y_m in _rows(of, station, station + step)[1:]:
            made.travel((float(x_m), float(y_m)), mps, place)
        if not fast or station + step == last:
            halt(made, float(rng.uniform(25.0, 50.0)), place)


def halt(made: Course, seconds: float, place: Place) -> None:
    """Add a halt where he is."""
    here = (made.x_m[-1], made.y_m[-1])
    made.stay(here, made.end(), made.end() + round(seconds * SECOND), place)


def _rows(of: Line, first: int, last: int) -> Floats:
    low, high = of.stations[first], of.stations[last]
    return of.corners[low : high + 1] if low <= high else of.corners[high : low + 1][::-1]


def measured(lived: Course, since: int, until: int, rng: Generator) -> list[int]:
    """Return when a tag measures: each minute while he has moved in the last three, which a halt at
    a light does not end, and else every five."""
    times: list[int] = []
    at = since
    while at < until:
        times.append(at)
        now, before = lived.standing(at), lived.standing(at - 3 * MINUTE)
        moves = np.hypot(now.x_m - before.x_m, now.y_m - before.y_m) > 30.0 or now.speed_mps > 0.3
        at += round(((60 if moves else 300) + float(rng.uniform(-2, 2))) * SECOND)
    return times
