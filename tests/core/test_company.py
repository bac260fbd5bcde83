"""Who was with somebody: nobody is lost whom asking each pair would find, and each is judged so."""

import msgspec
import numpy as np
import pytest

from tagwatch.core.beside import Nearby, reach
from tagwatch.core.company import course, met, spans_about, within_spans
from tagwatch.core.fix import FixBlock, Mark, Motion, Source
from tagwatch.core.meeting import Answer, Followed, Meeting, meetings
from tagwatch.core.order import Thresholds
from tagwatch.core.person import TagMode
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.settings import Settings
from tagwatch.core.trail import TrailPart
from tests.core.worlds import ALWAYS, at, fixes, part

WINDOW = (at(0), at(2 * 3600))
MODE = TagMode()
LAX = msgspec.structs.replace(
    Settings(),
    version=2,
    encounter=msgspec.structs.replace(
        Settings().encounter,
        thresholds=Thresholds(protect=0.05, accuse=0.6),
        lapse_s=600,
        spread_mps=0.4,
    ),
)
HISTORIES = (SettingsHistory.of(Settings()), SettingsHistory(((at(-90_000), LAX),)))


def trail(rng: np.random.Generator, meets: np.ndarray) -> FixBlock:
    """About the window: he goes to some of `meets` (a place and times), else is far or passes."""
    every_s = rng.choice([20.0, 60.0, 300.0])
    seconds = np.arange(-1800.0, 2.5 * 3600.0, every_s) + rng.uniform(0.0, 20.0, 1)
    seconds = np.sort(seconds + rng.uniform(0.0, 0.4 * every_s, len(seconds)))
    seconds = seconds[rng.random(len(seconds)) > rng.choice([0.0, 0.1, 0.6])]
    where = np.tile(rng.normal(0.0, rng.choice([30.0, 400.0, 5_000.0]), 2), (len(seconds), 1))
    speed = rng.choice([0.0, 0.0, 1.4, 12.0]) * rng.normal(0.0, 1.0, 2)
    where = where + speed * (seconds - rng.uniform(0.0, 2 * 3600.0))[:, None]
    for x_m, y_m, begins, lasts in meets:
        if rng.random() < 0.7:
            during = (seconds >= begins) & (seconds < begins + lasts * rng.uniform(0.5, 1.0))
            about = rng.normal(0.0, rng.choice([2.0, 30.0, 100.0]), 2)
            where[during] = np.array([x_m, y_m]) + about
    coarse = rng.random(len(seconds)) < rng.choice([0.0, 0.05, 0.3])
    claim_m = np.where(coarse, rng.choice([80.0, 900.0]), rng.choice([4.0, 9.0, 30.0]))
    where = where + rng.normal(0.0, 1.0, where.shape) * np.minimum(claim_m, 60.0)[:, None]
    block = fixes(
        *(
            (seconds[k], *where[k], claim_m[k], Source.LBS if coarse[k] else Source.GNSS)
            for k in range(len(seconds))
        ),
        seq=int(rng.integers(1, 1000)),
    )
    flags = [int(Motion.STILL), int(Motion.MOVING), 0]
    block["motion"] = rng.choice(flags, len(block)) if rng.random() < 0.4 else int(Motion.STILL)
    block["marks"][rng.random(len(block)) < 0.02] |= int(Mark.BAD_POSITION)
    if rng.random() < 0.2 and len(block) > 4:
        block["fixed_at"][3] = block["fixed_at"][2]
    return rng.permutation(block) if rng.random() < 0.3 else block


def meets_of(rng: np.random.Generator) -> np.ndarray:
    """Places and times at which people meet: x, y, since when and for how long, (n, 4)."""
    count = int(rng.integers(1, 4))
    where, when = rng.normal(0.0, 500.0, (count, 2)), rng.uniform(-900.0, 7_000.0, (count, 1))
    return np.hstack((where, when, rng.choice([120.0, 900.0, 3_600.0], (count, 1))))


def parts_of(rng: np.random.Generator, block: FixBlock) -> list[TrailPart]:
    if rng.random() < 0.2:
        cut = int(rng.integers(0, len(block) + 1))
        return [part(each, f"tag-{n}") for n, each in enumerate((block[:cut], block[cut:]))]
    return [part(block)]


def company(
    one: list[TrailPart], other: list[TrailPart], within_m: float, settings: SettingsHistory
) -> list[Meeting]:
    """As the question asks it: near times first, and of the other only what lies about these."""
    near, prepared = reach(within_m, settings), Prepared()
    his = course(one, settings, prepared)
    whole = np.concatenate([each.block for each in other])
    rows = Nearby(one, WINDOW, near).near_rows(
        whole["fixed_at"], whole["lon_deg"], whole["lat_deg"], whole["motion"] == Motion.STILL
    )
    times = np.sort(whole["fixed_at"][rows])
    spans = spans_about(times, max(near.still_s, near.moving_s), settings)
    theirs = course(within_spans(other, spans), settings, prepared, his)
    if his is None or theirs is None:
        return []
    times, left_out = met(his, theirs, within_m, WINDOW, settings, near)
    assert left_out == 0
    return times


@pytest.mark.parametrize("seed", range(40))
def test_nobody_is_lost_whom_asking_each_pair_would_find(seed: int) -> None:
    rng = np.random.default_rng([17, seed])
    settings = HISTORIES[seed % 2]
    within_m = float(rng.choice([10.0, 50.0, 50.0, 300.0, 1_000.0]))
    meets = meets_of(rng)
    one = parts_of(rng, trail(rng, meets))
    for _ in range(2):
        other = parts_of(rng, trail(rng, meets))
        asked = meetings(
            Followed(one, [ALWAYS], MODE), Followed(other, [ALWAYS], MODE),
            within_m, WINDOW, settings, Prepared(),
        )  # fmt: skip
        if asked.answer is not Answer.NO:
            assert company(one, other, within_m, settings) == list(asked.meetings)


def test_these_worlds_have_meetings_of_every_kind_and_pairs_without_any() -> None:
    kinds: set[str] = set()
    for seed in range(40):
        rng = np.random.default_rng([17, seed])
        meets = meets_of(rng)
        one, other = [part(trail(rng, meets))], [part(trail(rng, meets))]
        found = company(one, other, 150.0, HISTORIES[0])
        kinds.update(each.answer.value for each in found)
        kinds.add("several" if len(found) > 1 else "none" if not found else "one")
    assert kinds == {"yes", "cannot say", "several", "one", "none"}


def test_without_fixes_nobody_is_near_and_nothing_is_asked() -> None:
    near = reach(50.0, HISTORIES[0])
    nothing = Nearby([], WINDOW, near)
    one = fixes((60.0, 0.0, 0.0, 6.0))
    said = one["fixed_at"], one["lon_deg"], one["lat_deg"], one["motion"] == Motion.STILL
    assert len(nothing.near_rows(*said)) == 0
    assert course([], HISTORIES[0], Prepared()) is None
    assert spans_about(np.empty(0, np.int64), 60.0, HISTORIES[0]) == []


def test_groups_that_may_hold_a_near_fix_are_read() -> None:
    rng = np.random.default_rng(3)
    for seed in range(20):
        meets = meets_of(rng)
        around = Nearby([part(trail(rng, meets))], WINDOW, reach(50.0, HISTORIES[seed % 2]))
        block = trail(rng, meets)
        times, lon, lat = block["fixed_at"], block["lon_deg"], block["lat_deg"]
        near = around.near_rows(times, lon, lat, block["motion"] == Motion.STILL)
        groups = np.array_split(np.arange(len(block)), 12)
        groups = [each for each in groups if len(each)]

        def ends(values: np.ndarray, groups: list[np.ndarray] = groups):
            low, high = ([end(values[each]) for each in groups] for end in (np.min, np.max))
            return np.array(low), np.array(high)

        (west, east), (south, north) = ends(lon), ends(lat)
        chosen = around.may_touch(ends(times), (west, south, east, north))
        read = {row for each, kept in zip(groups, chosen, strict=True) if kept for row in each}
        assert read >= set(near.tolist())


def test_of_two_under_one_roof_the_first_pairs_of_each_day_are_held() -> None:
    seconds = np.arange(0.0, 3 * 86_400.0, 600.0)
    rows = [(second, 0.0, 0.0, 4.0) for second in seconds.tolist()]
    two = [fixes(*rows, seq=seq) for seq in (1, 2)]
    for block in two:
        block["motion"] = int(Motion.STILL)
    prepared, window = Prepared(), (at(0), at(3 * 86_400))
    near = reach(100.0, HISTORIES[0])
    his = course([part(two[0])], HISTORIES[0], prepared)
    theirs = course([part(two[1], "tag-2")], HISTORIES[0], prepared, his)
    assert his is not None
    assert theirs is not None
    whole, none_left_out = met(his, theirs, 100.0, window, HISTORIES[0], near)
    assert (len(whole), none_left_out) == (1, 0)
    found, left_out = met(his, theirs, 100.0, window, HISTORIES[0], near, 40)
    assert [each.answer for each in found] == [Answer.YES] * 4, "four London dates are touched"
    assert sum(each.pairs for each in found) == 40
    assert left_out == whole[0].pairs - 40
