"""Presence in doubt: the filter is asked, errors that persist count once, small places end too."""

import msgspec
import numpy as np
import pytest

from tagwatch.core.derive import EMPTY, Prepared, advance
from tagwatch.core.episode import Episode
from tagwatch.core.fix import Motion, Source
from tagwatch.core.memory import Memory
from tagwatch.core.outcome import Compliance, Finding, Phase
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.settings import CurfewSettings, Settings
from tests.core import worlds
from tests.core.worlds import SETTINGS, SHARP, at, curfew, fixes, orders, part

AT_ONCE = SettingsHistory.of(Settings(curfew=CurfewSettings(borne_out_s=0)))
NET = (30.0, Source.WIFI)
Rows = list[tuple[float, ...]]


def found(rows: Rows, history: SettingsHistory = SETTINGS, **terms: object) -> tuple[Episode, ...]:
    return worlds.found(fixes(*rows), curfew(**terms), settings=history)  # type: ignore[arg-type]


def after(rows: Rows, **terms: object) -> Memory:
    of = orders(curfew(**terms))  # type: ignore[arg-type]  # by name
    block = fixes(*rows)
    block["motion"] = int(Motion.STILL)
    return advance(EMPTY, part(block), of, SETTINGS, Prepared()).memory


AT_HOME: Rows = [(60.0 * k, 0, 0, SHARP) for k in range(1, 11)]
STUCK: Rows = [(660, 170, 0, SHARP), (720, 170, 0, SHARP)]
"""A position that sticks 70 m outside: by themselves both fixes speak of an absence."""


def test_a_jump_of_somebody_at_rest_is_in_doubt_and_no_absence() -> None:
    quiet = after(AT_HOME)
    assert (quiet.home, quiet.at_rest) == (None, True)
    doubted = after(AT_HOME + STUCK[:1])
    (watch,) = doubted.watches.values()
    assert doubted.home is not None
    assert watch.doubted
    assert watch.out_first is None
    assert not doubted.at_rest


def test_doubt_ends_with_fixes_that_show_him_there() -> None:
    ended = after([*AT_HOME, *STUCK[:1], *[(720.0 + 60 * k, 0, 0, SHARP) for k in range(3)]])
    assert (ended.home, ended.at_rest) == (None, True)


def test_who_stays_where_he_jumped_to_is_absent_after_all() -> None:
    rows = AT_HOME + [(660.0 + 60 * k, 170, 0, SHARP) for k in range(60)]
    (absence,) = found(rows)
    assert absence.finding is Finding.CONFIRMED


def test_far_off_the_fix_alone_is_asked() -> None:
    assert after([(600, 2000, 0, SHARP)]).home is None
    assert after([(600, 200, 0, SHARP)]).home is not None


def test_after_a_swap_of_tags_the_filter_begins_anew() -> None:
    of, prepared = orders(curfew()), Prepared()
    doubted = after(AT_HOME + STUCK[:1])
    other = part(fixes((720, 0, 0, SHARP), seq=2), "activation-2")
    assert advance(doubted, other, of, SETTINGS, prepared).memory.home is None
    outside = part(fixes((720, 170, 0, SHARP), seq=2), "activation-2")
    swapped = advance(doubted, outside, of, SETTINGS, prepared).memory
    alone = advance(EMPTY, outside, of, SETTINGS, prepared).memory
    assert swapped.home == alone.home != None  # noqa: E711  # both, and something


@pytest.mark.parametrize("off_m", [600.0, 2000.0])
def test_a_router_known_elsewhere_never_confirms(off_m: float) -> None:
    rows: Rows = [(300.0 * k, off_m, 0, *NET) for k in range(1, 20)]
    (absence,) = found(rows)
    assert absence.finding is Finding.POSSIBLE
    assert (absence.steady_m, absence.witnesses) == (0.0, 1)
    rows[9:11] = [(s, off_m, 0, SHARP) for s in (3000.0, 3300.0)]
    (absence,) = found(rows)
    assert absence.finding is Finding.CONFIRMED
    assert absence.steady_m > 20.0
    assert "no steady error below" in absence.reason


@pytest.mark.parametrize(("more_m", "confirmed"), [(-0.1, True), (0.0, True), (0.1, False)])
def test_a_witness_shows_a_place_steady_m_off(more_m: float, confirmed: bool) -> None:
    rows: Rows = [(600, 175, 0, 2.0), (950, 175, 0, 2.0)]
    (plain,) = found(rows, AT_ONCE)
    least = min(found(rows[:1], AT_ONCE)[0].steady_m, plain.steady_m)
    rules = msgspec.structs.replace(AT_ONCE.versions[0][1].curfew, steady_m=least + more_m)
    (absence,) = found(rows, SettingsHistory.of(Settings(curfew=rules)))
    assert (absence.finding is Finding.CONFIRMED) == confirmed


# --- a place hardly larger than the error of a fix ------------------------------------------

OUT: Rows = [(0.0 + 300 * k, 500, 0, SHARP) for k in range(1, 4)]


@pytest.mark.parametrize(("lasting", "phase"), [(299, "open"), (300, "ended"), (301, "ended")])
def test_likely_there_for_the_confirming_time_ends_an_absence(lasting: int, phase: str) -> None:
    back: Rows = [(960, 0, 0, SHARP), (1100, 0, 0, SHARP), (960 + lasting, 0, 0, SHARP)]
    (absence,) = found(OUT + back, radius_m=30.0)
    assert absence.finding is Finding.CONFIRMED
    assert absence.phase.value == phase
    if phase == "ended":
        assert absence.left_latest == at(960 + lasting)
        assert "likely" in absence.reason


def test_that_is_no_proof_of_presence() -> None:
    done = advance(
        EMPTY,
        part(fixes(*OUT, *[(960.0 + 60 * k, 0, 0, SHARP) for k in range(6)])),
        orders(curfew(radius_m=30.0)),
        SETTINGS,
        Prepared(),
    )
    assert [e.compliance for e in done.evaluations][-1] is Compliance.CANNOT_SAY
    assert [e.phase for e in done.changed][-1] is Phase.ENDED


def test_a_fix_that_says_otherwise_begins_the_time_anew() -> None:
    back: Rows = [(960.0 + 60 * k, 0, 0, SHARP) for k in range(5)]
    between: Rows = [(1230, 120, 0, SHARP)]
    again: Rows = [(1260.0 + 60 * k, 0, 0, SHARP) for k in range(4)]
    (absence,) = found(OUT + back + between + again, radius_m=30.0)
    assert absence.phase is Phase.OPEN


def test_fixes_by_the_door_leave_it_open() -> None:
    back: Rows = [(960.0 + 60 * k, 90, 0, SHARP) for k in range(20)]
    (absence,) = found(OUT + back, radius_m=30.0)
    assert absence.phase is Phase.OPEN


def test_one_frame_or_many_and_either_order_of_curfews_say_the_same() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        rows: Rows = [
            (60.0 * k, *rng.normal((0, 170)[int(rng.random() < 0.3)], 25, 2).tolist(), 8.0)
            for k in range(1, 60)
        ]
        of = orders(curfew(radius_m=40.0), curfew(x_m=60.0, name="other", radius_m=80.0))
        prepared, whole = Prepared(), part(fixes(*rows))
        once, memory = advance(EMPTY, whole, of, SETTINGS, prepared), EMPTY
        for k in range(len(rows)):
            one = part(whole.block[k : k + 1])
            memory = advance(memory, one, of, SETTINGS, prepared).memory
        assert memory == once.memory
