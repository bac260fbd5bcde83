"""Passers-by: what is let go is what the rules say nothing of, and leaves the memory as it was."""

from random import Random

import msgspec
import numpy as np
import pytest

from tagwatch.core.compiled import COMPILED
from tagwatch.core.derive import EMPTY, Memory, Prepared, WearerOrders, advance
from tagwatch.core.fix import FixBlock, Mark, Source
from tagwatch.core.memory import NEAR_SHIFT, TRACKS, Answers
from tagwatch.core.order import Thresholds
from tagwatch.core.passing import without_passers
from tagwatch.core.passing_kernel import LONGEST
from tagwatch.core.rules.whereabouts import LastFix
from tagwatch.core.rules.zone import is_near
from tagwatch.core.run import placed
from tagwatch.core.screen import bounds, note, screened
from tagwatch.core.settings import Settings, ZoneSettings
from tagwatch.core.trail import TrailPart
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
    block: FixBlock,
    memory: Memory,
    of: WearerOrders,
    prepared: Prepared,
    rules: Settings = RULES,
) -> tuple[Answers, Answers]:
    """What the screen says of a frame, and what is left of it without passers-by.

    With other `rules` the pass goes by thresholds that are not the rules'.
    """
    tracks = prepared.tracks(of)
    known = bounds([tracks])
    note(known, 0, tracks, memory, "plain", RULES, at(0))
    nobody, starts = np.zeros(len(block), dtype=np.int64), np.array([0, len(block)])
    alone = screened(block, nobody, known, RULES)
    return alone, without_passers(block, starts, nobody, alone, known, rules, prepared)


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


class Brink:
    """A frame with a run of fixes between sharp ones far off, moved towards a zone up to where the
    pass lets go of it: by what threshold it does so shows there, and nowhere else."""

    def __init__(self, seed: int, protect: float | None) -> None:
        random = Random(seed)
        self.limit = RULES.zone.life_thresholds.protect if protect is None else protect
        own = None if protect is None else Thresholds(protect=protect, accuse=0.99)
        self.of, self.prepared = orders(zone(thresholds=own, protects=("p",))), Prepared()
        self.count = random.randint(1, LONGEST)
        gaps = [random.choice((5.0, 60.0, 60.0, 600.0)) for _ in range(self.count + 4)]
        self.seconds = np.cumsum(gaps).tolist()
        self.run = [self._fix(random) for _ in range(self.count)]
        self.motion = [random.choice((0, 1, 2)) for _ in self.seconds]

    @staticmethod
    def _fix(random: Random) -> tuple[float, float, float, int]:
        """East and north of the run's place, accuracy, source."""
        vague = random.random() < 0.4
        accuracy_m = random.choice((60.0, 150.0, 400.0)) if vague else random.choice((5.0, 20.0))
        source = random.choice((Source.LBS, Source.WIFI, Source.GNSS)) if vague else Source.GNSS
        return random.gauss(0.0, 15.0), random.gauss(0.0, 15.0), accuracy_m, int(source)

    def frame(self, east_m: float) -> TrailPart:
        """The frame with its run so far east of the zone's middle."""
        far = [(2500.0, 0.0, SHARP, int(Source.GNSS))] * 2
        places = [*far, *[(east_m + x, y, *told) for x, y, *told in self.run], *far]
        block = fixes(*[(s, *p) for s, p in zip(self.seconds, places, strict=True)])
        block["motion"] = self.motion
        return part(block)

    def lets_go(self, east_m: float, loosened: float) -> bool:
        """Whether the pass lets go of the run, by thresholds so many times too high."""
        (version,) = self.of.conditions
        loose, rules = self.of, RULES
        if version.thresholds is None:
            high = Thresholds(protect=self.limit * loosened, accuse=0.99)
            rules = msgspec.structs.replace(
                RULES, zone=ZoneSettings(thresholds=high, life_thresholds=high)
            )
        else:
            loose = orders(zone(thresholds=Thresholds(protect=self.limit * loosened, accuse=0.99)))
        return not near(let_go(self.frame(east_m).block, EMPTY, loose, Prepared(), rules)[1])

    def share(self, east_m: float) -> float:
        """How likely the plain filter finds it at most that he reaches the zone's disc at a fix of
        the run near it, wherever within the run it begins."""
        trail, follower = self.frame(east_m), self.prepared.follower(RULES)
        (track,) = self.prepared.tracks(self.of).zones
        run = [placed(trail, 1 + k, RULES, self.prepared) for k in range(1 + self.count)]
        most = 0.0
        for first in range(self.count):
            kept = follower.begin(LastFix.of(run[first]))
            for fix in run[first + 1 :]:
                kept, where = follower.follow(kept, fix)
                if is_near(track, fix):
                    most = max(most, where.reaching(track.pieces[0].bound))
        return most

    def found(self, loosened: float = 1.0) -> tuple[float, float]:
        """The share where the run is kept, and where it is let go, a decimetre farther off."""
        kept, gone = 0.0, 2000.0
        assert not self.lets_go(kept, loosened)
        assert self.lets_go(gone, loosened)
        while gone - kept > 0.1:
            middle = 0.5 * (kept + gone)
            kept, gone = (kept, middle) if self.lets_go(middle, loosened) else (middle, gone)
        return self.share(kept), self.share(gone)


@compiled_only
@pytest.mark.parametrize("protect", [None, 0.01, 0.02, 0.3])
@pytest.mark.parametrize("seed", range(8))
def test_a_run_is_let_go_up_to_the_threshold_and_no_farther(
    seed: int, protect: float | None
) -> None:
    """Every such frame shows by which threshold: a quarter more is seen in each of them."""
    brink = Brink(seed, protect)
    limit = min(brink.limit, RULES.zone.life_thresholds.protect)
    kept, gone = brink.found()
    assert 0.85 * limit < kept
    assert gone < limit
    if limit == brink.limit:  # else the pass goes by the lower one of all zones
        assert brink.found(1.25)[1] > limit, "a threshold too high would not be seen"


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
