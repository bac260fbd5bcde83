"""What is an implausible jump, and what somebody may well have done."""

import pytest

from tagwatch.core.fix import Motion
from tagwatch.core.ids import FixId
from tagwatch.core.jump import BESIDE, MOST, Jump, Spot, jumps, said_of
from tagwatch.core.motion import MotionSettings
from tests.core.worlds import at, place

RULES = MotionSettings()
Row = tuple[float, float]


def spots(*rows: Row, region_m: float = 40.0, motion: Motion = Motion.UNKNOWN) -> list[Spot]:
    """Rows of (seconds, x_m)."""
    return [
        Spot(
            fix_id=FixId(f"1.{k}"),
            at=at(seconds),
            place=place(x_m),
            region_m=region_m,
            sigma_m=region_m / 3.0,
            motion=motion,
        )
        for k, (seconds, x_m) in enumerate(rows)
    ]


def minutes(there: dict[int, float], count: int = 20, x_m: float = 0.0) -> list[Row]:
    return [(60.0 * k, there.get(k, x_m)) for k in range(count)]


def found(*rows: Row, **more: float) -> list[str]:
    return [jump.fix_id for jump in jumps(spots(*rows, **more), RULES)]


def test_out_and_back_from_rest_in_two_minutes_is_a_jump() -> None:
    (jump,) = jumps(spots(*minutes({10: 700.0})), RULES)
    assert jump.fix_id == "1.10"
    assert (jump.there_s, jump.back_s) == (60, 60)
    assert jump.there_m == pytest.approx(700 - 2 * 40, abs=1)
    assert jump.fastest in ("still", "foot")
    assert "620 m from the fix 60 s before" in said_of(jump)


@pytest.mark.parametrize(
    "rows",
    [
        minutes({}),
        minutes({10: 75.0}),  # within the circles
        [(60.0 * k, 600.0 * k) for k in range(20)],  # a drive
        [(60.0 * k, 600.0 * abs(k - 10)) for k in range(20)],  # there, and back
        minutes(dict.fromkeys(range(10, 20), 3000.0)),  # gone for good: which one errs?
        [(0.0, 0.0), (60.0, 9000.0)],
        [],
    ],
)
def test_what_can_have_been_is_no_jump(rows: list[Row]) -> None:
    assert found(*rows) == []


def test_the_first_and_the_last_are_not_judged() -> None:
    assert found(*minutes({0: 9000.0, 19: 9000.0})) == []


def test_who_rides_can_go_farther_than_who_rests() -> None:
    riding = [(60.0 * k, 900.0 * k) for k in range(20)]
    riding[10] = (600.0, 9000.0 + 700.0)
    assert found(*riding) == []
    riding[10] = (600.0, 9000.0 + 9000.0)
    assert found(*riding) == ["1.10"]


@pytest.mark.parametrize(("x_m", "is_one"), [(135.0, False), (700.0, True)])
def test_just_out_of_reach_and_just_within(x_m: float, is_one: bool) -> None:
    assert bool(found(*minutes({10: x_m}))) is is_one


def test_clocks_that_round_make_no_jump() -> None:
    twice = [(0.0, 0.0), (60.0, 1.0), (60.0, 81.5), (60.0, 1.0), (120.0, 0.0)]
    assert found(*twice) == []


def test_the_farthest_are_named() -> None:
    many = minutes({k: 2000.0 + k for k in range(5, 8 * MOST, 4)}, count=8 * MOST + 10)
    named = jumps(spots(*many), RULES)
    assert len(named) == MOST
    assert [jump.fixed_at for jump in named] == sorted(jump.fixed_at for jump in named)
    assert min(jump.there_m for jump in named) > 2000
    assert all(isinstance(jump, Jump) for jump in named)
    assert BESIDE < MOST
