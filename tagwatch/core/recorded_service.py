"""What the installation says of itself, as the journal keeps it. See `ledger`."""

from enum import StrEnum

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant


class PartState(StrEnum):
    """State of a watched part."""

    HEALTHY = "healthy"
    AILING = "ailing"


class Tick(Event, frozen=True, kw_only=True):
    """The receiver was alive at this time; deadlines fire from ticks and from nothing else."""

    at: Instant
    monotonic_us: int
    """Monotonic clock, to tell a stepped wall clock from a gap."""


class ProcessStarted(Event, frozen=True, kw_only=True):
    """A process of the installation came up."""

    process: str
    at: Instant
    code_version: str
    tzdata_version: str


class Applied(Event, frozen=True, kw_only=True):
    """The line applies records (from_seq, to_seq] of one lane in one transaction."""

    lane: int
    from_seq: int
    to_seq: int


class KeyDestroyed(Event, frozen=True, kw_only=True):
    """One owner's period was lawfully erased."""

    owner_kind: int
    owner_id: str
    data_class: int
    period: str
    reason: str
    by: AccountId


class HeartbeatMissed(Event, frozen=True, kw_only=True):
    """A watched part of the installation stopped answering, or came back (`healthy`)."""

    part: str
    at: Instant
    state: PartState
    words: str
