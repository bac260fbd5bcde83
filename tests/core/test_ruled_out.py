"""Ruling out many at once changes no answer: whoever is ruled out would have been told no."""

import numpy as np
import pytest

from tagwatch.core.coverage import Seen, spans_seen
from tagwatch.core.fix import FixBlock, Motion, Source
from tagwatch.core.geometry import Disc
from tagwatch.core.left_open import is_far_off
from tagwatch.core.meeting import Answer, Followed
from tagwatch.core.motion import MotionSettings, modes
from tagwatch.core.motion_of_many import modes_of_many
from tagwatch.core.person import TagMode
from tagwatch.core.ruled_out import ruled_out
from tagwatch.core.rules.area import area
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.units import SECOND
from tagwatch.core.visits import only_times
from tagwatch.core.was_near import was_near
from tests.core.worlds import ALWAYS, HERE, SETTINGS, at, fixes, part

MODE = TagMode()
PLACE = Disc(centre=HERE, radius_m=150.0)
WINDOW = (at(0), at(3600))


def trail(rng: np.random.Generator) -> FixBlock:
    """Three hours about the window: rests and ways, gaps, coarse fixes, flags that may be wrong."""
    home = rng.normal(0.0, rng.choice([300.0, 3_000.0, 12_000.0]), 2)
    speed = rng.choice([0.0, 0.0, 1.2, 9.0, 25.0]) * rng.normal(0.0, 1.0, 2)
    every_s = rng.choice([60.0, 60.0, 300.0])
    seconds = np.arange(-3600.0, 7200.0, every_s) + rng.uniform(0.0, 20.0)
    keeps = rng.random(len(seconds)) > rng.choice([0.0, 0.05, 0.5])
    if rng.random() < 0.4:
        gap = rng.uniform(-1800.0, 5400.0)
        keeps &= abs(seconds - gap) > rng.uniform(300.0, 6_000.0)
    turns = rng.uniform(0.0, 3600.0)
    coarse = rng.random(len(seconds)) < rng.choice([0.0, 0.0, 0.05])
    accuracy_m = np.where(coarse, 900.0, rng.choice([4.0, 9.0, 30.0]))
    where = (
        home + speed * np.abs(seconds - turns)[:, None] + rng.normal(0.0, 6.0, (len(seconds), 2))
    )
    rows = [
        (seconds[k], *where[k], accuracy_m[k], Source.LBS if coarse[k] else Source.GNSS)
        for k in np.flatnonzero(keeps)
    ]
    block = fixes(*rows)
    block["motion"] = rng.choice([int(Motion.STILL), int(Motion.MOVING), 0], len(block))
    if rng.random() < 0.1:
        block = rng.permutation(block)
    return block


def person(rng: np.random.Generator) -> Followed:
    block = trail(rng)
    worn = [ALWAYS]
    if rng.random() < 0.15:
        worn = [(ALWAYS[0], at(rng.uniform(-600, 2400))), (at(3000), ALWAYS[1])]
    parts = [part(block)] if len(block) else []
    if len(block) > 10 and rng.random() < 0.1:
        parts = [part(block[:5]), part(block[5:], "activation-2")]
    return Followed(parts, worn, MODE)


def by_himself(one: Followed) -> int | None:
    """Seconds observed of one who is excluded by a walk of his own, None of any other."""
    if is_far_off(one.trail, area(PLACE), WINDOW, SETTINGS, Prepared()):
        seen = spans_seen(only_times(one.trail), one.worn, one.mode, WINDOW)
        return sum(b - a for a, b, kind in seen if kind is Seen.OBSERVED) // SECOND
    said = was_near(one.trail, PLACE, WINDOW, one.worn, one.mode, SETTINGS, Prepared())
    return said.observed_s if said.answer is Answer.NO else None


@pytest.mark.parametrize("seed", range(2))
def test_whoever_is_ruled_out_is_excluded_by_himself_and_was_seen_as_long(seed: int) -> None:
    rng = np.random.default_rng([31, seed])
    people = [person(rng) for _ in range(120)]
    found = ruled_out(people, area(PLACE), WINDOW, SETTINGS, Prepared())
    apart = [by_himself(one) for one in people]
    wrong = [k for k, sure in enumerate(found) if sure is not None and sure != apart[k]]
    assert wrong == []
    excluded = sum(each is not None for each in apart)
    assert 20 < excluded < 110
    # What is left over costs time, no answer.
    assert sum(each is not None for each in found) >= 0.7 * excluded


def test_the_silent_are_never_ruled_out() -> None:
    before = fixes(*((60.0 * k, 9000.0, 0.0, 8.0) for k in range(-59, -20)))
    silent = Followed([part(before)], [ALWAYS], MODE)
    nothing = Followed([], [ALWAYS], MODE)
    found = ruled_out([silent, nothing, silent], area(PLACE), WINDOW, SETTINGS, Prepared())
    assert found == [None, None, None]


def test_many_at_once_move_as_each_by_himself() -> None:
    rng = np.random.default_rng(5)
    sizes = [1, 40, 2, 7, 1, 300, 3]
    n = sum(sizes)
    seconds = np.concatenate([np.cumsum(rng.choice([0.0, 5.0, 60.0, 4000.0], s)) for s in sizes])
    x_m, y_m = np.cumsum(rng.normal(0.0, 200.0, n)), np.cumsum(rng.normal(0.0, 20.0, n))
    sigma_m, flags = rng.choice([4.0, 90.0], n), rng.integers(0, 3, n).astype(np.uint8)
    begins = np.array([sum(sizes[:k]) for k in range(len(sizes))], np.intp)
    settings = MotionSettings()
    found = modes_of_many(seconds, x_m, y_m, sigma_m, flags, begins, settings)
    assert found.shape == (n, 4)
    for first, size in zip(begins.tolist(), sizes, strict=True):
        his = slice(first, first + size)
        alone = modes(seconds[his], x_m[his], y_m[his], sigma_m[his], flags[his], settings)
        np.testing.assert_allclose(found[first : first + size - 1], alone, rtol=1e-9, atol=1e-15)
