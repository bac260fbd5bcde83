"""What a tag teaches of its own usual gaps, and what it cannot teach."""

import pytest

from tagwatch.core.fix import Motion
from tagwatch.core.rules.comms import CommsMemory, heard, next_deadline, silent_after_s, started
from tagwatch.core.units import SECOND, Instant
from tests.core.test_comms import LONG, MODE, SETTINGS, WORN, at


def messages(*gaps_s: float) -> CommsMemory:
    memory, now = started(at(0)), 0.0
    for gap_s in gaps_s:
        now += gap_s
        memory, _ = heard(memory, WORN, at(now), settings=SETTINGS)
    return memory


def test_a_tag_that_is_usually_slower_is_given_its_own_time() -> None:
    usual = messages(*[300] * 50, *[900] * 200).usual_gap_s
    assert 800 < usual < 1000
    assert silent_after_s(MODE, Motion.STILL, SETTINGS, usual) == 4 * min(usual, 3 * 300)
    assert silent_after_s(MODE, Motion.STILL, SETTINGS, messages(*[60] * 500).usual_gap_s) == 1200


def test_no_tag_teaches_that_silence_is_usual() -> None:
    usual = messages(*[36_000] * 400).usual_gap_s
    assert usual > 3 * 300
    assert silent_after_s(MODE, Motion.STILL, SETTINGS, usual) == 4 * 3 * 300


def test_one_long_gap_teaches_little() -> None:
    before = messages(*[300] * 100).usual_gap_s
    assert messages(*[300] * 100, 36_000).usual_gap_s <= 1.05 * before


@pytest.mark.parametrize("gap_s", [0, 1, 30, 300, 3000])
def test_learning_never_moves_a_deadline_back(gap_s: float) -> None:
    memory = messages(*[900] * 300)
    due = next_deadline(memory, MODE, SETTINGS, LONG)
    later, _ = heard(memory, WORN, Instant(memory.heard_at + gap_s * SECOND), settings=SETTINGS)
    assert next_deadline(later, MODE, SETTINGS, LONG) >= due
