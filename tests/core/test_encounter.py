"""Two wearers who must not meet: just inside, on and just outside; ages; arrival has no say."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagwatch.core import settings as settings_module
from tagwatch.core.encounters import NOTHING, SLOT, EncounterMemory, Walked, advance, rederive
from tagwatch.core.episode import Episode
from tagwatch.core.fix import FixBlock, Source
from tagwatch.core.ids import ConditionId, OrderId, PersonId, WearerId
from tagwatch.core.order import ConditionVersion, NoContact
from tagwatch.core.outcome import Compliance, Finding, Phase, RuleKind
from tagwatch.core.reconcile import content, is_gone
from tagwatch.core.rules.nearness import nearness
from tagwatch.core.rules.prepare import Prepared, WearerOrders
from tagwatch.core.rules.stay import TRANSITIONS
from tagwatch.core.rules.table import transition_table
from tagwatch.core.run import placed
from tagwatch.core.settings import EncounterSettings, Settings
from tagwatch.core.settings_table import settings_table
from tagwatch.core.trail import TrailPart, decidable
from tagwatch.core.units import Instant
from tests.core.worlds import SETTINGS, WEARER, at, fixes, part, row, wandering

OTHER = WearerId("wearer-2")
LIMIT_M = 100.0
SHARP = 5.0
RULES = Settings()
PAGE = Path(__file__).parents[2] / "docs" / "rules" / "encounter.md"


def no_contact(**changes) -> ConditionVersion:
    terms = {"schedule": (), "protects": (), "distance_m": LIMIT_M}
    terms |= {key: changes.pop(key) for key in list(changes) if key in terms}
    times = {"told": -86400.0, "since": -86400.0, "until": None} | changes
    return ConditionVersion(
        condition_id=ConditionId("apart"),
        version=1,
        order_id=OrderId("order-1"),
        wearer_id=WEARER,
        terms=NoContact(label="apart", other=OTHER, **terms),
        valid_from=at(times["since"]),
        valid_until=None if times["until"] is None else at(times["until"]),
        recorded_at=at(-86400.0),
        told_at=None if times["told"] is None else at(times["told"]),
    )


def track(condition: ConditionVersion, prepared: Prepared):
    of = WearerOrders(wearer_id=WEARER, conditions=(condition,))
    return prepared.tracks(of).encounter(condition.condition_id)


def walk(his: FixBlock, others: FixBlock, condition: ConditionVersion | None = None) -> Walked:
    prepared = Prepared()
    found = track(condition or no_contact(), prepared)
    trails = ([part(his)], [part(others, "activation-2")])
    return advance(NOTHING, trails, WEARER, found, SETTINGS, prepared)


def last(walked: Walked) -> dict[str, Episode]:
    found = {e.episode_id: e for e in walked.changed}
    return found | {e.episode_id: e for e in walked.progressed}


def side_by_side(metres: float, minutes: int, *, behind_s: float = 5.0, since: float = 0.0):
    his = fixes(*[(since + 60 * n, 0.0, 0.0, SHARP) for n in range(minutes)])
    others = fixes(*[(since + 60 * n + behind_s, metres, 0.0, SHARP) for n in range(minutes)])
    return his, others


def near(metres: float, *, age_s: float = 0.0, accuracy_m: float = SHARP, source=Source.GNSS):
    one, other = (
        part(fixes((0.0, 0.0, 0.0, SHARP))),
        part(fixes((age_s, metres, 0.0, accuracy_m, source))),
    )
    prepared = Prepared()
    return nearness(
        placed(one, 0, RULES, prepared), placed(other, 0, RULES, prepared), LIMIT_M, RULES
    )


# --- one pair -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metres", "low", "high"), [(60.0, 0.95, 1.0), (100.0, 0.40, 0.60), (140.0, 0.0, 0.03)]
)
def test_just_inside_on_and_just_outside_the_distance(metres, low, high) -> None:
    assert low <= near(metres).near <= high


def test_apart_is_said_only_beyond_the_99_percent_region_of_the_distance() -> None:
    edge = LIMIT_M
    while not near(edge).clear:
        edge += 1.0
    just_outside, just_inside = near(edge), near(edge - 1.0)
    assert just_outside.answer(0.5) is Compliance.COMPLIANT
    assert just_inside.answer(0.5) is Compliance.CANNOT_SAY
    assert edge > LIMIT_M + 2 * SHARP


def test_an_aged_fix_says_apart_only_beyond_what_the_fastest_can_go() -> None:
    top_mps = max(mode.top_mps for mode in RULES.motion.modes)
    assert not near(1_000.0, age_s=60.0).clear
    assert near(top_mps * 60.0 + LIMIT_M + 200.0, age_s=60.0).clear


def test_worse_or_older_fixes_never_raise_what_is_held() -> None:
    for metres in (10.0, 50.0, 90.0):
        ages = [near(metres, age_s=age_s).near for age_s in (0.0, 20.0, 60.0, 300.0)]
        assert ages == sorted(ages, reverse=True)
        radii = [near(metres, accuracy_m=r).near for r in (5.0, 20.0, 80.0, 400.0)]
        assert radii == sorted(radii, reverse=True)


def test_a_cell_tower_at_the_same_spot_says_nothing() -> None:
    said = near(0.0, accuracy_m=1_600.0, source=Source.LBS)
    assert said.near < RULES.encounter.thresholds.protect
    assert said.answer(0.5) is Compliance.CANNOT_SAY


# --- encounters -----------------------------------------------------------------------------


def test_two_who_stand_together_are_possible_and_then_confirmed() -> None:
    walked = walk(*side_by_side(20.0, 6))
    assert [e.finding for e in walked.changed] == [Finding.POSSIBLE, Finding.CONFIRMED]
    confirmed = walked.changed[-1]
    assert confirmed.rule is RuleKind.ENCOUNTER
    assert confirmed.witnesses == RULES.encounter.confirm_fixes
    assert at(120) <= (confirmed.confirmed_at or 0) <= at(190)
    assert walked.evaluations[-1].compliance is Compliance.NOT_COMPLIANT
    assert len(walked.evaluations[-1].fixes) == 2


@pytest.mark.parametrize(
    ("metres", "finding"),
    [
        (LIMIT_M - 50.0, Finding.CONFIRMED),
        (LIMIT_M - 5.0, Finding.POSSIBLE),
        (LIMIT_M + 45.0, None),
    ],
)
def test_confirmed_needs_a_margin_and_far_is_nothing(metres, finding) -> None:
    found = list(last(walk(*side_by_side(metres, 8))).values())
    assert [e.finding for e in found] == ([] if finding is None else [finding])


def test_one_fix_of_the_other_is_one_witness_however_often_the_tag_speaks() -> None:
    his = fixes(*[(60 * n, 0.0, 0.0, SHARP) for n in range(8)])
    (episode,) = last(walk(his, fixes((5.0, 10.0, 0.0, SHARP)))).values()
    assert episode.finding is Finding.POSSIBLE
    assert episode.witnesses == 1


def test_an_old_fix_of_the_other_finds_nothing() -> None:
    his = fixes(*[(3600.0 + 60 * n, 0.0, 0.0, SHARP) for n in range(5)])
    assert not walk(his, fixes((0.0, 0.0, 0.0, SHARP))).changed


def test_before_he_was_told_it_protects_and_accuses_nobody() -> None:
    (episode,) = last(walk(*side_by_side(10.0, 8), no_contact(told=None))).values()
    assert episode.finding is Finding.POSSIBLE
    assert episode.before_told


def test_protecting_a_person_warns_earlier() -> None:
    pair = side_by_side(LIMIT_M + 8.0, 3)
    assert not walk(*pair).changed
    assert walk(*pair, no_contact(protects=(PersonId("p1"),))).changed


def test_it_ends_when_they_are_certainly_apart_or_when_nothing_is_seen() -> None:
    his, others = side_by_side(10.0, 5)
    gone = fixes(*[(305.0 + 60 * n, 9_000.0 + 600 * n, 0.0, SHARP) for n in range(4)], seq=2)
    stay = fixes(*[(300.0 + 60 * n, 0.0, 0.0, SHARP) for n in range(4)], seq=2)
    prepared = Prepared()
    trails = ([part(his), part(stay)], [part(others, "b"), part(gone, "b")])
    walked = advance(NOTHING, trails, WEARER, track(no_contact(), prepared), SETTINGS, prepared)
    ended = walked.changed[-1]
    assert (ended.phase, ended.finding) == (Phase.ENDED, Finding.CONFIRMED)
    assert ended.left_earliest is not None
    assert ended.left_latest is not None
    assert at(240) <= ended.left_earliest < ended.left_latest <= at(310)
    silent = fixes((60 * 5 + RULES.encounter.lapse_s, 0.0, 0.0, SHARP), seq=2)
    trails = ([part(his), part(silent)], [part(others, "b")])
    walked = advance(NOTHING, trails, WEARER, track(no_contact(), prepared), SETTINGS, prepared)
    assert walked.changed[-1].phase is Phase.ENDED
    assert "nothing showed them near" in walked.changed[-1].reason


def test_hours_outside_its_schedule_do_not_count() -> None:
    evening = no_contact(schedule=(row("Mo", "19:00", "Mo", "20:00"),))
    assert not walk(*side_by_side(10.0, 8), evening).changed


# --- the order of arrival -------------------------------------------------------------------


class Pair:
    """The least of a line for two: what it stores, and when it derives anew."""

    def __init__(self, condition: ConditionVersion) -> None:
        self.prepared = Prepared()
        self.track = track(condition, self.prepared)
        self.trails: tuple[list[TrailPart], list[TrailPart]] = ([], [])
        self.slots: dict[int, EncounterMemory] = {}
        self.episodes: dict[str, Episode] = {}

    def before(self, since: int) -> EncounterMemory:
        earlier = [s for s, memory in self.slots.items() if memory.upto < since]
        return self.slots[max(earlier)] if earlier else NOTHING

    def take(self, side: int, block: FixBlock) -> None:
        rows = block[decidable(block)]
        if not len(rows):
            return
        self.trails[side].append(part(block, f"tag-{side}"))
        since, now = int(rows["fixed_at"].min()), self.before(2**62)
        of = (self.trails, WEARER, self.track, SETTINGS, self.prepared)
        if since > now.upto:
            walked = advance(now, *of)
        else:
            walked = rederive(self.before(since), *of, list(self.episodes.values()), "a late fix")
        self.slots |= walked.slots
        for episode in (*walked.changed, *walked.progressed):
            known = self.episodes.get(episode.episode_id)
            assert known is None or known.version <= episode.version
            self.episodes[episode.episode_id] = episode

    def said(self) -> list[str]:
        return sorted(repr(content(e)) for e in self.episodes.values() if not is_gone(e))


def rows_of(block: FixBlock, number: int) -> FixBlock:
    return block[number : number + 1]


@given(st.integers(0, 2**32))
@settings(max_examples=12, deadline=None)
def test_the_order_of_arrival_has_no_say(seed: int) -> None:
    random = Random(seed)
    condition = no_contact(until=random.choice([None, 9_000.0]), distance_m=300.0)
    his = wandering(random, 30, reach_m=300.0)
    others = wandering(random, 30, reach_m=300.0)
    others["seq"] = 2
    whole, single = Pair(condition), Pair(condition)
    whole.take(0, his)
    whole.take(1, others)
    arrivals = [(0, rows_of(his, n)) for n in range(len(his))]
    arrivals += [(1, rows_of(others, n)) for n in range(len(others))]
    random.shuffle(arrivals)
    for side, block in arrivals:
        single.take(side, block)
    assert single.said() == whole.said()


def test_slots_are_the_memory_at_the_end_of_each_hour() -> None:
    his, others = side_by_side(5_000.0, 130)
    walked = walk(his, others)
    assert sorted(walked.slots) == [int(at(3600 * n)) // SLOT for n in range(3)]
    assert walked.slots[max(walked.slots)] == walked.memory
    assert all(Instant(memory.upto) // SLOT == slot for slot, memory in walked.slots.items())


def test_the_page_is_what_the_code_does() -> None:
    page = PAGE.read_text(encoding="utf-8")
    source = Path(settings_module.__file__).read_text(encoding="utf-8")
    assert settings_table(EncounterSettings, source) in page
    assert transition_table(TRANSITIONS) in page
