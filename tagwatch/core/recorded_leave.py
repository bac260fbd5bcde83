"""Leave and its hand-over, as the journal keeps it. See `ledger`."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, LeaveId, WearerId
from tagwatch.core.leave import Leave
from tagwatch.core.units import Instant


class LeaveRecorded(Event, frozen=True, kw_only=True):
    """An officer goes on leave, and another has his caseload meanwhile."""

    leave: Leave


class LeaveEnded(Event, frozen=True, kw_only=True):
    """He is back early, or does not go."""

    leave_id: LeaveId
    at: Instant
    by: AccountId


class LeaveNoted(Event, frozen=True, kw_only=True):
    """What one officer hands over to the other about one wearer. Every note stays."""

    leave_id: LeaveId
    wearer_id: WearerId
    words: str
    at: Instant
    by: AccountId
