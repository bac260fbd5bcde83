"""Location findings are a function of fixes, orders and settings: arrival has no say."""

from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tagwatch.core.derive import (
    EMPTY,
    Memory,
    Prepared,
    Rederived,
    SettingsHistory,
    WearerOrders,
    advance,
    decidable,
    derive_findings,
    due,
    is_unseen,
    late_rows,
    quiet,
    rederive,
    snapshot_due,
)
from tagwatch.core.episode import Episode
from tagwatch.core.fix import FixBlock, Source
from tagwatch.core.memory import ANSWER, LIKELY, NEVER, SEEN, Answers
from tagwatch.core.order import ConditionVersion
from tagwatch.core.reconcile import content, is_gone
from tagwatch.core.screen import bounds, note, screened, survives
from tagwatch.core.settings import CurfewSettings, Settings, ZoneSettings
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import SECOND, Instant
from tests.core.worlds import (
    ALWAYS,
    SETTINGS,
    TAG,
    curfew,
    fixes,
    orders,
    part,
    row,
    wandering,
    zone,
)

SEEDS = st.integers(0, 2**32)


def conditions_of(random: Random) -> list[ConditionVersion]:
    """Zones near and far, a home near one of them, schedules and versions."""
    day = [row("Mo", "10:30", "Tu", "03:00"), row("Tu", "19:00", "We", "07:00")]
    made = [
        zone(200, x_m=random.uniform(-500, 500), name="a", protects=("p",)),
        zone(120, x_m=random.uniform(-900, 900), buffer_m=random.choice([0.0, 150.0]), name="b"),
        zone(1, square=300.0, y_m=400.0, buffer_m=100.0, name="c"),
        zone(80, x_m=3000.0, name="far", told=None),
        zone(300, x_m=-300.0, name="at-times", schedule=(row("Mo", "11:00", "Mo", "13:00"),)),
        curfew(
            *day,
            x_m=random.choice([0.0, 260.0]),
            name="home",
            radius_m=random.choice([30.0, 60.0, 100.0]),
        ),
        zone(90, name="new", since=3600.0, until=9000.0, told=5000.0),
        zone(250, name="new", since=7200.0, version=2, told=7200.0),
    ]
    return random.sample(made, random.randint(1, len(made)))


def said(episodes: dict[str, Episode]) -> list[Episode]:
    """What stored episodes say, ids and lineage aside, service facts and what is history too."""
    kept = [content(e) for e in episodes.values() if not is_unseen(e) and not is_gone(e)]
    return sorted(kept, key=repr)


def same(one: list[Episode], other: list[Episode]) -> None:
    """Fail naming the fields that differ."""
    assert len(one) == len(other)
    for mine, yours in zip(one, other, strict=True):
        a, b = msgspec.structs.asdict(mine), msgspec.structs.asdict(yours)
        assert {k: (a[k], b[k]) for k in a if a[k] != b[k]} == {}


class Line:
    """The least of a line: what it stores, and when it derives anew."""

    def __init__(self, of: WearerOrders, history: SettingsHistory = SETTINGS) -> None:
        self.orders = of
        self.settings = history
        self.memory: Memory = EMPTY
        self.trail: list[TrailPart] = []
        self.snapshots: list[Memory] = []
        self.episodes: dict[str, Episode] = {}
        self.versions: set[tuple[str, int]] = set()
        self.prepared = Prepared()

    def take(self, block: FixBlock, activation: str = TAG) -> None:
        frame = part(block, activation)
        self.trail.append(frame)
        if late_rows(self.memory, block).any():
            self.anew(int(block["fixed_at"][decidable(block)].min()), "a late fix")
            return
        done = advance(
            self.memory, frame, self.orders, self.settings, self.prepared, self.answers(frame)
        )
        if snapshot_due(self.memory, done.memory):
            self.snapshots.append(done.memory)
        self.memory = self.reread(done.memory)
        self.store(done.changed)
        for episode in done.progressed:
            assert self.episodes[episode.episode_id].version == episode.version
            self.episodes[episode.episode_id] = episode

    def answers(self, frame: TrailPart) -> Answers | None:
        """What the screen says of the frame; this line does not ask it."""
        return None

    def anew(self, since: int, cause: str) -> None:
        older = [m for m in self.snapshots if m.upto < since]
        start = max(older, key=lambda m: m.upto, default=EMPTY)
        done: Rederived = rederive(
            start,
            [replace(p, block=p.block[p.block["fixed_at"] > start.upto]) for p in self.trail],
            self.orders,
            self.settings,
            self.prepared,
            list(self.episodes.values()),
            self.memory,
            cause,
        )
        self.snapshots = [m for m in self.snapshots if m.upto <= start.upto] + list(done.snapshots)
        self.memory = self.reread(done.memory)
        self.store(done.changed)

    def store(self, changed: tuple[Episode, ...]) -> None:
        for episode in changed:
            key = (episode.episode_id, episode.version)
            assert key not in self.versions, "a version is written once"
            self.versions.add(key)
            before = self.episodes.get(episode.episode_id)
            assert episode.version == (1 if before is None else before.version + 1)
            self.episodes[episode.episode_id] = episode

    @staticmethod
    def reread(memory: Memory) -> Memory:
        packed = msgspec.msgpack.encode(memory)
        assert msgspec.msgpack.decode(packed, type=Memory) == memory
        return msgspec.msgpack.decode(packed, type=Memory)


class ScreenedLine(Line):
    """One that asks the screen about every frame."""

    def answers(self, frame: TrailPart) -> Answers | None:
        first, last = (int(frame.block["fixed_at"].min()), int(frame.block["fixed_at"].max()))
        _, until, rules = self.settings.around(Instant(first))
        if last >= until:
            return None
        tracks = self.prepared.tracks(self.orders)
        known = bounds([tracks])
        note(known, 0, tracks, self.memory, frame.tag_model, rules, Instant(first))
        return screened(frame.block, np.zeros(len(frame.block), dtype=np.int64), known, rules)


def expected(
    of: WearerOrders, *trail: TrailPart, history: SettingsHistory = SETTINGS
) -> list[Episode]:
    derived = derive_findings(trail, of, history, ALWAYS, Prepared())
    return sorted((content(e) for e in derived), key=repr)


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_any_batch_split_gives_the_same_findings(seed: int) -> None:
    random = Random(seed)
    of = orders(*conditions_of(random))
    block = wandering(random, 80)
    block = block[np.argsort(block["fixed_at"], kind="stable")]
    line = Line(of)
    start = 0
    while start < len(block):
        end = min(len(block), start + random.randint(1, 20))
        while end < len(block) and block["fixed_at"][end] == block["fixed_at"][end - 1]:
            end += 1
        line.take(block[start:end])
        start = end
    same(said(line.episodes), expected(of, part(block)))


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_any_order_of_arrival_and_repetition_gives_the_same_findings(seed: int) -> None:
    random = Random(seed)
    of = orders(*conditions_of(random))
    block = wandering(random, 50, step_s=random.choice([60.0, 600.0]))
    frames = [block[k : k + 5] for k in range(0, len(block), 5)]
    arrivals = frames + random.sample(frames, 3)
    for _ in range(random.randint(0, 12)):
        i, j = random.randrange(len(arrivals)), random.randrange(len(arrivals))
        arrivals[i], arrivals[j] = arrivals[j], arrivals[i]
    line = Line(of)
    for frame in arrivals:
        line.take(frame)
    same(said(line.episodes), expected(of, part(block)))


@given(SEEDS)
@example(379)
@example(451)
@settings(max_examples=20, deadline=None)
def test_nor_has_it_where_tags_are_swapped_and_settings_change(seed: int) -> None:
    random = Random(seed)
    of = orders(*conditions_of(random))
    block = lingering(random, 60) if random.random() < 0.4 else wandering(random, 60)
    other = Settings(
        version=2,
        zone=ZoneSettings(confirm_fixes=3, leave_after_s=0),
        curfew=CurfewSettings(borne_out_s=60, present=0.9),
    )
    times = np.sort(block["fixed_at"])
    changed_at = Instant(int(times[random.randrange(len(times))]))
    history = SettingsHistory(((Instant(0), Settings()), (changed_at, other)))
    swapped_at = times[random.randrange(len(times))]
    frames: list[tuple[FixBlock, str]] = []
    for k in range(0, len(block), 5):
        frame = block[k : k + 5]
        before = frame["fixed_at"] < swapped_at + random.choice([0, 0, 600 * SECOND])
        frames += [(frame[before], TAG), (frame[~before], "activation-2")]
    arrivals = [frame for frame in frames if len(frame[0])]
    if random.random() < 0.3:
        random.shuffle(arrivals)
    for _ in range(random.randint(0, 8)):
        i, j = random.randrange(len(arrivals)), random.randrange(len(arrivals))
        arrivals[i], arrivals[j] = arrivals[j], arrivals[i]
    arrivals += random.sample(arrivals, min(3, len(arrivals)))
    line = random.choice([Line, ScreenedLine])(of, history)
    for frame, tag in arrivals:
        line.take(frame, tag)
    whole = [part(frame, tag) for frame, tag in frames]
    same(said(line.episodes), expected(of, *whole, history=history))


def lingering(random: Random, count: int) -> FixBlock:
    """A night at home with fixes good and vague, now and then astray or out."""
    home_m = random.choice([0.0, 260.0])
    rows: list[tuple[float, ...]] = []
    for k in range(count):
        source = random.choice([Source.GNSS, Source.GNSS, Source.WIFI, Source.LBS])
        spread_m = 8.0 if random.random() < 0.9 else random.choice([70.0, 150.0, 300.0])
        x_m, y_m = random.gauss(home_m, spread_m), random.gauss(0, spread_m)
        accuracy_m = random.choice([4.0, 6.0, 15.0, 22.0, 40.0, 80.0])
        rows.append((60.0 * k, x_m, y_m, accuracy_m, source))
    return fixes(*rows)


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_with_and_without_the_screen_the_findings_are_the_same(seed: int) -> None:
    random = Random(seed)
    of = orders(*conditions_of(random))
    if random.random() < 0.5:
        block = wandering(random, 120, reach_m=random.choice([400.0, 2000.0]))
    else:
        block = lingering(random, 120)
    times = np.maximum.accumulate(block["fixed_at"]) + np.arange(len(block))
    block["fixed_at"] = times
    prepared = Prepared()
    tracks = prepared.tracks(of)
    rules = Settings()
    known = bounds([tracks])
    with_screen = without = EMPTY
    changes: list[list[Episode]] = [[], []]
    start = 0
    while start < len(block):
        frame = block[start : start + random.randint(1, 15)]
        start += len(frame)
        kept = screened(frame, np.zeros(len(frame), dtype=np.int64), known, rules)
        if with_screen.at_rest and not survives(kept).any() and kept[-1] <= ANSWER:
            times = frame["fixed_at"]
            seen, likely = (int(times[kept == said].max(initial=NEVER)) for said in (SEEN, LIKELY))
            with_screen = quiet(with_screen, part(frame), SETTINGS, prepared, seen, likely)
        else:
            done = advance(with_screen, part(frame), of, SETTINGS, prepared, kept)
            with_screen = done.memory
            changes[0] += done.changed
            note(known, 0, tracks, with_screen, "plain", rules)
        done = advance(without, part(frame), of, SETTINGS, prepared)
        without = done.memory
        changes[1] += done.changed
        asked = Instant(int(frame["fixed_at"][-1]))
        assert due(with_screen, asked, of, SETTINGS, prepared) == due(
            without, asked, of, SETTINGS, prepared
        )
    assert changes[0] == changes[1]
    assert with_screen.stays == without.stays
    assert with_screen.upto == without.upto
    assert with_screen.first_at == without.first_at
    assert (with_screen.where, with_screen.last) == (without.where, without.last)
    assert with_screen.home == without.home


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_bounds_of_a_finding_are_in_order(seed: int) -> None:
    random = Random(seed)
    of = orders(*conditions_of(random))
    for found in expected(of, part(wandering(random, 80))):
        assert found.entered_earliest <= found.entered_latest
        if found.left_earliest is not None and found.left_latest is not None:
            assert found.entered_earliest <= found.left_earliest <= found.left_latest
            assert found.entered_latest <= found.left_latest


@pytest.mark.soak
@pytest.mark.parametrize(
    "law",
    [
        test_the_bounds_of_a_finding_are_in_order,
        test_any_batch_split_gives_the_same_findings,
        test_any_order_of_arrival_and_repetition_gives_the_same_findings,
        test_nor_has_it_where_tags_are_swapped_and_settings_change,
        test_with_and_without_the_screen_the_findings_are_the_same,
    ],
)
def test_many_more_worlds(law: Any) -> None:
    for seed in range(300):
        try:
            law.hypothesis.inner_test(seed)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
