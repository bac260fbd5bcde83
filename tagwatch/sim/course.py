"""The truth: where a simulated wearer really is, at every moment."""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.geometry import LonLat, Plane
from tagwatch.core.units import SECOND, Instant
from tagwatch.sim.error import Place

WALK_MPS: Final = 1.3
DRIVE_MPS: Final = 9.0


@dataclass(frozen=True, slots=True)
class Standing:
    """The truth at one instant: metres in the course's plane, surroundings, speed."""

    x_m: float
    y_m: float
    place: Place
    speed_mps: float
    bearing_deg: float


@dataclass(slots=True)
class Course:
    """Straight legs through known corners; corner i holds until corner i+1 begins."""

    plane: Plane
    at: list[int] = field(default_factory=list[int])
    x_m: list[float] = field(default_factory=list[float])
    y_m: list[float] = field(default_factory=list[float])
    place: list[Place] = field(default_factory=list[Place])

    def stay(self, where: tuple[float, float], since: int, until: int, place: Place) -> None:
        """Add a stay at `where` over [since, until)."""
        self._corner(since, where, place)
        self._corner(until, where, place)

    def travel(self, to: tuple[float, float], mps: float, place: Place) -> int:
        """Add a straight leg from the last corner to `to`; return its arrival."""
        leave = self.at[-1]
        length = float(np.hypot(to[0] - self.x_m[-1], to[1] - self.y_m[-1]))
        arrive = leave + int(length / mps * SECOND) + SECOND
        self.place[-1] = place
        self._corner(arrive, to, place)
        return arrive

    def end(self) -> Instant:
        """Return the instant of the last corner."""
        return Instant(self.at[-1])

    def standing(self, at: int) -> Standing:
        """Return the truth at `at`; before the first and after the last corner he stands still."""
        i = max(bisect_right(self.at, at) - 1, 0)
        j = min(i + 1, len(self.at) - 1)
        span = self.at[j] - self.at[i]
        share = 0.0 if span <= 0 else min(1.0, max(0.0, (at - self.at[i]) / span))
        dx, dy = self.x_m[j] - self.x_m[i], self.y_m[j] - self.y_m[i]
        speed = 0.0 if span <= 0 else float(np.hypot(dx, dy)) / (span / SECOND)
        bearing = float(np.degrees(np.arctan2(dx, dy))) % 360 if speed > 0 else 0.0
        x, y = self.x_m[i] + share * dx, self.y_m[i] + share * dy
        return Standing(x, y, self.place[i], speed, bearing)

    def lonlat(self, x_m: float, y_m: float) -> LonLat:
        """Return the place of plane coordinates."""
        return self.plane.lonlat(x_m, y_m)

    def corners(self) -> NDArray[np.float64]:
        """Return the corners, shape (n, 3): instant in microseconds, x and y in metres."""
        return np.column_stack([np.asarray(self.at, float), self.x_m, self.y_m])

    def cut(self, at: int) -> None:
        """Forget everything after `at`; he stands where he was then."""
        here = self.standing(at)
        keep = sum(1 for corner in self.at if corner < at)
        for column in (self.at, self.x_m, self.y_m, self.place):
            del column[keep:]
        self._corner(at, (here.x_m, here.y_m), here.place)

    def join(self, later: "Course") -> None:
        """Go on with `later`, which begins where and when this one ends."""
        self.at += later.at
        self.x_m += later.x_m
        self.y_m += later.y_m
        self.place += later.place

    def _corner(self, at: int, where: tuple[float, float], place: Place) -> None:
        self.at.append(int(at))
        self.x_m.append(float(where[0]))
        self.y_m.append(float(where[1]))
        self.place.append(place)
