"""How he went, against the truth: journeys on foot, by cycle, by road and by rail, told apart.

A person stays somewhere, goes a way, stays, and goes on; each journey has its halts
(`sim.journey`). Roads may run beside the railway, and a part of a ride may lie in a tunnel.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from tagwatch.core.ids import ActivationId
from tagwatch.core.movements import movements
from tagwatch.core.person import TagMode
from tagwatch.core.railway import NO_RAILWAYS, Railways
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.settings import Settings
from tagwatch.core.trail import TrailPart
from tagwatch.core.trip import Trip, TripMode
from tagwatch.core.units import HOUR, MINUTE, Instant
from tagwatch.sim import journey
from tagwatch.sim.course import Course
from tagwatch.sim.error import Place
from tagwatch.sim.quality.bound import share
from tagwatch.sim.quality.experiment import Results, Setting, Task, shared_out
from tagwatch.sim.quality.table import Row, Target, row
from tagwatch.sim.quality.trace import BEGINS, PLANE, Tells, lonlats, made

WAY: Final = "a way"
WAYS: Final = ("foot", "cycle", "road", "road beside a railway", "rail", "rail, partly in a tunnel")
_TRUE: Final = {
    "foot": TripMode.FOOT,
    "cycle": TripMode.CYCLE,
    "road": TripMode.VEHICLE,
    "road beside a railway": TripMode.VEHICLE,
    "rail": TripMode.RAIL,
    "rail, partly in a tunnel": TripMode.RAIL,
}
_TARGETS: Final = {"foot": 0.9, "cycle": 0.8, "road": 0.9, "road beside a railway": 0.9}
JOURNEYS: Final = 4
"""Of one person."""
_LINES: Final = 3
_SETTINGS: Final = SettingsHistory.of(Settings())
_Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Went:
    """What was said of one true journey, with railways loaded and without."""

    said: TripMode | None
    """None: no trip was found."""
    without: TripMode | None
    likely: float
    """The probability stated of `said`."""
    not_excluded: bool
    """A ride by rail was named or not excluded."""
    stations: bool
    """A ride was named, with both stations right."""


def tasks(name: str, setting: Setting) -> list[Task]:
    """Return people who go one way each, as tasks of an experiment."""
    cells = [(WAY, way) for way in WAYS]
    return shared_out(name, setting, cells, 2 * setting.sizes.weeks, 10)


def run(task: Task) -> list[Went]:
    """Return what was said of every journey."""
    found: list[Went] = []
    for number in range(task.first, task.first + task.count):
        found += _person(task.rng(number), task.cell[1])
    return found


def _person(rng: Generator, way: str) -> list[Went]:
    lines = [journey.line(rng) for _ in range(_LINES)]
    lived, truths = _lived(rng, way, lines)
    times = np.array(journey.measured(lived, BEGINS, lived.end(), rng), dtype=np.int64)
    for since, until, _ in truths if way == "rail, partly in a tunnel" else ():
        low, high = since + (until - since) // 4, since + 3 * (until - since) // 4
        times = times[(times < low) | (times > high)]
    trace = made(lived, times, rng, Tells.MOTION if rng.random() < 0.5 else Tells.NOTHING)
    window = (BEGINS, Instant(lived.end()))
    part = TrailPart(ActivationId("a"), "simulated", trace.block)
    told = [
        movements([part], [window], TagMode(), window, _SETTINGS, railways=each).trips
        for each in (railways(lines), NO_RAILWAYS)
    ]
    return [_judged(truth, told[0], told[1]) for truth in truths]


def railways(lines: list[journey.Line]) -> Railways:
    """Return lines in PLANE as geometry that is loaded; stations are named by line and number."""
    drawn = [np.column_stack(lonlats(each.corners[:, 0], each.corners[:, 1])) for each in lines]
    stations = [
        (f"{k}.{n}", float(drawn[k][at, 0]), float(drawn[k][at, 1]))
        for k, each in enumerate(lines)
        for n, at in enumerate(each.stations)
    ]
    return Railways.of(drawn, stations, "simulated")


_Truth = tuple[int, int, tuple[str, str]]
"""Since and until when, and between which stations."""


def _lived(rng: Generator, way: str, lines: list[journey.Line]) -> tuple[Course, list[_Truth]]:
    lived = Course(PLANE)
    number = int(rng.integers(len(lines)))
    of = lines[number]
    first = int(rng.integers(0, len(of.stations)))
    start = _around(of.spot(first), rng, 150.0, 700.0)
    lived.stay(start, BEGINS, BEGINS + HOUR, Place.INDOOR)
    truths: list[_Truth] = []
    place = Place(int(rng.integers(0, 3)))
    for _ in range(JOURNEYS):
        last = _other(rng, first, len(of.stations))
        since = lived.end()
        if _TRUE[way] is TripMode.RAIL:
            since, until = _by_rail(lived, of, (first, last), rng, place)
            truths.append((since, until, (f"{number}.{first}", f"{number}.{last}")))
            first = last
        elif way == "road beside a railway":
            road = journey.beside(of, first, last, float(rng.choice([-1, 1]) * rng.uniform(15, 90)))
            journey.go(lived, road, _road(rng, 6000.0), rng, place)
            journey.go(lived, [_around(road[-1], rng, 40.0, 150.0)], journey.FOOT, rng, place)
            truths.append((since, lived.end(), ("", "")))
            first = last
        else:
            _GOES[way](lived, rng, place)
            truths.append((since, lived.end(), ("", "")))
        until = lived.end() + int(rng.uniform(25, 70) * MINUTE)
        lived.stay((lived.x_m[-1], lived.y_m[-1]), lived.end(), until, Place.INDOOR)
    return lived, truths


def _on_foot(lived: Course, rng: Generator, place: Place) -> None:
    _through_streets(lived, rng, (400.0, 2000.0), journey.FOOT, place)


def _by_cycle(lived: Course, rng: Generator, place: Place) -> None:
    _through_streets(lived, rng, (1500.0, 7000.0), journey.CYCLE, place)


def _by_road(lived: Course, rng: Generator, place: Place) -> None:
    far_m = float(rng.uniform(1800.0, 12000.0))
    _through_streets(lived, rng, (far_m, far_m), _road(rng, far_m), place)


_GOES: Final[dict[str, Callable[[Course, Generator, Place], None]]] = {
    "foot": _on_foot,
    "cycle": _by_cycle,
    "road": _by_road,
}


def _road(rng: Generator, far_m: float) -> journey.Pacing:
    """Return a car in free or dense traffic, a bus, or far off a faster road."""
    ways = [journey.CAR, journey.JAM, journey.BUS]
    if far_m > 6000.0:
        ways.append(journey.TRUNK)
    return ways[int(rng.integers(len(ways)))]


def _through_streets(
    lived: Course, rng: Generator, far_m: tuple[float, float], how: journey.Pacing, place: Place
) -> None:
    here = (lived.x_m[-1], lived.y_m[-1])
    # Not farther from the middle than the map reaches.
    to = min((_around(here, rng, *far_m) for _ in range(3)), key=lambda spot: np.hypot(*spot))
    journey.go(lived, journey.streets(here, to, rng), how, rng, place)


def _by_rail(
    lived: Course, of: journey.Line, between: tuple[int, int], rng: Generator, place: Place
) -> tuple[int, int]:
    """Add the way to the station, the ride and the way from the other; return when he rode."""
    first, last = between
    here = (lived.x_m[-1], lived.y_m[-1])
    journey.go(lived, journey.streets(here, of.spot(first), rng), journey.FOOT, rng, place)
    since = lived.end()
    open_line = Place.OPEN if place is Place.OPEN else Place.URBAN
    journey.ride(lived, of, first, last, rng, open_line)
    until = lived.end()
    to = _around(of.spot(last), rng, 150.0, 700.0)
    journey.go(lived, journey.streets(of.spot(last), to, rng), journey.FOOT, rng, place)
    return since, until


def _around(spot: _Spot, rng: Generator, least_m: float, most_m: float) -> _Spot:
    far, angle = rng.uniform(least_m, most_m), rng.uniform(0, 2 * np.pi)
    return spot[0] + float(far * np.cos(angle)), spot[1] + float(far * np.sin(angle))


def _other(rng: Generator, first: int, stations: int) -> int:
    """Return a station two to eight off, on the side on which there are more."""
    step = int(rng.integers(2, 9))
    return min(stations - 1, first + step) if 2 * first < stations else max(0, first - step)


def _judged(truth: _Truth, told: tuple[Trip, ...], without: tuple[Trip, ...]) -> Went:
    said, blank = _most(truth, told), _most(truth, without)
    ride = said.ride if said is not None else None
    named = ride is not None and ride.named
    return Went(
        said=said.mode if said is not None else None,
        without=blank.mode if blank is not None else None,
        likely=said.mode_probability if said is not None else 0.0,
        not_excluded=ride is not None,
        stations=ride is not None and named and (ride.from_station, ride.to_station) == truth[2],
    )


def _most(truth: _Truth, trips: tuple[Trip, ...]) -> Trip | None:
    """Return the trip that shares most time with a true journey, at least a third of it."""
    shared = [
        (min(truth[1], trip.ended_at) - max(truth[0], trip.started_at), trip) for trip in trips
    ]
    most = max(shared, key=lambda each: each[0], default=None)
    if most is None or 3 * most[0] < truth[1] - truth[0]:
        return None
    return most[1]


def rows(name: str, results: Results) -> list[Row]:
    """Return the confusion matrix: of each true way, as what it was told."""
    table: list[Row] = []
    for way in WAYS:
        went: list[Went] = [each for part in results[name, WAY, way] for each in part]
        trials = f"{len(went)} journeys"
        for mode in (*TripMode, None):
            target = None
            if mode is _TRUE[way] and way in _TARGETS:
                target = Target(least=_TARGETS[way])
            count = sum(each.said is mode for each in went)
            figure = "no trip found" if mode is None else f"told as {mode.value}"
            table.append(row(name, way, figure, share(count, len(went)), trials, target))
        table += _of_rail(name, way, went, trials)
    sure: list[tuple[float, bool]] = [
        (each.likely, each.said is _TRUE[way])
        for way in WAYS
        for part in results[name, WAY, way]
        for each in part
        if each.likely > 0.0
    ]
    right = sum(is_right for _, is_right in sure)
    stated = sum(likely for likely, _ in sure) / max(1, len(sure))
    table.append(
        row(name, "all ways", f"named ways that are true (stated {stated:.2f})",
            share(right, len(sure)), f"{len(sure)} named")
    )  # fmt: skip
    return table


def _of_rail(name: str, way: str, went: list[Went], trials: str) -> list[Row]:
    kept = share(sum(each.not_excluded for each in went), len(went))
    if _TRUE[way] is not TripMode.RAIL:
        return [row(name, way, "by rail named or not excluded", kept, trials)]
    blank = sum(each.without is TripMode.VEHICLE for each in went)
    named = [each for each in went if each.said is TripMode.RAIL]
    right = share(sum(each.stations for each in named), len(named))
    return [
        row(name, way, "by rail named or not excluded", kept, trials, Target(least=0.95)),
        row(name, way, "both stations right, where named", right, f"{len(named)} named"),
        row(name, way, "told as vehicle with no lines loaded", share(blank, len(went)), trials),
    ]
