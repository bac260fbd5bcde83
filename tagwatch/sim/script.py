"""Things that happen to simulated wearers: breaches, near misses, cut straps, silence.

A script changes the truth of one life from a moment on; what the tag reports, and what Tagwatch
concludes, follows. The wearer goes home afterwards and his routine goes on.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from tagwatch.core.fix import TagEventKind
from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant
from tagwatch.sim.course import DRIVE_MPS, WALK_MPS, Course
from tagwatch.sim.error import Place
from tagwatch.sim.routine import course, path
from tagwatch.sim.tag import Report
from tagwatch.sim.world import SimWearer, World

GATE_M: Final = 600.0
"""He leaves the car this far from the edge of the zone and walks on."""
Script: TypeAlias = Callable[[SimWearer, int], None]


def walk_in(sim: SimWearer, at: int) -> None:
    """He drives to within 600 m of his first zone, walks to its middle and stays 25 minutes."""
    _detour(sim, at, stop_m=0.0, stay=25 * MINUTE)


def drive_through(sim: SimWearer, at: int) -> None:
    """He drives straight through his first zone without stopping."""
    x, y = sim.zones[0]
    _resume(sim, at, lambda made: [made.travel((2 * x, 2 * y), DRIVE_MPS, sim.life.streets)])


def approach(sim: SimWearer, at: int) -> None:
    """He waits 15 minutes in the buffer ring of his first zone and leaves."""
    _detour(sim, at, stop_m=_edge_m(sim) + 90.0, stay=15 * MINUTE)


def out_at_night(sim: SimWearer, at: int) -> None:
    """He leaves home for two hours during the curfew."""

    def legs(made: Course) -> list[int]:
        arrive = made.travel(sim.life.friend, DRIVE_MPS, sim.life.streets)
        made.stay(sim.life.friend, arrive, arrive + 2 * HOUR, Place.INDOOR)
        return [arrive]

    _resume(sim, at, legs)


def cut_strap(sim: SimWearer, at: int) -> None:
    """The strap is cut; the tag lies where it was. For tags of the own format: phones have none."""
    sim.tag.reports.append(Report(Instant(at), TagEventKind.STRAP_CUT))


def battery_dies(sim: SimWearer, at: int) -> None:
    """The tag was not charged: it warns from 20 per cent on and is dead at `at`."""
    sim.tag.charge_at = at - 21 * HOUR
    sim.tag.level_at_charge = 65.0
    sim.tag.dead_from = at


def no_network(sim: SimWearer, at: int) -> None:
    """For 50 minutes there is no network; then everything is uploaded at once."""
    sim.tag.offline.append((at, at + 50 * MINUTE))


def hours_ago(world: World, now: Instant) -> None:
    """Put the breaches of the last two days into the world."""
    rows: tuple[tuple[int, float, Script], ...] = (
        (0, 43.0, walk_in),
        (11, 30.0, walk_in),
        (5, 26.0, approach),
        (14, 19.0, drive_through),
        (21, 15.0, cut_strap),
        (26, 10.0, no_network),
        (33, 6.0, walk_in),
        (7, 4.0, approach),
        (39, 2.0, battery_dies),
    )
    for number, hours, script in rows:
        script(world.wearers[number], now - int(hours * HOUR))
    _first_curfew_night(world, now)


def minutes_ahead(world: World, now: Instant) -> None:
    """Put the breaches that unfold while one watches into the world.

    Who walks somewhere reaches the edge of his zone at the minute named, however far he has to go.
    """
    rows: tuple[tuple[int, float, Script], ...] = (
        (24, 2.5, walk_in),
        (12, 1.5, cut_strap),
        (35, 5.0, walk_in),
        (41, 8.0, approach),
        (51, 12.0, walk_in),
        (45, 14.0, no_network),
        (54, 20.0, cut_strap),
        (31, 25.0, walk_in),
    )
    for number, minutes, script in rows:
        sim, at = world.wearers[number], now + int(minutes * MINUTE)
        if script in (walk_in, approach):
            at = _leaves(sim, at)
        script(sim, at)


def _first_curfew_night(world: World, now: Instant) -> None:
    """Somebody under curfew was out at two in the morning of the last night."""
    night = now - now % (24 * HOUR) + 2 * HOUR
    if night > now - 3 * HOUR:
        night -= 24 * HOUR
    out_at_night(world.wearers[17], night)


def _edge_m(sim: SimWearer) -> float:
    """Return the distance from the first zone's centre to its edge; 200 m of buffer lie beyond."""
    _, kept_clear_m = sim.life.away[0]
    return kept_clear_m - 450.0


def _leaves(sim: SimWearer, at: int) -> int:
    """Return when he must set out to reach the edge of his first zone on foot at `at`."""
    x, y = sim.zones[0]
    leave = at
    for _ in range(4):  # where he sets out from depends on when
        here = sim.tag.course.standing(leave)
        far_m = ((here.x_m - x) ** 2 + (here.y_m - y) ** 2) ** 0.5
        gate_m = min(far_m, _edge_m(sim) + GATE_M)
        walk_s = max(0.0, gate_m - _edge_m(sim)) / WALK_MPS
        leave = at - int(((far_m - gate_m) / DRIVE_MPS + walk_s) * SECOND)
    return leave


def _detour(sim: SimWearer, at: int, *, stop_m: float, stay: int) -> None:
    def legs(made: Course) -> list[int]:
        x, y = sim.zones[0]
        here = (made.x_m[-1], made.y_m[-1])
        far = max(1.0, ((here[0] - x) ** 2 + (here[1] - y) ** 2) ** 0.5)
        ux, uy = (here[0] - x) / far, (here[1] - y) / far
        gate = min(far, _edge_m(sim) + GATE_M)
        made.travel((x + gate * ux, y + gate * uy), DRIVE_MPS, sim.life.streets)
        goal = (x + stop_m * ux, y + stop_m * uy)
        arrive = made.travel(goal, WALK_MPS, sim.life.streets)
        made.stay(goal, arrive, arrive + stay, sim.life.streets)
        return [arrive]

    _resume(sim, at, legs)


def _resume(sim: SimWearer, at: int, legs: Callable[[Course], list[int]]) -> None:
    """Cut the routine at `at`, run `legs`, go home, and live on."""
    made = sim.tag.course
    until = max(made.end(), Instant(at + 6 * HOUR))
    made.cut(at)
    legs(made)
    for corner in path((made.x_m[-1], made.y_m[-1]), (0.0, 0.0), ()):
        made.travel(corner, DRIVE_MPS, sim.life.streets)
    home_at = Instant(made.end() + SECOND)
    made.join(course(sim.life, sim.rng, home_at, until))
