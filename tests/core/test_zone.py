"""Exclusion zones: thresholds and times just below, at and above; stays from entry to exit."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagwatch.core import settings as settings_module
from tagwatch.core.derive import EMPTY, Prepared, SettingsHistory, WearerOrders, advance
from tagwatch.core.episode import Episode
from tagwatch.core.fix import Source
from tagwatch.core.ids import FixId
from tagwatch.core.order import ConditionVersion, Thresholds
from tagwatch.core.outcome import Compliance, Finding, Phase, RuleKind
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.stay import TRANSITIONS, State
from tagwatch.core.rules.table import transition_table
from tagwatch.core.rules.tally import MOST_FIXES, with_fixes
from tagwatch.core.rules.zone import answer, thresholds_of
from tagwatch.core.settings import Settings, ZoneSettings
from tagwatch.core.settings_table import settings_table
from tagwatch.core.units import SECOND
from tests.core.worlds import (
    MONDAY,
    SETTINGS,
    SHARP,
    at,
    curfew,
    fixes,
    found,
    live,
    orders,
    part,
    row,
    zone,
)

IN, OUT = 0.0, 2000.0
PAGE = Path(__file__).parents[2] / "docs" / "rules" / "zone.md"


def times(episode: Episode) -> list[int | None]:
    """Entry and exit bounds in seconds of the world."""
    bounds = (
        episode.entered_earliest,
        episode.entered_latest,
        episode.left_earliest,
        episode.left_latest,
    )
    return [None if b is None else (b - MONDAY) // SECOND for b in bounds]


def judged(condition: ConditionVersion, x_m: float, accuracy_m: float, source: int = Source.GNSS):
    return judged_each(condition, (0, x_m, 0, accuracy_m, source))[0]


def judged_each(condition: ConditionVersion, *rows: tuple[float, ...]):
    """Return P(inside) and what is said by it at each fix, given it and all before."""
    prepared = Prepared()
    piece = prepared.tracks(WearerOrders(wearer_id="w", conditions=(condition,))).zones[0].pieces[0]
    follower, kept, said = prepared.follower(Settings()), None, []
    for k, one in enumerate(fixes(*rows)):
        accuracy_m, source = float(one["accuracy_m"]), int(one["source"])
        error = prepared.fix_error(accuracy_m, 0.68, float("nan"), -1, source, "", Settings())
        lon, lat = float(one["lon_deg"]), float(one["lat_deg"])
        fix = PlacedFix(int(one["fixed_at"]), lon, lat, f"1.{k}", error, source)
        kept, where = follower.follow(kept, fix)
        protect = thresholds_of(piece, Settings().zone).protect
        said.append(answer(where.against(piece.area), protect))
    return said


def test_a_stay_from_the_last_fix_clear_to_the_first_clear_again() -> None:
    rows = [(0, OUT), (60, IN), (120, IN), (180, IN), (240, OUT), (299, OUT), (300, OUT)]
    (stay,) = found(fixes(*[(s, x, 0, SHARP) for s, x in rows]), zone())
    assert (stay.phase, stay.finding, stay.rule) == (Phase.ENDED, Finding.CONFIRMED, RuleKind.ZONE)
    assert times(stay) == [0, 60, 180, 240]
    assert stay.witnesses == 3
    assert stay.confirmed_at == at(120)
    assert stay.fixes == ("1.1", "1.2", "1.3", "1.4", "1.5", "1.6")


@pytest.mark.parametrize(
    ("last", "phase"), [(299, Phase.OPEN), (300, Phase.ENDED), (301, Phase.ENDED)]
)
def test_a_stay_ends_after_the_zone_was_clear_for_leave_after_s(last: int, phase: Phase) -> None:
    rows = [(60, IN), (120, IN), (240, OUT), (last, OUT)]
    (stay,) = found(fixes(*[(s, x, 0, SHARP) for s, x in rows]), zone())
    assert stay.phase is phase


@pytest.mark.parametrize(
    ("second", "finding"),
    [(29, Finding.POSSIBLE), (30, Finding.CONFIRMED), (31, Finding.CONFIRMED)],
)
def test_two_witnesses_stand_independent_s_apart(second: int, finding: Finding) -> None:
    (stay,) = found(fixes((0, IN, 0, SHARP), (second, IN, 0, SHARP)), zone())
    assert stay.finding is finding


def test_thirty_copies_a_second_apart_are_one_witness() -> None:
    copies = fixes(*[(k, 150 + 0.01 * k, 0, SHARP) for k in range(30)])
    (one,) = found(copies[:1], zone(240))
    (many,) = found(copies, zone(240))
    assert (many.finding, many.witnesses) == (Finding.POSSIBLE, 1)
    assert many.probability - one.probability < 0.001


@pytest.mark.parametrize(("shift", "count"), [(1e-6, 0), (0.0, 1), (-1e-6, 1)])
def test_possible_at_exactly_the_protect_threshold(shift: float, count: int) -> None:
    p, _ = judged(zone(), 210.0, SHARP)
    own = Thresholds(protect=p + shift, accuse=0.999999)
    assert len(found(fixes((0, 210.0, 0, SHARP)), zone(thresholds=own))) == count


@pytest.mark.parametrize(
    ("shift", "finding"),
    [(1e-6, Finding.POSSIBLE), (0.0, Finding.CONFIRMED), (-1e-6, Finding.CONFIRMED)],
)
def test_confirmed_at_exactly_the_accuse_threshold(shift: float, finding: Finding) -> None:
    rows = ((0, 125.0, 0, SHARP), (60, 125.0, 0, SHARP))
    p = min(p for p, _ in judged_each(zone(), *rows))
    own = Thresholds(protect=0.1, accuse=p + shift)
    (stay,) = found(fixes(*rows), zone(thresholds=own))
    assert stay.finding is finding


def test_a_zone_that_protects_a_person_warns_earlier() -> None:
    p, _ = judged(zone(), 225.0, SHARP)
    assert 0.05 <= p < 0.10
    block = fixes((0, 225.0, 0, SHARP))
    assert not found(block, zone())
    assert len(found(block, zone(protects=("her",)))) == 1


def test_no_threshold_of_a_condition_protects_below_the_floor() -> None:
    own = Thresholds(protect=1e-6, accuse=0.99)
    p, _ = judged(zone(), 270.0, SHARP)
    assert 1e-6 <= p < Settings().zone.floor
    assert not found(fixes((0, 270.0, 0, SHARP)), zone(thresholds=own))


def test_a_vague_fix_at_the_door_is_not_compliant_and_not_a_breach() -> None:
    p, said = judged(zone(100), 0.0, 1600.0, Source.LBS)
    assert p < 0.02
    assert said is Compliance.CANNOT_SAY
    assert judged(zone(100), 3000.0, SHARP)[1] is Compliance.COMPLIANT
    assert judged(zone(100), 0.0, SHARP)[1] is Compliance.CANNOT_SAY


def test_weak_fixes_never_add_up() -> None:
    rows = [(60 * k, 190, 0, 40) for k in range(200)]
    (stay,) = found(fixes(*rows), zone())
    assert stay.finding is Finding.POSSIBLE
    assert stay.probability < 0.9


@pytest.mark.parametrize(
    ("between", "finding"),
    [
        ((25, OUT, 0, SHARP), Finding.POSSIBLE),
        ((5, OUT, 0, SHARP), Finding.CONFIRMED),
        ((25, 199, 0, SHARP), Finding.CONFIRMED),
        ((25, OUT, 0, 9000.0, Source.LBS), Finding.CONFIRMED),
    ],
    ids=["against it", "shares the error of the first", "undecided", "cannot tell"],
)
def test_what_stands_between_two_witnesses(between: tuple[float, ...], finding: Finding) -> None:
    rows = fixes((0, IN, 0, SHARP), between, (45, IN, 0, SHARP))
    (stay,) = found(rows, zone())
    assert stay.finding is finding


def test_witnesses_after_a_contradiction_are_counted_anew() -> None:
    rows = [(0, IN), (25, 600), (45, IN), (80, IN), (140, IN)]
    (stay,) = found(fixes(*[(s, x, 0, SHARP) for s, x in rows]), zone())
    assert (stay.finding, stay.confirmed_at) == (Finding.CONFIRMED, at(80))


@pytest.mark.parametrize(
    ("x_m", "finding"), [(210.0, Finding.WITHDRAWN), (190.0, Finding.UNDETERMINED)]
)
def test_a_possibility_that_is_over(x_m: float, finding: Finding) -> None:
    rows = [(0, x_m), (60, OUT), (120, OUT)]
    (stay,) = found(fixes(*[(s, x, 0, SHARP) for s, x in rows]), zone())
    assert (stay.phase, stay.finding) == (Phase.ENDED, finding)


@pytest.mark.parametrize(("back", "count"), [(899, 1), (900, 1), (901, 2)])
@pytest.mark.parametrize("times_in", [1, 2])
def test_coming_back_within_same_stay_s_is_the_same_stay(
    back: int, count: int, times_in: int
) -> None:
    rows = [(60 * k, IN) for k in range(times_in)]
    rows += [(300, OUT), (360, OUT), (back, IN), (back + 60, OUT), (back + 120, OUT)]
    stays = found(fixes(*[(s, x, 0, SHARP) for s, x in rows]), zone())
    assert len(stays) == count
    again = stays[-1]
    assert again.left_latest == at(back + 60)
    expected = Finding.CONFIRMED if count == 1 and times_in == 2 else Finding.UNDETERMINED
    assert again.finding is expected


def test_fixes_soon_after_a_stay_change_nothing() -> None:
    rows = [(0, IN), (60, OUT), (120, OUT), (180, OUT)]
    done = live(fixes(*[(s, x, 0, SHARP) for s, x in rows]), zone())
    assert done.memory.stays["zone:zone-1"].state is State.LEFT_POSSIBLE
    later = live(fixes((900, OUT, 0, SHARP)), zone(), memory=done.memory)
    assert not later.memory.stays
    assert not later.changed


# --- the ring -------------------------------------------------------------------------------


def test_the_ring_warns_and_never_accuses() -> None:
    rows = [(60 * k, 400) for k in range(5)] + [(600, OUT), (660, OUT)]
    (ring,) = found(fixes(*[(s, x, 0, SHARP) for s, x in rows]), zone(buffer_m=300.0))
    assert (ring.rule, ring.finding, ring.phase) == (
        RuleKind.APPROACH,
        Finding.POSSIBLE,
        Phase.ENDED,
    )


@pytest.mark.parametrize(("x_m", "count"), [(240.0, 1), (300.0, 0)])
def test_the_ring_of_a_polygon(x_m: float, count: int) -> None:
    block = fixes((0, x_m, 0, SHARP))
    assert len(found(block, zone(square=300.0, buffer_m=100.0))) == count


# --- when it applies ------------------------------------------------------------------------


def test_a_stay_begun_before_the_schedule_counts_from_its_start() -> None:
    hour = (row("Mo", "11:00", "Mo", "12:00"),)
    rows = [(0, IN), (3500, IN), (3660, IN), (3720, IN), (7300, IN)]
    (stay,) = found(fixes(*[(s, x, 0, SHARP) for s, x in rows]), zone(schedule=hour))
    assert times(stay) == [3600, 3660, 3720, 7200]
    assert (stay.phase, stay.finding) == (Phase.ENDED, Finding.CONFIRMED)


def test_a_stay_that_was_left_is_forgotten_with_the_schedule() -> None:
    hour = (row("Mo", "11:00", "Mo", "12:00"),)
    rows = [(3660, IN), (6900, OUT), (6960, OUT), (7210, IN)]
    done = live(fixes(*[(s, x, 0, SHARP) for s, x in rows]), zone(schedule=hour))
    assert not done.memory.stays


def test_leaving_as_the_schedule_ends() -> None:
    hour = (row("Mo", "11:00", "Mo", "12:00"),)
    rows = [(3660, IN), (7190, OUT), (7300, OUT)]
    (stay,) = found(fixes(*[(s, x, 0, SHARP) for s, x in rows]), zone(schedule=hour))
    assert times(stay)[3] == 7190


def test_a_new_version_goes_on_with_the_stay() -> None:
    old = zone(until=90.0)
    new = zone(210.0, since=90.0, version=2, told=90.0)
    block = fixes(*[(s, IN, 0, SHARP) for s in (0, 60, 120, 180)])
    (stay,) = found(block, old, new)
    assert stay.finding is Finding.CONFIRMED
    assert stay.phase is Phase.OPEN
    assert not found(fixes((0, OUT, 0, SHARP)), zone(since=60.0))


def test_the_highest_version_in_force_decides() -> None:
    wide = zone(3000.0, version=2, since=100.0, until=200.0)
    assert not found(fixes((50, OUT, 0, SHARP)), zone(), wide)
    assert found(fixes((150, OUT, 0, SHARP)), zone(), wide)
    assert not found(fixes((250, OUT, 0, SHARP)), zone(), wide)


@pytest.mark.parametrize(
    ("told", "finding", "before_told"),
    [
        (None, Finding.POSSIBLE, True),
        (61.0, Finding.POSSIBLE, True),
        (60.0, Finding.CONFIRMED, False),
        (0.0, Finding.CONFIRMED, False),
    ],
)
def test_nothing_is_held_against_him_before_he_was_told(
    told: float | None, finding: Finding, before_told: bool
) -> None:
    block = fixes(*[(s, IN, 0, SHARP) for s in (0, 60, 120)])
    (stay,) = found(block, zone(told=told))
    assert (stay.finding, stay.before_told) == (finding, before_told)


def test_a_swap_of_tags_goes_on_with_the_stay_and_counts_witnesses_anew() -> None:
    prepared, of = Prepared(), orders(zone())
    first = advance(EMPTY, part(fixes((0, IN, 0, SHARP))), of, SETTINGS, prepared)
    other = part(fixes((60, IN, 0, SHARP), seq=2), "activation-2")
    second = advance(first.memory, other, of, SETTINGS, prepared)
    assert not second.changed
    (episode,) = second.progressed
    assert episode.episode_id == first.changed[0].episode_id
    assert episode.finding is Finding.POSSIBLE


# --- worse is never surer -------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.floats(0, 170), st.sampled_from([4.0, 8.0, 15.0])), min_size=1, max_size=8
    ),
    st.floats(1.0, 6.0),
)
@settings(max_examples=60, deadline=None)
def test_worse_accuracy_never_turns_cannot_say_into_an_answer(
    rows: list[tuple[float, float]], worse: float
) -> None:
    """Of fixes that all speak for the same: the zone is 800 m across and no circle holds it."""
    large = zone(400.0)
    shifted = [(x + 200.0, a) for x, a in rows]
    sharp = found(fixes(*[(40 * k, x, 0, a) for k, (x, a) in enumerate(shifted)]), large)
    vague = found(fixes(*[(40 * k, x, 0, a * worse) for k, (x, a) in enumerate(shifted)]), large)
    assert sum(e.finding is Finding.CONFIRMED for e in vague) <= sum(
        e.finding is Finding.CONFIRMED for e in sharp
    )
    for x_m, accuracy_m in shifted:
        before = judged(large, x_m, accuracy_m)[1]
        after = judged(large, x_m, accuracy_m * worse)[1]
        assert before is Compliance.COMPLIANT or after is Compliance.CANNOT_SAY


def test_a_long_stay_keeps_its_first_and_last_fixes() -> None:
    block = fixes(*[(60 * k, IN, 0, SHARP) for k in range(130)])
    (stay,) = found(block, zone())
    assert len(stay.fixes) == 2 * MOST_FIXES
    assert stay.fixes[0] == "1.0"
    assert stay.fixes[MOST_FIXES - 1 : MOST_FIXES + 1] == ("1.49", "1.80")
    assert with_fixes((), (FixId("x"),)) == ("x",)


def test_settings_apply_by_event_time() -> None:
    strict = Settings(version=2, zone=ZoneSettings(confirm_fixes=3))
    history = SettingsHistory(((at(-10), Settings()), (at(100), strict)))
    early = fixes((0, IN, 0, SHARP), (60, IN, 0, SHARP))
    late = fixes((200, IN, 0, SHARP), (260, IN, 0, SHARP))
    assert found(early, zone(), settings=history)[0].finding is Finding.CONFIRMED
    (stay,) = found(late, zone(), settings=history)
    assert (stay.finding, stay.settings_version) == (Finding.POSSIBLE, 2)
    with pytest.raises(ValueError, match="oldest first"):
        SettingsHistory(())


def test_a_confirmed_stay_says_so_whatever_its_version() -> None:
    done = live(fixes((0, IN, 0, SHARP), (60, IN, 0, SHARP)), zone())
    assert [e.version for e in done.changed] == [1, 2]
    assert [e.compliance for e in done.evaluations] == [
        Compliance.CANNOT_SAY,
        Compliance.NOT_COMPLIANT,
    ]


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="floor"):
        ZoneSettings(floor=0.02)
    with pytest.raises(ValueError, match="protect"):
        Thresholds(protect=0.9, accuse=0.5)


def test_the_page_is_what_the_code_does() -> None:
    page = PAGE.read_text(encoding="utf-8")
    source = Path(settings_module.__file__).read_text(encoding="utf-8")
    assert settings_table(ZoneSettings, source) in page
    assert transition_table(TRANSITIONS) in page
    letters = [letter for letter, _ in TRANSITIONS.values()]
    assert letters == sorted(set(letters))


def test_a_zone_and_a_curfew_stand_beside_each_other() -> None:
    block = fixes(*[(s, IN, 0, SHARP) for s in (0, 60, 400)])
    both = found(block, zone(), curfew(x_m=1000.0))
    assert {e.rule for e in both} == {RuleKind.ZONE, RuleKind.CURFEW}
