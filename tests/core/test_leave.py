"""A deputy has the caseload from the first instant to the last, and nobody is left uncovered."""

import msgspec
import pytest

from tagwatch.core.ids import AccountId, LeaveId
from tagwatch.core.leave import LONGEST, Leave, LeaveFault, deputies, fault_of
from tagwatch.core.units import DAY, Instant

NOW = Instant(1_795_618_278_000_000)


def leave(officer: str, deputy: str, start: int, end: int, **more: object) -> Leave:
    return Leave(
        leave_id=LeaveId(f"le_{officer}_{start}"),
        officer=AccountId(officer),
        deputy=AccountId(deputy),
        starts_at=Instant(NOW + start * DAY),
        ends_at=Instant(NOW + end * DAY),
        recorded_at=NOW,
        **more,
    )


def test_cover_is_for_its_time_alone() -> None:
    found = leave("a", "b", 1, 3)
    at = [found.starts_at - 1, found.starts_at, found.ends_at - 1, found.ends_at]
    assert [found.is_on(Instant(each)) for each in at] == [False, True, True, False]
    assert [deputies([found], "a", Instant(each)) for each in at] == [(), ("b",), ("b",), ()]
    assert deputies([found, leave("b", "c", 5, 6)], "b", Instant(found.starts_at)) == ()
    early = msgspec.structs.replace(found, ended_at=Instant(NOW + 2 * DAY))
    assert [early.is_on(Instant(early.until + each)) for each in (-1, 0)] == [True, False]
    called_off = msgspec.structs.replace(found, ended_at=NOW)
    assert called_off.is_over(NOW)
    assert not any(called_off.is_on(Instant(NOW + day * DAY)) for day in range(5))
    assert [found.is_over(Instant(found.ends_at + each)) for each in (-1, 0)] == [False, True]


KNOWN = (leave("a", "b", 10, 20), leave("c", "d", 10, 20))


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        (leave("x", "y", 3, 3), LeaveFault.ENDS_FIRST),
        (leave("x", "y", -3, 0), LeaveFault.OVER),
        (leave("x", "y", 0, LONGEST // DAY), None),
        (leave("x", "y", 0, LONGEST // DAY + 1), LeaveFault.TOO_LONG),
        (leave("x", "x", 1, 2), LeaveFault.NOBODY_COVERS),
        (leave("x", "", 1, 2), LeaveFault.NOBODY_COVERS),
        (leave("a", "x", 5, 10), None),
        (leave("a", "x", 5, 11), LeaveFault.OWN_OVERLAP),
        (leave("a", "x", 20, 21), None),
        (leave("x", "a", 19, 21), LeaveFault.DEPUTY_AWAY),
        (leave("x", "a", 20, 21), None),
        (leave("b", "x", 5, 11), LeaveFault.COVERS_MEANWHILE),
        (leave("b", "x", 5, 10), None),
        (leave("x", "b", 12, 13), None),
    ],
)
def test_what_leaves_nobody_is_refused(new: Leave, fault: LeaveFault | None) -> None:
    found = fault_of(new, KNOWN)
    assert (None if found is None else found.fault) == fault


def test_what_was_ended_early_clashes_no_more() -> None:
    ended = msgspec.structs.replace(KNOWN[0], ended_at=Instant(NOW + 12 * DAY))
    assert fault_of(leave("a", "x", 12, 15), [ended]) is None
    assert fault_of(leave("a", "x", 11, 15), [ended]) is not None
