"""Why a tag may be silent: causes, what speaks for and against them, and their weights."""

from typing import Any

import numpy as np
import pytest

from tagwatch.core.alert import AlertKind
from tagwatch.core.derive import Prepared
from tagwatch.core.fix import FixBlock, Motion, TagEvent, TagEventKind
from tagwatch.core.silence import SilenceCard, Weight, silence_card, weight_of
from tagwatch.core.silence_facts import Elsewhere, Evidence, SilenceCause, SilenceFacts
from tagwatch.core.silence_trail import silence_facts
from tests.core.worlds import SETTINGS, at, fixes, part

BEGAN_S, ENDED_S = 3600.0, 7200.0


def facts(kind: AlertKind = AlertKind.NO_COMMS, **known: Any) -> SilenceFacts:
    return SilenceFacts(kind=kind, began_at=at(BEGAN_S), known_at=at(BEGAN_S + 1200), **known)


def weight(cause: SilenceCause, kind: AlertKind = AlertKind.NO_COMMS, **known: Any) -> Weight:
    card = silence_card(facts(kind, **known))
    return next(one.weight for one in card.causes if one.cause is cause)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ((), Weight.CANNOT_SAY),
        ((-2,), Weight.UNLIKELY),
        ((-1,), Weight.POSSIBLE),
        ((1, -1), Weight.POSSIBLE),
        ((1,), Weight.POSSIBLE),
        ((1, 1), Weight.LIKELY),
        ((2, 1, -1), Weight.LIKELY),
        ((4, -4, -2), Weight.UNLIKELY),
    ],
)
def test_a_weight_is_the_sum_of_its_points(points: tuple[int, ...], said: Weight) -> None:
    assert weight_of([Evidence(words="x", points=p) for p in points]) is said


def test_of_nothing_known_nothing_is_said() -> None:
    card = silence_card(facts())
    assert {one.weight for one in card.causes} == {Weight.CANNOT_SAY}
    assert [one.cause for one in card.causes] == list(SilenceCause)
    assert "the tag's battery before it" in card.unknown
    assert "Not a probability" in card.how


@pytest.mark.parametrize(
    ("pct", "said"),
    [
        (10.0, Weight.LIKELY),
        (10.1, Weight.POSSIBLE),
        (20.1, Weight.POSSIBLE),
        (39.9, Weight.POSSIBLE),
        (40.0, Weight.UNLIKELY),
    ],
)
def test_the_battery(pct: float, said: Weight) -> None:
    assert weight(SilenceCause.BATTERY, battery_pct=pct, battery_age_s=60.0) is said


def test_an_old_reading_says_less_unless_its_use_carries_it_down() -> None:
    old = {"battery_pct": 60.0, "battery_age_s": 3 * 3600.0}
    assert weight(SilenceCause.BATTERY, **old) is Weight.POSSIBLE
    assert weight(SilenceCause.BATTERY, **old, use_pct_per_h=18.0) is Weight.LIKELY
    assert weight(SilenceCause.BATTERY, **old, use_pct_per_h=18.0, charging=True) is Weight.POSSIBLE


def test_how_it_came_back_speaks_of_the_battery() -> None:
    low = {"battery_pct": 15.0, "battery_age_s": 60.0}
    assert weight(SilenceCause.BATTERY, **low, battery_pct_after=90.0) is Weight.LIKELY
    card = silence_card(facts(**low, battery_pct_after=14.0))
    battery = next(one for one in card.causes if one.cause is SilenceCause.BATTERY)
    assert battery.speaks_against == ("it came back with 14 %, not charged meanwhile",)


@pytest.mark.parametrize(("share", "said"), [(0.8, Weight.LIKELY), (0.79, Weight.CANNOT_SAY)])
def test_fixes_of_the_time_itself_show_a_tag_that_could_not_send(
    share: float, said: Weight
) -> None:
    assert weight(SilenceCause.NETWORK, recorded_share=share) is said


@pytest.mark.parametrize("cause", [SilenceCause.BATTERY, SilenceCause.OFF])
def test_a_tag_that_went_on_measuring_was_on(cause: SilenceCause) -> None:
    assert weight(cause, recorded_share=0.8, battery_pct=5.0) is Weight.UNLIKELY


@pytest.mark.parametrize(
    ("near", "near_silent", "network", "shielding"),
    [
        (2, 2, Weight.CANNOT_SAY, Weight.CANNOT_SAY),
        (3, 0, Weight.UNLIKELY, Weight.POSSIBLE),
        (4, 1, Weight.CANNOT_SAY, Weight.CANNOT_SAY),
        (4, 2, Weight.LIKELY, Weight.UNLIKELY),
    ],
)
def test_other_tags_near_it(
    near: int, near_silent: int, network: Weight, shielding: Weight
) -> None:
    other = Elsewhere(others=9, near=near, near_silent=near_silent)
    assert weight(SilenceCause.NETWORK, elsewhere=other) is network
    assert weight(SilenceCause.SHIELDING, elsewhere=other) is shielding


def test_an_outage_explains_it() -> None:
    other = Elsewhere(outage_tags=400)
    assert weight(SilenceCause.NETWORK, elsewhere=other) is Weight.LIKELY
    assert weight(SilenceCause.SHIELDING, elsewhere=other) is Weight.UNLIKELY


def test_without_the_tags_own_report_shielding_is_possible_at_most() -> None:
    signs = {"tampered": "strap cut", "elsewhere": Elsewhere(near=9)}
    assert weight(SilenceCause.SHIELDING, **signs) is Weight.POSSIBLE
    assert weight(SilenceCause.SHIELDING, **signs, jamming_at=at(BEGAN_S)) is Weight.LIKELY


def test_a_tag_that_is_heard_of_is_neither_flat_nor_off_nor_without_network() -> None:
    for cause in (SilenceCause.BATTERY, SilenceCause.OFF, SilenceCause.NETWORK):
        assert weight(cause, AlertKind.NO_LOCATION, battery_pct=3.0) is Weight.UNLIKELY


@pytest.mark.parametrize(
    ("station_m", "said"),
    [(200.0, Weight.LIKELY), (200.1, Weight.LIKELY), (500.1, Weight.POSSIBLE)],
)
def test_a_station_near_by(station_m: float, said: Weight) -> None:
    known = {"motion": Motion.MOVING, "station_m": station_m}
    assert weight(SilenceCause.UNDERGROUND, **known) is said


def test_long_at_rest_is_not_underground_and_long_silence_no_ride() -> None:
    rest = {"motion": Motion.STILL, "rested_s": 1800.0, "rested_here_h": 60.0}
    assert weight(SilenceCause.REST, **rest) is Weight.LIKELY
    assert weight(SilenceCause.UNDERGROUND, **rest) is Weight.UNLIKELY
    gone = {"motion": Motion.MOVING, "ended_at": at(BEGAN_S + 7201)}
    assert weight(SilenceCause.UNDERGROUND, **gone) is Weight.POSSIBLE


# --- the facts themselves -------------------------------------------------------------------


def found(
    block: FixBlock, *events: TagEvent, ended_s: float | None = ENDED_S, after_s: float = 7300.0
) -> SilenceFacts:
    span = (at(BEGAN_S), None if ended_s is None else at(ended_s))
    other = None
    return silence_facts(
        AlertKind.NO_COMMS, span, at(after_s), [part(block)], events, other, SETTINGS, Prepared()
    )


def trail(*spans: tuple[float, float], x_m: float = 0.0, accuracy_m: float = 8.0) -> FixBlock:
    times = [s for since, until in spans for s in np.arange(since, until, 60.0)]
    return fixes(*((s, x_m, 0.0, accuracy_m) for s in times))


def event(kind: TagEventKind, seconds: float, pct: float | None = None) -> TagEvent:
    return TagEvent(
        kind=kind, happened_at=at(seconds), received_at=at(seconds), seq=9, index=0, battery_pct=pct
    )


def test_what_was_kept_and_sent_afterwards_is_a_share_of_the_silence() -> None:
    whole = found(trail((0, 7300)))
    assert whole.recorded_share == 1.0
    assert whole.recorded_by_satellite
    half = found(trail((0, 5400), (7200, 7300)))
    assert half.recorded_share == pytest.approx(0.5, abs=0.02)
    none = found(trail((0, 3600), (7200, 7300)))
    assert none.recorded_share == 0.0
    assert not none.recorded_by_satellite
    assert found(trail((0, 3600)), ended_s=None).recorded_share is None


def test_where_he_came_out_again() -> None:
    block = np.concatenate([trail((0, 3600)), trail((7200, 7300), x_m=2000.0)])
    known = found(block)
    assert known.moved_m == pytest.approx(2000.0, rel=0.01)
    assert known.moved_mps == pytest.approx(2000 / 3660, rel=0.05)
    assert known.rested_s == pytest.approx(3540.0)
    assert known.going_mps is None


def test_who_came_from_elsewhere_was_going() -> None:
    block = fixes(*((60.0 * k, 80.0 * k, 0.0, 8.0) for k in range(60)))
    known = found(block, ended_s=None)
    assert known.going_mps == pytest.approx(80 / 60, rel=0.01)
    assert known.rested_s is not None
    assert known.rested_s < 180.0


def test_reception_fades_before_it() -> None:
    block = np.concatenate([trail((0, 3420)), trail((3420, 3600), accuracy_m=80.0)])
    known = found(block, ended_s=None)
    assert known.accuracy_m_95_before is not None
    assert known.accuracy_m_95_last is not None
    assert known.accuracy_m_95_last > 4 * known.accuracy_m_95_before
    assert known.satellites_last is None


def test_readings_and_reports_of_the_tag() -> None:
    block = trail((0, 3600), (7200, 7300))
    block["battery_pct"] = np.linspace(60.0, 50.0, len(block))
    reports = (
        event(TagEventKind.JAMMING, BEGAN_S - 1800),
        event(TagEventKind.POWER_OFF, BEGAN_S - 601),
        event(TagEventKind.POWER_ON, ENDED_S + 5),
        event(TagEventKind.STRAP_CUT, BEGAN_S - 3600),
        event(TagEventKind.CHARGE_ON, BEGAN_S - 300),
    )
    known = found(block, *reports)
    assert known.jamming_at == at(BEGAN_S - 1800)
    assert known.power_off_at is None, "too long before to be the reason"
    assert known.power_on_at == at(ENDED_S + 5)
    assert known.tampered == "strap cut"
    assert known.charging is True
    assert known.use_pct_per_h == pytest.approx(10.0, rel=0.1)
    assert known.battery_pct_after is not None


def test_a_week_tells_a_usual_place_and_where_he_vanishes() -> None:
    day = 86_400.0
    gone = [trail((-k * day, -k * day + 1800), x_m=3000.0) for k in (3, 2)]
    here = [trail((-k * day - 7200, -k * day - 1200)) for k in (3, 2)]
    known = found(np.concatenate([*here, *gone, trail((0, 3600))]), ended_s=None)
    assert known.vanished_here == 2
    assert known.rested_here_h == pytest.approx(2 * (100 / 60 + 0.25) + 1.0, abs=0.1)


def test_without_any_fix_only_reports_are_known() -> None:
    known = found(trail((9000, 9060)), event(TagEventKind.BATTERY, 3500, 7.0), ended_s=None)
    assert (known.battery_pct, known.motion, known.rested_s) == (7.0, Motion.UNKNOWN, None)
    card: SilenceCard = silence_card(known)
    assert card.causes[0].cause is SilenceCause.BATTERY
