"""Curfews: presence, absence and what cannot be said; deadlines without a fix."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tagwatch.core import settings as settings_module
from tagwatch.core.derive import (
    EMPTY,
    Prepared,
    WearerOrders,
    advance,
    at_deadline,
    due,
    is_unseen,
    quiet,
)
from tagwatch.core.episode import Episode
from tagwatch.core.fix import FixBlock, Source
from tagwatch.core.memory import NEVER, Advanced, Memory
from tagwatch.core.order import ConditionVersion
from tagwatch.core.outcome import Compliance, Finding, Phase
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.rules.presence import answer
from tagwatch.core.rules.table import transition_table
from tagwatch.core.rules.watch import TRANSITIONS, Absence, State
from tagwatch.core.settings import CurfewSettings, Settings
from tagwatch.core.settings_table import settings_table
from tagwatch.core.timetable import OneOff
from tagwatch.core.units import MINUTE, SECOND, instant
from tests.core import worlds
from tests.core.worlds import (
    MONDAY,
    SETTINGS,
    SHARP,
    WEARER,
    at,
    curfew,
    fixes,
    orders,
    part,
    row,
    zone,
)

HOME, AWAY, END = 0.0, 1000.0, 7200
AT_ONCE = SettingsHistory.of(Settings(curfew=CurfewSettings(borne_out_s=0)))
# That a second fix must bear an absence out is tested apart.
PAGE = Path(__file__).parents[2] / "docs" / "rules" / "curfew.md"


def found(block: FixBlock, *conditions: ConditionVersion) -> tuple[Episode, ...]:
    return worlds.found(block, *conditions, settings=AT_ONCE)


def live(block: FixBlock, *conditions: ConditionVersion, memory: Memory = EMPTY) -> Advanced:
    return advance(memory, part(block), orders(*conditions), AT_ONCE, Prepared())


def walk(*rows: tuple[float, float]) -> tuple[Episode, ...]:
    """Findings of sharp fixes at (seconds, x_m) under a curfew of 10:00 to 12:00."""
    return found(fixes(*[(s, x, 0, SHARP) for s, x in rows]), curfew())


def times(episode: Episode) -> list[int | None]:
    bounds = (
        episode.entered_earliest,
        episode.entered_latest,
        episode.left_earliest,
        episode.left_latest,
    )
    return [None if b is None else (b - MONDAY) // SECOND for b in bounds]


def judged(x_m: float, accuracy_m: float, source: int = Source.GNSS):
    prepared = Prepared()
    of = WearerOrders(wearer_id=WEARER, conditions=(curfew(),))
    piece = prepared.tracks(of).curfews[0].pieces[0]
    block = fixes((0, x_m, 0, accuracy_m, source))
    error = prepared.fix_error(accuracy_m, 0.68, float("nan"), -1, source, "", Settings())
    fix = PlacedFix(0, block["lon_deg"][0], block["lat_deg"][0], "1.0", error)
    return answer(piece, fix, Settings())


@pytest.mark.parametrize(("second", "opened"), [(29, 0), (30, 1), (31, 1)])
def test_a_possible_absence_is_borne_out_by_a_second_fix(second: int, opened: int) -> None:
    assert not worlds.found(fixes((600, AWAY, 0, SHARP)), curfew())
    pair = fixes((600, AWAY, 0, SHARP), (600 + second, AWAY, 0, SHARP))
    absences = worlds.found(pair, curfew())
    assert len(absences) == opened
    for absence in absences:
        assert (absence.finding, times(absence)[:2]) == (Finding.POSSIBLE, [0, 600])


def test_a_fix_in_the_place_between_two_outside_bears_nothing_out() -> None:
    rows = ((600, AWAY, 0, SHARP), (660, HOME, 0, SHARP), (720, AWAY, 0, SHARP))
    assert not worlds.found(fixes(*rows), curfew())


@pytest.mark.parametrize(
    ("rows", "kind", "bounds"),
    [
        ([(60, AWAY), (400, AWAY), (900, HOME)], Absence.LATE, [0, 60, 400, 900]),
        (
            [(60, HOME), (600, AWAY), (1000, AWAY), (1500, HOME)],
            Absence.LEFT,
            [60, 600, 1000, 1500],
        ),
        (
            [(60, HOME), (600, AWAY), (1000, AWAY), (END + 60, AWAY)],
            Absence.OUT_AT_END,
            [60, 600, 1000, END],
        ),
        (
            [(60, AWAY), (1000, AWAY), (END - 60, AWAY), (END + 60, HOME)],
            Absence.OUT_THROUGHOUT,
            [0, 60, END - 60, END],
        ),
    ],
)
def test_the_four_kinds_of_absence(
    rows: list[tuple[float, float]], kind: Absence, bounds: list[int]
) -> None:
    (absence,) = walk(*rows)
    assert (absence.detail, absence.finding, absence.phase) == (
        kind,
        Finding.CONFIRMED,
        Phase.ENDED,
    )
    assert times(absence) == bounds


@pytest.mark.parametrize(
    ("first", "count"), [(299, 0), (300, 1), (301, 1)], ids=["below", "at", "above"]
)
def test_absence_in_the_grace_opens_nothing(first: int, count: int) -> None:
    assert len(walk((first, AWAY))) == count


def test_absence_that_outlasts_the_grace_counts_from_the_start() -> None:
    (absence,) = walk((10, AWAY), (310, AWAY))
    assert (absence.finding, times(absence)) == (Finding.CONFIRMED, [0, 10, None, None])


@pytest.mark.parametrize(
    ("second", "finding"),
    [(899, Finding.POSSIBLE), (900, Finding.CONFIRMED), (901, Finding.CONFIRMED)],
)
def test_confirmed_when_held_for_confirm_s(second: int, finding: Finding) -> None:
    (absence,) = walk((600, AWAY), (second, AWAY))
    assert absence.finding is finding


def test_a_fix_in_the_place_between_starts_the_holding_anew() -> None:
    """The vague fix between lies in the place and does not say that he is there."""
    rows = fixes((600, AWAY, 0, SHARP), (700, HOME, 0, 300), (950, AWAY, 0, SHARP))
    (absence,) = found(rows, curfew())
    assert absence.finding is Finding.POSSIBLE
    (absence,) = found(fixes((600, HOME, 0, 300), (700, AWAY, 0, SHARP)), curfew())
    assert times(absence) == [0, 700, None, None]


@pytest.mark.parametrize(
    ("x_m", "finding"), [(130.0, Finding.WITHDRAWN), (AWAY, Finding.UNDETERMINED)]
)
def test_a_possible_absence_that_is_over(x_m: float, finding: Finding) -> None:
    (absence,) = found(fixes((600, x_m, 0, 2.0), (700, HOME, 0, SHARP)), curfew())
    assert (absence.finding, absence.phase) == (finding, Phase.ENDED)


def test_a_possible_absence_at_the_end_of_the_window() -> None:
    (absence,) = walk((60, HOME), (7100, AWAY), (7300, AWAY))
    assert (absence.finding, absence.detail) == (Finding.UNDETERMINED, Absence.OUT_AT_END)


@pytest.mark.parametrize(("back", "count"), [(1299, 1), (1300, 2), (1301, 2)])
@pytest.mark.parametrize("held", [600, 950])
def test_out_again_before_he_settled_is_the_same_absence(back: int, count: int, held: int) -> None:
    absences = walk((600, AWAY), (held, AWAY), (1000, HOME), (back, AWAY))
    assert len(absences) == count
    assert absences[-1].phase is Phase.OPEN
    same = Finding.CONFIRMED if held == 950 and count == 1 else Finding.POSSIBLE
    if held != 600 or count == 2:
        assert absences[-1].finding is same


def test_presence_needs_no_word_at_the_end_of_a_window() -> None:
    assert not walk((60, HOME), (END, AWAY), (END + 600, AWAY))


def test_settled_again_he_is_present() -> None:
    block = fixes((600, AWAY, 0, SHARP), (700, HOME, 0, SHARP), (800, HOME, 0, SHARP))
    done = live(block, curfew())
    (watch,) = done.memory.watches.values()
    assert watch.state is State.BACK_POSSIBLE
    later = live(fixes((1000, HOME, 0, SHARP), seq=2), curfew(), memory=done.memory)
    (watch,) = later.memory.watches.values()
    assert watch.state is State.PRESENT
    assert watch.at_rest
    assert watch.episode is None


def test_what_showed_one_absence_does_not_show_the_next() -> None:
    rows = [(600, AWAY), (700, HOME), (1100, 130.0), (1200, HOME)]
    *_, second = found(fixes(*[(s, x, 0, 2.0) for s, x in rows]), curfew())
    assert (second.finding, times(second)) == (Finding.WITHDRAWN, [700, 1100, 1100, 1200])


@pytest.mark.parametrize(
    ("x_m", "accuracy_m", "source"),
    [(0.0, 1600.0, Source.LBS), (150.0, 1600.0, Source.LBS), (300.0, 400.0, Source.WIFI)],
)
def test_a_vague_fix_is_neither_presence_nor_absence(
    x_m: float, accuracy_m: float, source: int
) -> None:
    inside, outside, said = judged(x_m, accuracy_m, source)
    assert inside < 0.5
    assert outside < 0.8
    assert said is Compliance.CANNOT_SAY
    assert not found(fixes(*[(s, x_m, 0, accuracy_m, source) for s in range(0, END, 60)]), curfew())


def test_worse_accuracy_is_never_surer_of_absence() -> None:
    surest = 1.0
    for accuracy_m in (4.0, 8.0, 20.0, 60.0, 200.0):
        inside, outside, _ = judged(180.0, accuracy_m)
        assert outside <= min(surest, 1.0 - inside + 1e-6)
        surest = outside


@pytest.mark.parametrize(
    ("told", "finding"),
    [(None, Finding.POSSIBLE), (700.0, Finding.POSSIBLE), (600.0, Finding.CONFIRMED)],
)
def test_nothing_is_held_against_him_before_he_was_told(
    told: float | None, finding: Finding
) -> None:
    rows = fixes((600, AWAY, 0, SHARP), (910, AWAY, 0, SHARP))
    (absence,) = found(rows, curfew(told=told))
    assert absence.finding is finding
    assert absence.before_told == (finding is Finding.POSSIBLE)


def test_a_swap_of_tags_starts_the_holding_anew() -> None:
    prepared, of = Prepared(), orders(curfew())
    first = advance(EMPTY, part(fixes((600, AWAY, 0, SHARP))), of, AT_ONCE, prepared)
    other = part(fixes((950, AWAY, 0, SHARP), seq=2), "activation-2")
    second = advance(first.memory, other, of, AT_ONCE, prepared)
    assert not second.changed
    assert second.progressed[0].finding is Finding.POSSIBLE


# --- windows --------------------------------------------------------------------------------

NIGHTS = tuple(
    row(a, "19:00", b, "07:00") for a, b in (["Mo", "Tu"], ["Sa", "Su"], ["Su", "Mo"], ["Fr", "Sa"])
)


def london_fix(moment: datetime) -> float:
    return (instant(moment) - MONDAY) / SECOND


@pytest.mark.parametrize(
    ("evening", "hours"),
    [
        (datetime(2026, 3, 28, 19, 0, tzinfo=UTC), 11),
        (datetime(2026, 10, 24, 18, 0, tzinfo=UTC), 13),
        (datetime(2026, 3, 2, 19, 0, tzinfo=UTC), 12),
    ],
    ids=["spring", "autumn", "ordinary"],
)
def test_a_night_out_lasts_as_long_as_the_clocks_say(evening: datetime, hours: int) -> None:
    start = london_fix(evening)
    rows = [(start + 600 * k, AWAY) for k in range(6 * hours)]
    rows.append((start + hours * 3600 - 1, AWAY))
    rows.append((start + hours * 3600, AWAY))
    block = fixes(*[(s, x, 0, SHARP) for s, x in rows])
    (night,) = found(block, curfew(*NIGHTS))
    assert night.detail == Absence.OUT_THROUGHOUT
    assert night.left_latest is not None
    assert night.left_latest - night.entered_earliest == hours * 60 * MINUTE


def test_the_release_night_has_hours_of_its_own() -> None:
    release = OneOff(start=at(1800), end=at(3600))
    block = fixes(*[(s, AWAY, 0, SHARP) for s in range(1700, 6000, 100)])
    (day,) = found(block, curfew(release_night=release))
    assert times(day) == [0, 1700, None, None]
    only = curfew(row("Su", "10:00", "Su", "11:00"), release_night=release)
    (night,) = found(block, only)
    assert times(night) == [1800, 1800, 3500, 3600]


def test_a_new_version_without_a_pause_goes_on() -> None:
    old, new = curfew(until=1000.0), curfew(since=1000.0, version=2, told=1000.0)
    (absence,) = found(fixes(*[(s, AWAY, 0, SHARP) for s in range(600, 2000, 100)]), old, new)
    assert (absence.finding, absence.phase) == (Finding.CONFIRMED, Phase.OPEN)
    assert times(absence)[:2] == [0, 600]


def test_a_place_that_is_drawn() -> None:
    drawn = zone(square=400.0).terms.shape  # type: ignore[union-attr]  # a zone's terms
    block = fixes((600, 150.0, 0, SHARP), (950, 150.0, 0, SHARP))
    assert found(block, curfew())
    assert not found(block, curfew(shape=drawn))


# --- nobody can say -------------------------------------------------------------------------


def watch_at(seconds: float, memory=EMPTY):
    return at_deadline(memory, at(seconds), orders(curfew()), SETTINGS, Prepared())


def next_due(memory, seconds: float) -> float | None:
    found_at = due(memory, at(seconds), orders(curfew()), SETTINGS, Prepared())
    return None if found_at is None else (found_at - MONDAY) / SECOND


@pytest.mark.parametrize(("second", "count"), [(1799, 0), (1800, 1), (1801, 1)])
def test_unseen_for_unseen_after_s_is_told(second: int, count: int) -> None:
    assert next_due(EMPTY, -100.0) == 1800
    done = watch_at(second)
    assert len(done.changed) == count
    for fact in done.changed:
        assert is_unseen(fact)
        assert (fact.finding, fact.phase) == (Finding.UNDETERMINED, Phase.OPEN)
        assert times(fact)[:2] == [0, 1800]


def test_an_answer_moves_the_deadline_and_a_vague_fix_does_not() -> None:
    seen = live(fixes((600, HOME, 0, SHARP)), curfew()).memory
    assert next_due(seen, 700) == 2400
    vague = live(fixes((600, HOME, 0, 1600.0, Source.LBS)), curfew()).memory
    assert next_due(vague, 700) == 1800
    away = live(fixes((600, AWAY, 0, SHARP)), curfew()).memory
    assert next_due(away, 700) == 2400
    late = live(fixes((6000, HOME, 0, SHARP)), curfew()).memory
    week = 7 * 86400
    assert next_due(late, 6100) == week + 1800


def test_a_fix_that_makes_presence_likely_has_seen_him() -> None:
    inside, _, said = judged(60.0, 40.0)
    assert 0.5 <= inside < 0.95
    assert said is Compliance.CANNOT_SAY
    assert next_due(live(fixes((600, 60.0, 0, 40.0)), curfew()).memory, 700) == 2400


def test_nothing_is_missed_from_before_the_tag_was_watched() -> None:
    fitted = at(1000)
    arguments = (orders(curfew()), SETTINGS, Prepared(), fitted)
    assert due(EMPTY, at(1000), *arguments) == at(2800)
    assert not at_deadline(EMPTY, at(2799), *arguments).changed
    (fact,) = at_deadline(EMPTY, at(2800), *arguments).changed
    assert times(fact)[:2] == [1000, 2800]


def test_it_is_told_once_and_ends_with_an_answer() -> None:
    first = watch_at(1800)
    assert not watch_at(1900, first.memory).changed
    assert next_due(first.memory, 1900) == END
    vague = live(fixes((2000, HOME, 0, 1600.0, Source.LBS)), curfew(), memory=first.memory)
    assert not vague.changed
    seen = live(fixes((2100, HOME, 0, SHARP)), curfew(), memory=vague.memory)
    (fact,) = seen.changed
    assert (fact.version, fact.phase, fact.left_latest) == (2, Phase.ENDED, at(2100))


def test_it_ends_with_the_window() -> None:
    first = watch_at(1800)
    (fact,) = watch_at(END, first.memory).changed
    assert (fact.phase, fact.left_latest) == (Phase.ENDED, at(END))
    assert "unseen" in fact.reason


def test_a_screened_fix_is_an_answer() -> None:
    seen = live(fixes((600, HOME, 0, SHARP)), curfew()).memory
    frame = part(fixes((700, HOME, 0, SHARP), (1500, HOME, 0, SHARP)))
    later = quiet(seen, frame, SETTINGS, Prepared(), at(1500), NEVER)
    assert next_due(later, 1600) == 3300


def test_the_page_is_what_the_code_does() -> None:
    page = PAGE.read_text(encoding="utf-8")
    source = Path(settings_module.__file__).read_text(encoding="utf-8")
    assert settings_table(CurfewSettings, source) in page
    assert transition_table(TRANSITIONS) in page
    letters = [letter for letter, _ in TRANSITIONS.values()]
    assert letters == sorted(set(letters))


def test_witnesses_are_fixes_that_err_independently() -> None:
    assert [e.witnesses for e in walk(*[(600 + n, AWAY) for n in range(30)])] == [1]
    (apart,) = walk(*[(600 + 100 * n, AWAY) for n in range(4)])
    assert (apart.finding, apart.witnesses) == (Finding.CONFIRMED, 4)
