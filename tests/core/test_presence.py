"""Inclusion and restriction zones, either of two addresses, appointments: just below, at, above."""

import itertools
from collections.abc import Callable

import msgspec
import pytest

from tagwatch.core.attendance import Attendance, Attended, attendance
from tagwatch.core.episode import Episode
from tagwatch.core.order import ConditionVersion, Curfew, Demand
from tagwatch.core.outcome import Finding, Phase
from tagwatch.core.rules.prepare import Prepared, WearerOrders
from tagwatch.core.shape import Polygon
from tagwatch.core.timetable import OneOff
from tests.core.worlds import (
    SETTINGS,
    SHARP,
    WEARER,
    at,
    curfew,
    fixes,
    found,
    part,
    place,
    row,
)

HOURS = row("Mo", "10:00", "Mo", "12:00")
HALF_M = 500.0
HOLE_M = 150.0


def ring(half_m: float, x_m: float = 0.0):
    corners = ((-half_m, -half_m), (half_m, -half_m), (half_m, half_m), (-half_m, half_m))
    return tuple(place(x_m + x, y) for x, y in corners)


def area(demand: Demand, *, hole: bool = False, hours: bool = True) -> ConditionVersion:
    rings = (ring(HALF_M), ring(HOLE_M)[::-1]) if hole else (ring(HALF_M),)
    made = curfew(HOURS, demand=demand, shape=Polygon(rings=rings))
    if hours:
        return made
    assert isinstance(made.terms, Curfew)
    return msgspec.structs.replace(made, terms=msgspec.structs.replace(made.terms, rows=()))


def two() -> ConditionVersion:
    """Either of two addresses 600 m apart: 400 m of street lie between their circles."""
    return curfew(HOURS, also=(place(600.0),))


def held(condition: ConditionVersion, x_m: float, minutes: int = 20) -> tuple[Episode, ...]:
    """What is found of somebody who is at x from 10:10 on, and was in the place before."""
    start = 100.0 if condition.terms.also else 300.0  # type: ignore[union-attr]  # a curfew's
    rows = [(60.0 * n, start, 0.0, SHARP) for n in range(10)]
    rows += [(600.0 + 60 * n, x_m, 0.0, SHARP) for n in range(minutes)]
    return found(fixes(*rows), condition)


def first_metre(condition: ConditionVersion, low: int, high: int) -> int:
    """The least whole metre at which an absence is found, by halving."""
    assert not held(condition, low)
    assert held(condition, high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if held(condition, middle) else (middle, high)
    return high


@pytest.mark.parametrize(
    ("condition", "edge_m", "far_m"),
    [
        (area(Demand.INCLUSION_ZONE), HALF_M, 600),
        (area(Demand.RESTRICTION_ZONE, hours=False), HALF_M, 600),
        (two(), 700.0, 800),
    ],
    ids=["inclusion", "restriction", "either"],
)
def test_just_below_at_and_just_above_where_he_is_outside(condition, edge_m, far_m) -> None:
    metre = first_metre(condition, round(edge_m), far_m)
    assert not held(condition, edge_m), "on the edge nobody can say"
    assert edge_m < metre < edge_m + 60
    below, at_it, above = (held(condition, metre + by) for by in (-1, 0, 1))
    assert not below
    for episodes in (at_it, above):
        assert [(e.phase, e.condition_id) for e in episodes] == [(Phase.OPEN, "curfew-1")]
    (far,) = held(condition, edge_m + 300)
    assert far.finding is Finding.CONFIRMED


@pytest.mark.parametrize(
    ("x_m", "absent"), [(HOLE_M + 60, False), (HOLE_M, False), (HOLE_M - 90, True)]
)
def test_in_a_hole_he_is_outside(x_m: float, absent: bool) -> None:
    assert bool(held(area(Demand.RESTRICTION_ZONE, hole=True, hours=False), x_m)) is absent


@pytest.mark.parametrize(
    ("x_m", "absent"), [(0.0, False), (600.0, False), (100.0, False), (500.0, False), (300.0, True)]
)
def test_at_either_address_and_not_between_them(x_m: float, absent: bool) -> None:
    assert bool(held(two(), x_m)) is absent


def test_a_restriction_zone_without_hours_binds_always_and_an_inclusion_zone_in_its_hours() -> None:
    night = fixes(*[(15 * 3600.0 + 60 * n, 2000.0, 0.0, SHARP) for n in range(20)])
    assert found(night, area(Demand.RESTRICTION_ZONE, hours=False))
    assert not found(night, area(Demand.INCLUSION_ZONE))


# --- appointments ---------------------------------------------------------------------------

THERE, ELSEWHERE = 0.0, 1500.0
WINDOW = OneOff(start=at(600), end=at(4200))


def asked(*rows: tuple[float, float]) -> Attendance:
    usual = curfew(demand=Demand.ATTENDANCE, appointments=(WINDOW,), grace_s=300)
    condition = msgspec.structs.replace(usual, terms=msgspec.structs.replace(usual.terms, rows=()))
    orders = WearerOrders(wearer_id=WEARER, conditions=(condition,))
    block = fixes(*[(s, x, 0.0, SHARP) for s, x in rows])
    return attendance([part(block)], orders, condition, WINDOW, SETTINGS, Prepared())


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        (lambda by: asked((600 + by, THERE)), ("cannot_say", "attended", "attended")),
        (lambda by: asked((4200 + by, THERE)), ("attended", "cannot_say", "cannot_say")),
        (
            lambda by: asked((900 + by, ELSEWHERE), (1500, THERE)),
            ("attended", "late", "late"),
        ),
        (
            lambda by: asked((900, ELSEWHERE), (1200 + by, ELSEWHERE)),
            ("cannot_say", "missed", "missed"),
        ),
    ],
    ids=["start", "end", "grace", "confirming time"],
)
def test_an_appointment_just_below_at_and_just_above(
    said: Callable[[int], Attendance], answers: tuple[str, str, str]
) -> None:
    assert tuple(said(by).answer.value for by in (-1, 0, 1)) == answers


def test_there_and_elsewhere_are_a_metre_from_what_nobody_can_say() -> None:
    """P(inside) `present` and P(outside) *accuse* are crossed once each on the way out."""
    ways = [asked((900, x), (1500, x)).answer for x in range(0, 400, 5)]
    runs = [ways[0], *(b for a, b in itertools.pairwise(ways) if a is not b)]
    assert runs == [Attended.ATTENDED, Attended.CANNOT_SAY, Attended.MISSED]
