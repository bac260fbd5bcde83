"""The machine's clock stepped back and forward: said aloud, and nobody loses or gains a breach."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tagwatch.core.alert import AlertKind
from tagwatch.core.ledger import Tick
from tagwatch.core.outcome import Finding
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.store.drafts import draft_of
from tests.walk.timeline import HERS, TICK, World, at_time, fix, frame, metres_from

STEPS_S = (-7200, -90, -3, 3, 90, 7200)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World.on(tmp_path)
    yield made
    made.close()


class Clock:
    """A wall clock that somebody sets, beside one that only runs."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.true = Instant(world.now)
        self.off_us = 0

    @property
    def wall(self) -> Instant:
        return Instant(self.true + self.off_us)

    def pass_s(self, seconds: int, place: object = None) -> None:
        """Let time pass, a tick each 20 s and a fix each minute; the tag's own clock is right."""
        for _ in range(0, seconds * SECOND, TICK):
            self.true = Instant(self.true + TICK)
            tick = Tick(at=self.wall, monotonic_us=self.true)
            self.world.centre.append([draft_of(tick, self.wall)])
            if place is not None and self.true % MINUTE == 0:
                sent = frame([fix(place, self.true)])
                self.world.centre.append([draft_of(sent, self.wall)])
        self.world.centre.apply()


@pytest.mark.parametrize("by_s", STEPS_S)
def test_a_stepped_clock_is_said_once_and_the_entry_is_found(world: World, by_s: int) -> None:
    world.at("12:00")
    clock = Clock(world)
    far = metres_from(HERS, 0, 2500)
    clock.pass_s(600, far)
    clock.off_us = by_s * SECOND
    clock.pass_s(300, far)
    clock.pass_s(300, metres_from(HERS, 20, 20))
    clock.off_us = 0
    clock.pass_s(600, far)
    found = world.alerts()
    steps = [a for a in found if a.kind is AlertKind.WATCH and "clock stepped" in a.sentence]
    assert len(steps) == 2, [a.sentence for a in found]
    (entry,) = [a for a in found if a.kind is AlertKind.ZONE_ENTRY]
    if by_s > -3600:  # fixes that seem to come from hours ahead are marked, and decide nothing sure
        assert entry.finding is Finding.CONFIRMED
    assert not [a for a in found if a.kind is AlertKind.BLIND]


def test_a_deadline_does_not_fire_twice_when_the_hour_comes_again(world: World) -> None:
    """The curfew begins, nobody sees him, and then the clock is set back before its beginning."""
    world.at("18:50")
    clock = Clock(world)
    clock.pass_s(45 * 60)
    clock.off_us = -1800 * SECOND
    clock.pass_s(60 * 60)
    unseen = [a for a in world.alerts() if a.kind is AlertKind.CURFEW_UNSEEN]
    found = [a for a in unseen if a.happened_at >= at_time("18:50")]
    assert len(found) == 1
    assert found[0].raised_at >= at_time("19:30")
