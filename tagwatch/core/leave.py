"""An officer's leave: from when until when, and who has his caseload meanwhile. Pure.

Cover is for its time alone, [start, end), and is never handed on: who covers for somebody who
covers has nothing of the first one's.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.ids import AccountId, LeaveId
from tagwatch.core.units import DAY, Instant

LONGEST: Final = 366 * DAY


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """One leave of one officer, as it stands."""

    leave_id: LeaveId
    officer: AccountId
    deputy: AccountId
    starts_at: Instant
    ends_at: Instant
    """The first moment at which the officer has his caseload to himself again."""
    recorded_at: Instant
    ended_at: Instant | None = None
    """Ended early, or called off if that was before it began."""
    by: AccountId | None = None
    """Who recorded it for an officer who could not; None: he himself."""
    words: str = ""
    """Why another recorded it."""

    @property
    def until(self) -> Instant:
        """When cover is over."""
        return self.ends_at if self.ended_at is None else min(self.ends_at, self.ended_at)

    def is_on(self, at: Instant) -> bool:
        """Say whether the deputy has the caseload at `at`."""
        return self.starts_at <= at < self.until

    def is_over(self, at: Instant) -> bool:
        """Say whether nothing more comes of it."""
        return self.until <= max(at, self.starts_at)


class LeaveFault(StrEnum):
    """Why a leave cannot stand beside what is on record."""

    ENDS_FIRST = "ends_first"
    OVER = "over"
    TOO_LONG = "too_long"
    NOBODY_COVERS = "nobody_covers"
    OWN_OVERLAP = "own_overlap"
    DEPUTY_AWAY = "deputy_away"
    COVERS_MEANWHILE = "covers_meanwhile"


class FaultyLeave(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, and with which leave it clashes."""

    fault: LeaveFault
    other: Leave | None = None


def fault_of(new: Leave, known: Iterable[Leave]) -> FaultyLeave | None:
    """Return why `new` cannot be recorded, None if it can.

    Nobody covers for himself; an officer has one leave at a time; a deputy is not away himself;
    and who covers for another does not go before that is over or changed.
    """
    if new.ends_at <= new.starts_at:
        return FaultyLeave(fault=LeaveFault.ENDS_FIRST)
    if new.ends_at <= new.recorded_at:
        return FaultyLeave(fault=LeaveFault.OVER)
    if new.ends_at - new.starts_at > LONGEST:
        return FaultyLeave(fault=LeaveFault.TOO_LONG)
    if not new.deputy or new.deputy == new.officer:
        return FaultyLeave(fault=LeaveFault.NOBODY_COVERS)
    for other in sorted(known, key=lambda leave: (leave.starts_at, leave.leave_id)):
        if other.leave_id == new.leave_id or not _meet(new, other):
            continue
        if other.officer == new.officer:
            return FaultyLeave(fault=LeaveFault.OWN_OVERLAP, other=other)
        if other.officer == new.deputy:
            return FaultyLeave(fault=LeaveFault.DEPUTY_AWAY, other=other)
        if other.deputy == new.officer:
            return FaultyLeave(fault=LeaveFault.COVERS_MEANWHILE, other=other)
    return None


def deputies(leaves: Iterable[Leave], officer: AccountId, at: Instant) -> tuple[AccountId, ...]:
    """Return who has the caseload of `officer` at `at` besides him, sorted."""
    return tuple(
        sorted({each.deputy for each in leaves if each.officer == officer and each.is_on(at)})
    )


def _meet(one: Leave, other: Leave) -> bool:
    return max(one.starts_at, other.starts_at) < min(one.until, other.until)
