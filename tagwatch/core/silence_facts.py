"""What is known about a silence: the facts from which its causes are weighed."""

from enum import StrEnum

import msgspec

from tagwatch.core.alert import AlertKind
from tagwatch.core.fix import Motion
from tagwatch.core.units import SECOND, Instant


class SilenceCause(StrEnum):
    """What can have made a tag silent, or its place unknown."""

    BATTERY = "an empty battery"
    REST = "at rest where signals are weak, such as indoors"
    UNDERGROUND = "underground, such as in the tube"
    NETWORK = "an outage of the mobile network"
    OFF = "switched off, or taken to be charged"
    SHIELDING = "shielding or jamming"


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """How other tags fared at the same time; counts only."""

    others: int = 0
    """Other tags on somebody."""
    others_silent: int = 0
    """Of these, silent now and last heard of within the window round the same moment."""
    near: int = 0
    """Others last located within NEAR_M of this tag's last place, not long before."""
    near_silent: int = 0
    outage_tags: int = 0
    """Tags of the outage that explains this silence; 0 without one."""


class SilenceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about one silence. None is not known, and counts for nothing."""

    kind: AlertKind
    """NO_COMMS or NO_LOCATION."""
    began_at: Instant
    ended_at: Instant | None = None
    known_at: Instant
    """Up to when the tag's messages are taken in."""
    battery_pct: float | None = None
    """The last reading before it."""
    battery_age_s: float | None = None
    """How old that was when the silence began."""
    use_pct_per_h: float | None = None
    charging: bool | None = None
    battery_pct_after: float | None = None
    motion: Motion = Motion.UNKNOWN
    """The flag of the last fix before it."""
    speed_mps: float | None = None
    """As the tag reported it, unvalidated."""
    going_mps: float | None = None
    """How fast the last minutes of fixes led away from a place; None where they stayed."""
    rested_s: float | None = None
    """For how long the fixes before it had stayed at one place."""
    rested_here_h: float | None = None
    """Hours he spent at that place in the week before; None if no week is known."""
    vanished_here: int | None = None
    """Earlier gaps that began here and ended elsewhere, in the same week."""
    accuracy_m_95_before: float | None = None
    accuracy_m_95_last: float | None = None
    satellites_before: float | None = None
    satellites_last: float | None = None
    hdop_before: float | None = None
    hdop_last: float | None = None
    station_m: float | None = None
    """From the last place to the nearest station or line loaded; None: none is loaded."""
    recorded_share: float | None = None
    """Share of the silence that the tag had measured and sent afterwards; None while it lasts."""
    recorded_by_satellite: bool = False
    moved_m: float | None = None
    """Between the last fix before and the first after it."""
    moved_mps: float | None = None
    jamming_at: Instant | None = None
    """The tag's own report, from half an hour before on."""
    power_off_at: Instant | None = None
    power_on_at: Instant | None = None
    tampered: str = ""
    """A report of strap, case or wear in the hour before, in words."""
    elsewhere: Elsewhere | None = None

    @property
    def lasted_s(self) -> float:
        """Seconds it has lasted, or did last."""
        return (self.ended_at or self.known_at) / SECOND - self.began_at / SECOND


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One thing known, and how much it says: positive for the cause, negative against it."""

    words: str
    points: int
