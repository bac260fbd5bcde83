"""Passers-by: what is let go is what the rules say nothing of, and leaves the memory as it was."""

from random import Random

import numpy as np
import pytest

from tagwatch.core.compiled import COMPILED
from tagwatch.core.derive import EMPTY, Memory, Prepared, WearerOrders, advance
from tagwatch.core.fix import FixBlock, Mark, Source
from tagwatch.core.memory import NEAR_SHIFT, TRACKS, Answers
from tagwatch.core.order import Thresholds
from tagwatch.core.passing import without_passers
from tagwatch.core.screen import bounds, note, screened
from tests.core.worlds import SETTINGS, SHARP, at, curfew, fixes, orders, part, zone

RULES = SETTINGS.at(at(0))
compiled_only = pytest.mark.skipif(not COMPILED, reason="plainly the screen's answers stand")


def passing(random: Random, count: int) -> FixBlock:
    """Fixes well off the zone, some of them vague, and now and then one in it, or odd."""
    rows: list[tuple[float, ...]] = []
    seconds, here_m = 0.0, random.choice((500.0, 1500.0))
    for _ in range(count):
        seconds += random.choice((5.0, 60.0, 60.0, 60.0, 600.0, random.choice((0.0, 60.0))))
        east_m = random.choice((here_m,) * 8 + (700.0, 400.0, 300.0, 0.0))
        vague = random.random() < 0.3
        accuracy_m = random.choice((100.0, 300.0, 900.0, 2500.0)) if vague else 8.0
        source = random.choice((Source.LBS, Source.WIFI)) if vague else Source.GNSS
        off_m = random.gauss(0.0, 0.3 * accuracy_m)
        rows.append((seconds, east_m + off_m, off_m, accuracy_m, source))
    block = fixes(*rows)
    block["motion"] = [random.choice((0, 1, 2)) for _ in range(count)]
    odd = [random.random() < 0.05 for _ in range(count)]
    block["marks"][odd] |= np.uint32(int(Mark.NOT_VALID))
    return block


def let_go(
    block: FixBlock, memory: Memory, of: WearerOrders, prepared: Prepared
) -> tuple[Answers, Answers]:
    """What the screen says of a frame, and what is left of it without passers-by."""
    tracks = prepared.tracks(of)
    known = bounds([tracks])
    note(known, 0, tracks, memory, "plain", RULES, at(0))
    nobody, starts = np.zeros(len(block), dtype=np.int64), np.array([0, len(block)])
    alone = screened(block, nobody, known, RULES)
    return alone, without_passers(block, starts, nobody, alone, known, RULES, prepared)


def near(answers: Answers) -> int:
    return int(np.count_nonzero(answers & np.uint64(TRACKS << NEAR_SHIFT)))


@pytest.mark.parametrize("seed", range(60))
def test_who_is_let_go_leaves_what_the_rules_leave(seed: int) -> None:
    random, prepared = Random(seed), Prepared()
    own = Thresholds(protect=random.choice((0.001, 0.02, 0.3)), accuse=0.99)
    since = random.choice((-86400.0, 300.0, 1200.0))
    of = orders(zone(buffer_m=100.0), zone(name="zone-2", thresholds=own, since=since), curfew())
    memory, want = EMPTY, EMPTY
    for block in np.split(passing(random, 60), (20, 40)):
        trail = part(block[block["fixed_at"] > want.upto])
        alone, left = let_go(trail.block, want, of, prepared)
        said = advance(want, trail, of, SETTINGS, prepared, alone)
        ours = advance(memory, trail, of, SETTINGS, prepared, alone if memory.stays else left)
        assert ours == said
        memory, want = ours.memory, said.memory
        assert memory.where is None or near(left)


@compiled_only
def test_a_vague_fix_far_off_is_let_go_and_a_sharp_one_in_the_zone_is_not() -> None:
    rows: list[tuple[float, ...]] = [(60.0 * m, 1500.0, 0.0, SHARP) for m in range(10)]
    rows[4], rows[7] = (240.0, 1450.0, 0.0, 900.0, Source.LBS), (420.0, 0.0, 0.0, SHARP)
    alone, left = let_go(fixes(*rows), EMPTY, orders(zone()), Prepared())
    assert near(alone) == 2
    assert np.flatnonzero(left >> np.uint64(NEAR_SHIFT)).tolist() == [7]


@compiled_only
def test_a_run_at_either_end_of_a_frame_is_left() -> None:
    vague = (900.0, Source.LBS)
    rows = [(60.0 * m, 1500.0, 0.0, *(vague if m in (0, 5) else (SHARP,))) for m in range(6)]
    alone, left = let_go(fixes(*rows), EMPTY, orders(zone()), Prepared())
    assert near(alone) == near(left) == 2
