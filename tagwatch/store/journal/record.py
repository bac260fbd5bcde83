"""What goes into the journal and what comes out of it."""

from enum import IntEnum
from typing import NamedTuple

from tagwatch.core.units import DAY, Instant, utc


class Lane(IntEnum):
    """Chosen at append by the age of the data; each lane has its own cursor."""

    FRESH = 0
    BACKFILL = 1


class OwnerKind(IntEnum):
    """Whose data a record is: the person, case or installation whose key encrypts it."""

    ACTIVATION = 1
    WEARER = 2
    PROTECTED = 3
    CASE = 4
    INSTALLATION = 5


class DataClass(IntEnum):
    """What a record holds, so that each class can have its own retention."""

    FRAME = 1
    REGISTER = 2
    """People, orders, zones."""
    ACT = 3
    """What officers did."""
    DELIVERY = 4
    """Attempts to reach someone."""
    SERVICE = 5
    """Ticks, applied ranges, process events."""
    SETTING = 6
    CREDENTIAL = 7
    AUDIT = 8
    QUARANTINE = 9
    PLAN = 10
    """Risk management plans and notes."""
    PICTURE = 11
    """What a wearer looks like: description and photograph."""
    DOCUMENT = 12
    """Documents of a case, bytes and all."""
    STAGED = 13
    """Fixes brought back from the archive: of whatever age, so not of the period of their key."""


class Owner(NamedTuple):
    """Whose key encrypts a record. `id` is opaque, at most 40 bytes of UTF-8; never a name."""

    kind: OwnerKind
    id: str


class Draft(NamedTuple):
    """A record not yet appended. `kind` (0 to 65535) says how to read `payload`.

    `period` is the span its key serves: a month such as `2026-11` or a day such as `2026-11-22`;
    None stands for the month of `received_at`.
    """

    received_at: Instant
    lane: Lane
    kind: int
    owner: Owner
    data_class: DataClass
    payload: bytes
    period: str | None = None


class Record(NamedTuple):
    """A record of the journal. `payload` is None when its key was destroyed (lawful erasure)."""

    seq: int
    received_at: Instant
    lane: Lane
    kind: int
    key_id: int
    payload: bytes | None


class Head(NamedTuple):
    """The end of the chain: the last durable record's seq (0: none) and the chain's digest."""

    seq: int
    digest: bytes


class Position(NamedTuple):
    """Where a reader goes on: the frame at `offset` of `segment`; `seq` is the last one passed."""

    segment: int
    offset: int
    seq: int


_MONTH_OF_DAY: dict[int, str] = {}


def month_of(at: Instant) -> str:
    """Return the UTC month of `at` as a key period, e.g. `2026-11`."""
    day = at // DAY
    month = _MONTH_OF_DAY.get(day)
    if month is None:
        if len(_MONTH_OF_DAY) > 4096:
            _MONTH_OF_DAY.clear()
        month = _MONTH_OF_DAY[day] = utc(at).strftime("%Y-%m")
    return month


def day_of(at: Instant) -> str:
    """Return the UTC day of `at`, e.g. `2026-11-22`."""
    return utc(at).strftime("%Y-%m-%d")
