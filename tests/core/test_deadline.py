"""A curfew that begins in a long time is looked at when it begins, however far ahead that is."""

import msgspec
import pytest

from tagwatch.core.deadline import SIGHT, at_deadline, due
from tagwatch.core.memory import EMPTY
from tagwatch.core.order import ConditionVersion
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.units import DAY, MINUTE, Instant
from tests.core.worlds import MONDAY, SETTINGS, at, curfew, orders, row


def from_then_on(days: int) -> ConditionVersion:
    """A curfew of every Monday 19:00 to Tuesday 07:00 that applies in so many days."""
    home = curfew(row("Mo", "19:00", "Tu", "07:00"))
    return msgspec.structs.replace(home, valid_from=Instant(MONDAY + days * DAY))


@pytest.mark.parametrize("days", [14, 21, 252])
def test_planned_once_it_is_seen_when_the_time_comes(days: int) -> None:
    of = orders(from_then_on(days))
    begins = MONDAY + days * DAY + 9 * 60 * MINUTE
    planned = due(EMPTY, MONDAY, of, SETTINGS, Prepared())
    while planned is not None and planned < begins + 30 * MINUTE:
        assert not at_deadline(EMPTY, planned, of, SETTINGS, Prepared()).changed
        assert planned >= MONDAY + SIGHT
        again = due(EMPTY, planned, of, SETTINGS, Prepared())
        assert again is not None
        assert again > planned
        planned = again
    assert planned == begins + 30 * MINUTE
    found = at_deadline(EMPTY, planned, of, SETTINGS, Prepared())
    assert len(found.changed) == 1


def test_without_a_tick_yet_the_first_window_of_all_is_looked_at() -> None:
    planned = due(EMPTY, Instant(0), orders(from_then_on(0)), SETTINGS, Prepared())
    assert planned == MONDAY + 9 * 60 * MINUTE


def test_a_curfew_that_is_over_is_not_looked_at_again() -> None:
    over = msgspec.structs.replace(from_then_on(0), valid_until=Instant(MONDAY + 2 * DAY))
    planned = due(EMPTY, Instant(MONDAY + 2 * DAY), orders(over), SETTINGS, Prepared())
    assert planned is None


def test_no_curfew_no_deadline() -> None:
    assert due(EMPTY, at(0), orders(), SETTINGS, Prepared()) is None
    over = orders(curfew(until=0.0))
    assert due(EMPTY, at(1), over, SETTINGS, Prepared()) is None
    short = orders(curfew(row("Mo", "09:00", "Mo", "09:10")))
    again = due(EMPTY, at(0), short, SETTINGS, Prepared())
    assert again == at(3 * 7 * 86400 - 3600)  # too short to be unseen: looked at in three weeks
