"""Patterns around protected people: how often ordinary weeks are called more than by the base rate,
and how often somebody who watches, waits, leaves his tag or gives it away is.

Eight weeks of `stalking_lives`, of which the first four are his earlier ones. The ordinary wearers
are asked about homes and ways laid at random, and their days indoors are counted apart.
"""

from dataclasses import dataclass
from datetime import date, time
from typing import Final

from numpy.random import Generator

from tagwatch.core.around import Pattern, around
from tagwatch.core.contour import planar
from tagwatch.core.controls import NearArea
from tagwatch.core.geometry import Disc
from tagwatch.core.ids import ActivationId
from tagwatch.core.movements import Movements, movements
from tagwatch.core.own_days import own_days
from tagwatch.core.own_weeks import OwnWeeks, own_weeks
from tagwatch.core.person import TagMode
from tagwatch.core.plane import LonLat
from tagwatch.core.route_wait import drawn_route, route_waits
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.settings import Settings
from tagwatch.core.timetable import CurfewRow, Weekday, windows
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.core.unlike import Likeness, unlike_days
from tagwatch.sim.quality.bound import share
from tagwatch.sim.quality.experiment import Experiment, Results, Setting, Task, shared_out
from tagwatch.sim.quality.stalking_lives import (
    CHANGED,
    END,
    HER_M,
    START,
    WEEKS,
    ZONE_M,
    LifeSeen,
    Planted,
    her_way,
    live,
    spot,
)
from tagwatch.sim.quality.table import Row, Target, row
from tagwatch.sim.quality.trace import BEGINS, PLANE
from tagwatch.sim.routine import Spot

NAME: Final = "patterns"
RING_M: Final = 200.0
WITHIN_M: Final = 100.0
HOMES: Final = 5
"""Homes of hers asked about in each ordinary life, and ways."""
FALSE: Final = Target(most=0.1)
HIT: Final = Target(least=0.5)
_PASSES: Final = tuple(
    CurfewRow(from_day=day, from_time=time(8, 10), until_day=day, until_time=time(8, 35))
    for day in list(Weekday)[:5]
)
_SETTINGS: Final = SettingsHistory.of(Settings())


@dataclass(frozen=True, slots=True)
class PatternsFound:
    """What was said of one life."""

    planted: Planted
    presence: tuple[Pattern, ...]
    waiting: tuple[Pattern, ...]
    route: tuple[Pattern, ...]
    days: tuple[tuple[date, Likeness, str], ...]
    """With what the day truly was: ordinary, indoors, or planted."""
    told: tuple[Likeness, ...]
    """The planted days once more where the change of the tag is on record."""


def tasks(setting: Setting) -> list[Task]:
    """Return the lives: half as many ordinary ones as wearers, a quarter of each kind."""
    wearers = setting.sizes.wearers
    quarter = wearers // 4
    plain = shared_out(NAME, setting, [(Planted.NOTHING,)], max(1, wearers // 2), 3)
    cells = [(each,) for each in Planted if each is not Planted.NOTHING]
    return plain + shared_out(NAME, setting, cells, quarter, 3)


def run(task: Task) -> list[PatternsFound]:
    """Return what was said of each life of a task."""
    (planted,) = task.cell
    found: list[PatternsFound] = []
    for number in range(task.first, task.first + task.count):
        rng = task.rng(number)
        found.append(_said(planted, live(rng, planted), rng))
    return found


def _said(planted: Planted, life: LifeSeen, rng: Generator) -> PatternsFound:
    plain = planted is Planted.NOTHING
    homes = [spot(rng, *HER_M) for _ in range(HOMES)] if plain else [life.her]
    ways = [her_way(rng, her) for her in homes] if plain else [life.route]
    part = TrailPart(ActivationId("a"), "simulated", life.trace.block)
    weeks = _weeks(part)
    presence: list[Pattern] = []
    waiting: list[Pattern] = []
    route: list[Pattern] = []
    for her, way in zip(homes, ways, strict=True):
        guarded = ((PLANE.lonlat(*her), ZONE_M + RING_M),)
        his = _ready(weeks, part, guarded)
        shape = planar(Disc(centre=PLANE.lonlat(*her), radius_m=ZONE_M), his.plane)
        near = around(his, NearArea(shape, RING_M), 0.0, 30.0)
        presence.append(near.presence)
        waiting.append(near.waiting)
        route.append(_along(his, way, near.observed_share))
    his = _ready(weeks, part, ())
    days = unlike_days(own_days(his, ()), _period(), {})
    changed = own_days(his, [Instant(START + CHANGED * DAY)])
    told = unlike_days(changed, _period(), {}) if planted is Planted.ANOTHER else ()
    return PatternsFound(
        planted=planted,
        presence=tuple(presence),
        waiting=tuple(waiting),
        route=tuple(route),
        days=tuple((each.day, each.likeness, _truth(life, each.day)) for each in days),
        told=tuple(each.likeness for each in told if each.day in life.planted),
    )


def _weeks(part: TrailPart) -> list[Movements]:
    found: list[Movements] = []
    for k in range(WEEKS):
        span = Instant(BEGINS + k * 7 * DAY), Instant(BEGINS + (k + 1) * 7 * DAY)
        times = part.block["fixed_at"]
        near = (times >= span[0] - 2 * HOUR) & (times < span[1] + 2 * HOUR)
        one = TrailPart(part.activation_id, part.tag_model, part.block[near])
        found.append(movements([one], [(BEGINS, END)], TagMode(), span, _SETTINGS))
    return found


def _ready(
    weeks: list[Movements], part: TrailPart, guarded: tuple[tuple[LonLat, float], ...]
) -> OwnWeeks:
    made = own_weeks(weeks, [part], START, 600.0, _SETTINGS, guarded)
    if made is None:
        raise ValueError("a simulated life shows no fix")
    return made


def _along(his: OwnWeeks, way: tuple[Spot, ...], observed: float) -> Pattern:
    corners = [(p.lon_deg, p.lat_deg) for p in (PLANE.lonlat(*each) for each in way)]
    times = windows(_PASSES, START, END)
    return route_waits(his, drawn_route(his, corners, times), WITHIN_M, observed).pattern


def _period() -> tuple[date, date]:
    first = date.fromordinal(date(1970, 1, 1).toordinal() + START // DAY)
    return first, date.fromordinal(first.toordinal() + 28)


def _truth(life: LifeSeen, day: date) -> str:
    if day in life.planted:
        return "planted"
    return "indoors" if day in life.indoors else "ordinary"


def rows(results: Results, _setting: Setting) -> list[Row]:
    """Return how often ordinary weeks are called more, and planted ones are."""
    of = {each: [one for part in results.get((NAME, each), []) for one in part] for each in Planted}
    plain = of[Planted.NOTHING]
    table = [
        _patterns(Planted.NOTHING, "presence", [p for one in plain for p in one.presence], FALSE),
        _patterns(Planted.NOTHING, "stops near", [p for one in plain for p in one.waiting], FALSE),
        _patterns(Planted.NOTHING, "stops at her way", [p for o in plain for p in o.route], FALSE),
    ]
    watch, wait = of[Planted.WATCHER], of[Planted.WAITER]
    table += [
        _patterns(Planted.WATCHER, "presence", [p for o in watch for p in o.presence], HIT),
        _patterns(Planted.WATCHER, "stops near", [p for o in watch for p in o.waiting], HIT),
        _patterns(Planted.WAITER, "stops at her way", [p for o in wait for p in o.route], HIT),
    ]
    table += _days(Planted.NOTHING, plain, "ordinary", Target(most=0.02))
    table += _days(Planted.NOTHING, plain, "indoors", None)
    table += _days(Planted.LEFT, of[Planted.LEFT], "planted", HIT)
    table += _days(Planted.LEFT, of[Planted.LEFT], "ordinary", None)
    table += _days(Planted.ANOTHER, of[Planted.ANOTHER], "planted", None)
    told = [likeness for one in of[Planted.ANOTHER] for likeness in one.told]
    name = f"{Planted.ANOTHER}, and the change is on record"
    return table + _likeness(name, told, HIT, "planted")


def _patterns(planted: Planted, what: str, said: list[Pattern], target: Target | None) -> Row:
    hits = sum(each is Pattern.MORE for each in said)
    trials = f"{len(said)} times four weeks"
    return row(NAME, planted.value, f"{what}: more", share(hits, len(said)), trials, target)


def _days(
    planted: Planted, lives: list[PatternsFound], truly: str, target: Target | None
) -> list[Row]:
    said = [likeness for one in lives for _, likeness, was in one.days if was == truly]
    return _likeness(planted.value, said, target, truly)


def _likeness(cell: str, said: list[Likeness], target: Target | None, truly: str) -> list[Row]:
    judged = [each for each in said if each is not Likeness.CANNOT_SAY]
    unlike = sum(each is not Likeness.LIKE for each in judged)
    unsaid = share(len(said) - len(judged), len(said))
    days = f"{truly} days"
    return [
        row(NAME, cell, f"{days}: unlike", share(unlike, len(judged)),
            f"{len(judged)} judged days", target),
        row(NAME, cell, f"{days}: cannot say", unsaid, f"{len(said)} days"),
    ]  # fmt: skip


EXPERIMENT: Final = Experiment(
    NAME,
    "Presence, waiting and days unlike his own: how often of ordinary weeks, and of planted ones.",
    tasks,
    run,
    rows,
)
