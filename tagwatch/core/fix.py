"""What a tag told us, and how well: fixes in one flat form, and events of the tag itself.

A `FixBlock` is a numpy structured array with `FIX_DTYPE`, one row a fix, oldest first within a
frame. Unknown is never 0: unknown numbers are NaN, unknown counts -1, unknown instants NO_INSTANT.
"""

from collections.abc import Sequence
from enum import IntEnum, IntFlag, StrEnum
from math import isnan
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.ids import ActivationId, FixId
from tagwatch.core.units import Instant


class Source(IntEnum):
    """How a fix was made; the numbers are those of the Ministry of Justice's position files."""

    UNKNOWN = 0
    GNSS = 1
    RF = 4
    LBS = 5
    WIFI = 6


class Motion(IntEnum):
    """The tag's own motion flag."""

    UNKNOWN = 0
    STILL = 1
    MOVING = 2


class Mark(IntFlag):
    """What is odd about a fix. Marks never remove a fix; the first two keep it from deciding."""

    NONE = 0
    BAD_TIME = 1
    BAD_POSITION = 2
    DUPLICATE = 4
    LATE = 8
    OUT_OF_ORDER = 16
    MOCK = 32
    NOT_VALID = 64
    """The tag itself said that the position is not valid (an old one repeated, no satellites)."""
    CLOCK_AHEAD = 128
    NO_OWNER = 256
    """No activation was in force at the time of the fix."""


UNDECIDABLE: Final = Mark.BAD_TIME | Mark.BAD_POSITION | Mark.DUPLICATE | Mark.NOT_VALID | Mark.MOCK
"""Fixes with any of these marks are kept and shown, and never evaluated."""

NO_INSTANT: Final = Instant(-(2**63))
UNKNOWN_COUNT: Final = -1

FIX_DTYPE: Final = np.dtype(
    [
        ("fixed_at", "<i8"),
        ("sent_at", "<i8"),
        ("received_at", "<i8"),
        ("seq", "<i8"),  # journal record
        ("lon_deg", "<f8"),
        ("lat_deg", "<f8"),
        ("accuracy_m", "<f8"),
        ("confidence", "<f8"),  # of the radius accuracy_m: 0.50, 0.68, 0.95
        ("hdop", "<f8"),
        ("altitude_m", "<f8"),
        ("speed_mps", "<f8"),
        ("bearing_deg", "<f8"),
        ("battery_pct", "<f8"),
        ("index", "<i4"),  # place within the journal record, from 0
        ("marks", "<u4"),
        ("satellites", "<i2"),
        ("source", "u1"),
        ("motion", "u1"),
        ("charging", "i1"),  # -1 unknown, 0 no, 1 yes
    ]
)

_WHOLE_ROWS: Final = np.dtype((np.void, FIX_DTYPE.itemsize))

FixBlock: TypeAlias = NDArray[Any]
"""Shape (n,), dtype FIX_DTYPE."""


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """One fix as an object, for the few that are decided one by one or shown to a person."""

    fix_id: FixId
    activation_id: ActivationId
    fixed_at: Instant
    sent_at: Instant | None = None
    received_at: Instant
    lon_deg: float
    lat_deg: float
    accuracy_m: float | None = None
    confidence: float | None = None
    hdop: float | None = None
    satellites: int | None = None
    altitude_m: float | None = None
    speed_mps: float | None = None
    bearing_deg: float | None = None
    source: Source = Source.UNKNOWN
    motion: Motion = Motion.UNKNOWN
    marks: Mark = Mark.NONE


class TagEventKind(StrEnum):
    """What a tag reports of itself."""

    STRAP_CUT = "strap_cut"
    STRAP_STRETCH = "strap_stretch"
    STRAP_CLOSED = "strap_closed"
    CASE_OPEN = "case_open"
    CASE_CLOSED = "case_closed"
    NOT_WORN = "not_worn"
    WORN = "worn"
    BATTERY = "battery"
    CHARGE_ON = "charge_on"
    CHARGE_OFF = "charge_off"
    POWER_ON = "power_on"
    POWER_OFF = "power_off"
    JAMMING = "jamming"
    NO_POSITION = "no_position"
    """The tag is alive and says that it cannot fix its position."""
    ALIVE = "alive"
    ALARM = "alarm"
    """The wearer pressed a button."""
    OTHER = "other"
    """Reported, kept and shown, and used by no rule; `detail` says what the tag sent."""


class TagEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something a tag reported of itself at `happened_at` (its own clock)."""

    kind: TagEventKind
    happened_at: Instant
    received_at: Instant
    seq: int
    index: int
    battery_pct: float | None = None
    detail: str = ""


class Decoded(msgspec.Struct, frozen=True):
    """What one frame says: its fixes as a flat block, its tag events, both in message order."""

    fixes: FixBlock
    events: tuple[TagEvent, ...] = ()


def empty_block() -> FixBlock:
    """Return a block of no fixes."""
    return np.empty(0, dtype=FIX_DTYPE)


def joined(blocks: Sequence[FixBlock]) -> FixBlock:
    """Return the rows of at least one block behind one another."""
    # Of columns numpy would compare every name and type, block by block, four times as slow.
    return np.concatenate([block.view(_WHOLE_ROWS) for block in blocks]).view(FIX_DTYPE)


def fix_id(seq: int, index: int) -> FixId:
    """Return the id of fix number `index` of journal record `seq`: the raw frame is found by it."""
    return FixId(f"{seq}.{index}")


def fix_at(block: FixBlock, row: int, activation_id: ActivationId) -> Fix:
    """Return row `row` of `block` as an object."""
    r = block[row]
    return Fix(
        fix_id=fix_id(int(r["seq"]), int(r["index"])),
        activation_id=activation_id,
        fixed_at=Instant(int(r["fixed_at"])),
        sent_at=None if r["sent_at"] == NO_INSTANT else Instant(int(r["sent_at"])),
        received_at=Instant(int(r["received_at"])),
        lon_deg=float(r["lon_deg"]),
        lat_deg=float(r["lat_deg"]),
        accuracy_m=_known(r["accuracy_m"]),
        confidence=_known(r["confidence"]),
        hdop=_known(r["hdop"]),
        satellites=None if r["satellites"] == UNKNOWN_COUNT else int(r["satellites"]),
        altitude_m=_known(r["altitude_m"]),
        speed_mps=_known(r["speed_mps"]),
        bearing_deg=_known(r["bearing_deg"]),
        source=Source(int(r["source"])),
        motion=Motion(int(r["motion"])),
        marks=Mark(int(r["marks"])),
    )


def _known(number: Any) -> float | None:
    value = float(number)
    return None if isnan(value) else value
