"""What is said of somebody, true and false, with his days before it: for the checks of accounts.

He lives as `sim.routine` says for the weeks before. On the day itself half of the time he does what
is said; else his day is like the others, or he was about and did something near it: at another
place close by, at another time, going past where he is said to have waited, crossing her way.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import Disc, LonLat, Polygon, Shape
from tagwatch.core.statement import Allegation, Statement, TrackSpot, about
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant
from tagwatch.sim.course import DRIVE_MPS, WALK_MPS, Course
from tagwatch.sim.error import Place
from tagwatch.sim.quality.asked import spot
from tagwatch.sim.quality.trace import BEGINS, MOVING_MPS, PLANE, Floats, Tells, made, truth
from tagwatch.sim.routine import Life, Spot, course

CLAIMS: Final = tuple(Allegation)
SPREADS: Final = (0, 10 * 60, 30 * 60)
"""How vague the time is, in seconds: "at nine", "about nine", "in the evening"."""
WITHIN_M: Final = 50.0
SILENT_MIN: Final = (10.0, 180.0)
SILENT_BEFORE_A_DAY: Final = 1
SILENT_THAT_DAY: Final = (0, 0, 1, 4)
STREET_M: Final = (300.0, 60.0)
"""Length and width of a street said to be the place."""
FAR_M: Final = 1200.0
"""Farther he drives."""


class Story(StrEnum):
    """What he truly did on the day."""

    SO = "as said"
    LIKE_OTHERS = "a day like others"
    NEAR_IT = "something near it"
    USUAL = "at a place of his own"
    """The place said is where he lives or works, and the day is like others."""


class Vague(StrEnum):
    """How vague the place is."""

    POINT = "a point, off by 50 m"
    STREET = "a street"
    AREA = "an area of 250 m"


RADIUS_M: Final = {Vague.POINT: 50.0, Vague.STREET: STREET_M[0] / 2, Vague.AREA: 250.0}


@dataclass(frozen=True, slots=True)
class Before:
    """Somebody, and what his tag told of the weeks before."""

    life: Life
    day: Instant
    """The day spoken of begins."""
    block: FixBlock


@dataclass(frozen=True, slots=True)
class Alleged:
    """One statement, what the tag told of the day, and whether it is true."""

    statement: Statement
    story: Story
    vague: Vague
    block: FixBlock
    is_true: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in metres: a disc, or a street turned by an angle."""

    x_m: float
    y_m: float
    vague: Vague
    turn: float

    def holds(self, x_m: Floats, y_m: Floats) -> NDArray[np.bool_]:
        dx, dy = x_m - self.x_m, y_m - self.y_m
        if self.vague is not Vague.STREET:
            return np.hypot(dx, dy) <= RADIUS_M[self.vague]
        along = dx * np.cos(self.turn) + dy * np.sin(self.turn)
        across = dy * np.cos(self.turn) - dx * np.sin(self.turn)
        return (np.abs(along) <= STREET_M[0] / 2) & (np.abs(across) <= STREET_M[1] / 2)

    def shape(self) -> Shape:
        if self.vague is not Vague.STREET:
            return Disc(centre=_lonlat(self.x_m, self.y_m), radius_m=RADIUS_M[self.vague])
        ring = tuple(_lonlat(*self._at(a, b)) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)))
        return Polygon(rings=(ring,))

    def some_spot(self, rng: Generator) -> Spot:
        """Return somewhere inside."""
        if self.vague is Vague.STREET:
            return self._at(*rng.uniform(-0.8, 0.8, 2))
        dx, dy = spot(rng, 0.0, 0.8 * RADIUS_M[self.vague])
        return self.x_m + dx, self.y_m + dy

    def _at(self, along: float, across: float) -> Spot:
        a, b = along * STREET_M[0] / 2, across * STREET_M[1] / 2
        c, s = float(np.cos(self.turn)), float(np.sin(self.turn))
        return self.x_m + a * c - b * s, self.y_m + a * s + b * c


def before(rng: Generator, weeks: int) -> Before:
    """Return somebody with so many weeks before the day spoken of."""
    streets = Place(rng.choice([int(Place.URBAN), int(Place.CANYON)]))
    life = Life(PLANE, spot(rng, 2500, 7000), spot(rng, 300, 900), spot(rng, 800, 3000),
                streets, ())  # fmt: skip
    day = Instant(BEGINS + int(rng.integers(0, 7)) * DAY)
    begins = Instant(day - weeks * 7 * DAY)
    lived = course(life, rng, begins, day)
    silent = rng.poisson(SILENT_BEFORE_A_DAY * weeks * 7)
    return Before(life, day, _heard(lived, rng, (begins, day), silent))


def alleged(him: Before, rng: Generator) -> Alleged:
    """Return something said of a day of his."""
    claim = CLAIMS[int(rng.integers(len(CLAIMS)))]
    story = Story(rng.choice(list(Story), p=[0.46, 0.31, 0.15, 0.08]))
    if claim is Allegation.FOLLOWED:
        return _followed(him, Story.LIKE_OTHERS if story is Story.USUAL else story, rng)
    return _at_a_place(him, claim, story, rng)


# --- at a place -----------------------------------------------------------------------------------


def _at_a_place(him: Before, claim: Allegation, story: Story, rng: Generator) -> Alleged:
    lived = _day(him, rng)
    when = int(him.day + rng.uniform(8, 21) * HOUR)
    vague = Vague(rng.choice(list(Vague)))
    here = lived.standing(when)
    off = RADIUS_M[vague] + 60.0 * (5000.0 / 60.0) ** rng.uniform(0.0, 1.0)
    dx, dy = spot(rng, off, off)
    place = _Place(here.x_m + dx, here.y_m + dy, vague, float(rng.uniform(0, np.pi)))
    if story is Story.USUAL:
        own = (0.0, 0.0) if rng.random() < 0.5 else him.life.work
        place = _Place(*own, vague, place.turn)
    stay_min = {Allegation.PASSED: 0.0, Allegation.WAITED: rng.uniform(15, 60)}.get(
        claim, rng.uniform(3, 40)
    )
    moment = when
    if story in (Story.SO, Story.NEAR_IT):
        target, stayed_min, late = place.some_spot(rng), stay_min, 0
        if story is Story.NEAR_IT:
            target, stayed_min, late = _near_it(place, claim, stay_min, rng)
        moment = _out(lived, when, target, stayed_min, him.life.streets, rng) + late
    spread_s = int(rng.choice(SPREADS))
    told = int(moment + rng.uniform(-1, 1) * max(spread_s, 300) * SECOND)
    start, end = about(Instant(told), max(spread_s, round(stay_min * 20)))
    statement = Statement(
        claim=claim, words="", place="there", shape=place.shape(), start=start, end=end,
        spread_s=spread_s,
        waited_s=max(600, round(stay_min * 60)) if claim is Allegation.WAITED else 0,
    )  # fmt: skip
    times = np.arange(start, end, SECOND)
    xs, ys, _, _ = truth(lived, times)
    there = place.holds(xs, ys)
    return Alleged(statement, story, vague, _told(him, lived, rng), _is_true(statement, there))


def _near_it(
    place: _Place, claim: Allegation, stay_min: float, rng: Generator
) -> tuple[Spot, float, int]:
    """Return where he went instead, for how long, and how much later it is said to have been."""
    how = rng.random()
    if claim is Allegation.WAITED and how < 0.5:
        return place.some_spot(rng), float(rng.choice([0.0, 0.4])) * stay_min, 0
    if how < 0.7:
        dx, dy = spot(rng, RADIUS_M[place.vague] + 40.0, RADIUS_M[place.vague] + 500.0)
        return (place.x_m + dx, place.y_m + dy), stay_min, 0
    return place.some_spot(rng), stay_min, int(rng.choice([-3, 3])) * HOUR


def _out(
    lived: Course, when: int, target: Spot, stay_min: float, streets: Place, rng: Generator
) -> int:
    """Send him out at `when` to the target and home again; return the middle of his being there."""
    lived.cut(when)
    x_m, y_m = lived.x_m[-1], lived.y_m[-1]
    far_m = float(np.hypot(target[0] - x_m, target[1] - y_m))
    mps = DRIVE_MPS if far_m > FAR_M else WALK_MPS
    arrives = lived.travel(target, mps, streets)
    if stay_min > 0.0:
        lived.stay(target, arrives, arrives + int(stay_min * MINUTE), Place.URBAN)
    else:
        dx, dy = spot(rng, 400.0, 1500.0)
        lived.travel((target[0] + dx, target[1] + dy), mps, streets)
    lived.travel((0.0, 0.0), mps, streets)
    lived.stay((0.0, 0.0), lived.end(), lived.end() + DAY, Place.INDOOR)
    return arrives + int(stay_min * MINUTE / 2)


def _is_true(statement: Statement, there: NDArray[np.bool_]) -> bool:
    """Return whether it is true; `there` at each second of the time said."""
    if not there.any():
        return False
    edges = np.flatnonzero(np.diff(np.concatenate(([0], there.astype(np.int8), [0]))))
    came, went = edges[::2], edges[1::2]
    if statement.claim is Allegation.PASSED:
        return bool(((came > 0) & (went < len(there))).any())
    if statement.claim is Allegation.WAITED:
        return bool((went - came).max() >= 0.8 * statement.waited_s)
    return True


# --- following her --------------------------------------------------------------------------------


def _followed(him: Before, story: Story, rng: Generator) -> Alleged:
    lived = _day(him, rng)
    when = int(him.day + rng.uniform(8, 21) * HOUR)
    here = lived.standing(when)
    dx, dy = spot(rng, 100.0, 3000.0)
    hers = Course(PLANE)
    corners = [(here.x_m + dx, here.y_m + dy)]
    for _ in range(3):
        dx, dy = spot(rng, 200.0, 600.0)
        corners.append((corners[-1][0] + dx, corners[-1][1] + dy))
    begins = when
    if story in (Story.SO, Story.NEAR_IT):
        begins = _behind(lived, when, corners, story, rng)
    hers.stay(corners[0], begins, begins, Place.URBAN)
    for corner in corners[1:]:
        hers.travel(corner, WALK_MPS, Place.URBAN)
    track = _track(hers, rng)
    start, end = Instant(begins), hers.end()
    statement = Statement(
        claim=Allegation.FOLLOWED, words="", place="", shape=None, start=start, end=end,
        track=track, within_m=2 * WITHIN_M,
    )  # fmt: skip
    times = np.arange(start, end, SECOND)
    his_x, his_y, _, _ = truth(lived, times)
    her_x, her_y, _, _ = truth(hers, times)
    near = np.hypot(his_x - her_x, his_y - her_y) <= statement.within_m
    is_true = bool(near.mean() >= 0.5)
    return Alleged(statement, story, Vague.POINT, _told(him, lived, rng), is_true)


def _behind(lived: Course, when: int, corners: list[Spot], story: Story, rng: Generator) -> int:
    """Send him after her, or across her way; return when she begins."""
    lived.cut(when)
    first, second = corners[0], corners[1]
    x_m, y_m = lived.x_m[-1], lived.y_m[-1]
    far_m = float(np.hypot(first[0] - x_m, first[1] - y_m))
    arrives = lived.travel(first, DRIVE_MPS if far_m > FAR_M else WALK_MPS, Place.URBAN)
    delay = int(rng.uniform(10, 35) * SECOND)
    lived.stay(first, arrives, arrives + delay, Place.URBAN)
    if story is Story.SO:
        for corner in corners[1:]:
            lived.travel(corner, WALK_MPS, Place.URBAN)
    else:  # he goes the other way
        lived.travel((2 * first[0] - second[0], 2 * first[1] - second[1]), WALK_MPS, Place.URBAN)
    lived.travel((0.0, 0.0), DRIVE_MPS, Place.URBAN)
    lived.stay((0.0, 0.0), lived.end(), lived.end() + DAY, Place.INDOOR)
    return arrives


def _track(hers: Course, rng: Generator) -> tuple[TrackSpot, ...]:
    """Return her track: half of the time her phone's, else from memory."""
    every_s, error_m = (30, 8.0) if rng.random() < 0.5 else (120, 25.0)
    times = np.arange(hers.at[0], hers.at[-1], every_s * SECOND)
    xs, ys, _, _ = truth(hers, times)
    xs, ys = (each + rng.normal(0, error_m, len(times)) for each in (xs, ys))
    found: list[TrackSpot] = []
    for at, x_m, y_m in zip(times.tolist(), xs.tolist(), ys.tolist(), strict=True):
        where = _lonlat(x_m, y_m)
        found.append(
            TrackSpot(at=Instant(at), lon_deg=where.lon_deg, lat_deg=where.lat_deg,
                      accuracy_m=2.45 * error_m)
        )  # fmt: skip
    return tuple(found)


# --- what the tag told ----------------------------------------------------------------------------


def _day(him: Before, rng: Generator) -> Course:
    return course(him.life, rng, him.day, Instant(him.day + DAY))


def _told(him: Before, lived: Course, rng: Generator) -> FixBlock:
    silent = int(rng.choice(SILENT_THAT_DAY))
    return _heard(lived, rng, (him.day, Instant(him.day + DAY + 6 * HOUR)), silent)


def _heard(lived: Course, rng: Generator, span: tuple[Instant, Instant], silent: int) -> FixBlock:
    """Return what his tag sent: a fix a minute on the move, one in five at rest, none while it is
    silent, and indoors often none."""
    begins, ends = span
    every = np.arange(begins + int(rng.integers(0, MINUTE)), ends, MINUTE)
    _, _, _, speeds = truth(lived, every)
    due = (speeds > MOVING_MPS) | (np.arange(len(every)) % 5 == 0)
    for _ in range(silent):
        since = rng.uniform(begins, ends)
        due &= ~((every >= since) & (every < since + rng.uniform(*SILENT_MIN) * MINUTE))
    return made(lived, every[due], rng, Tells.MOTION).block


def _lonlat(x_m: float, y_m: float) -> LonLat:
    return PLANE.lonlat(x_m, y_m)
