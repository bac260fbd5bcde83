"""What a weekly overview holds. Every time and distance is an interval: what is certain, and what
is possible. Nothing here says what anybody meant by it."""

from typing import Final

import msgspec

from tagwatch.core.ids import ActivationId, AlertId, ConditionId, WearerId
from tagwatch.core.movements import Movements
from tagwatch.core.outcome import AlertState, Disposition, Finding, Phase, RuleKind
from tagwatch.core.place import Places
from tagwatch.core.units import Instant

VERSION: Final = 1
"""Of what an overview holds; one of another version is made anew."""


class Within(msgspec.Struct, frozen=True, kw_only=True):
    """A number that is known to lie between two."""

    least: float
    most: float


class DaySeen(msgspec.Struct, frozen=True, kw_only=True):
    """How much of one London day was observed, in seconds."""

    day: str
    start: Instant
    observed_s: int
    unobserved_s: int
    off_s: int
    """No tag was on him, or it was switched off."""
    ahead_s: int = 0
    """The day had not come to an end when the overview was made."""


class Night(msgspec.Struct, frozen=True, kw_only=True):
    """Where he was from midnight to six in the morning, London time."""

    day: str
    """The morning's date."""
    start: Instant
    end: Instant
    home_s: Within
    answer: str
    """`home`, `elsewhere` or `cannot_say`."""


class Distance(msgspec.Struct, frozen=True, kw_only=True):
    """How far he went one way of moving."""

    mode: str
    distance_m: Within
    trips: int


class ZoneWeek(msgspec.Struct, frozen=True, kw_only=True):
    """How near he came to one exclusion zone while it applied."""

    condition_id: ConditionId
    condition_version: int
    label: str
    nearest_m: Within | None
    """To the border, 0 is inside; None: nothing was seen while it applied."""
    nearest_at: Instant | None
    entries_confirmed: int
    entries_possible: int
    approaches: int
    """Into the ring around it: a warning, and no breach."""
    not_excluded: int
    """Gaps in which he can have been in it unseen."""
    applied_s: int
    unseen_s: int
    """While it applied."""


class CurfewWeek(msgspec.Struct, frozen=True, kw_only=True):
    """One condition to be in a place, in seconds of this week. The four add up to what the hours
    come to."""

    condition_id: ConditionId
    condition_version: int
    label: str
    demand: str
    kept_s: int
    """Stops whose 95 % region lies in the place, while observed."""
    out_s: int
    """Absences that are confirmed, from the latest beginning to the earliest end."""
    cannot_say_s: int
    excused_s: int
    """An absence or permission on record lifted it."""
    before_told_s: int = 0
    """Of `out_s`: he had not been told, and it is not held against him."""


class AlertWeek(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that was raised in the week, or of something in it."""

    alert_id: AlertId
    code: str
    kind: str
    rule: RuleKind | None
    condition_id: ConditionId | None
    happened_at: Instant
    finding: Finding
    phase: Phase
    state: AlertState
    disposition: Disposition | None
    sentence: str
    circumstances: str = ""
    """One line of its card; empty: there is none."""


class EpisodeWeek(msgspec.Struct, frozen=True, kw_only=True):
    """A finding about a place, as it stood."""

    rule: RuleKind
    condition_id: ConditionId | None
    condition_version: int
    finding: Finding
    phase: Phase
    entered: Within
    left: Within | None
    witnesses: int
    before_told: bool


class Care(msgspec.Struct, frozen=True, kw_only=True):
    """How the tag was looked after, as far as it reports."""

    charges: int
    charged_at_hours: tuple[int, ...]
    """London hours in which charging began, the most frequent first."""
    lowest_pct: float | None
    low: int
    critical: int
    strap: int
    """Reports of strap, case, or not worn."""
    silences: int
    activations: tuple[ActivationId, ...]


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A place of a condition, to be drawn."""

    condition_id: ConditionId
    condition_version: int
    label: str
    kind: str
    """`zone` or `curfew`."""
    rings: tuple[tuple[tuple[float, float], ...], ...]
    """Longitude, latitude; of a disc the circle."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence about the week."""

    sentence: str
    surprise: float
    """The higher, the rarer in his own past, in bits: 1 is every second week."""
    about: ConditionId | None = None
    """Which condition it tells of: shown only to those who may know it."""


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """With what it was worked out."""

    code: str
    tzdata: str
    settings: tuple[int, ...]
    rules: tuple[tuple[str, int], ...]
    conditions: tuple[tuple[ConditionId, int], ...]
    journal_seq: int
    """The last record of the journal that was taken into account."""


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """A wearer's movements in [start, end), as they were known at `made_at`."""

    version: int = VERSION
    wearer_id: WearerId
    name: str
    start: Instant
    end: Instant
    made_at: Instant
    scheduled: bool
    movements: Movements
    places: Places
    """Of the week and those before; `of_stop` belongs to the stops of `movements`."""
    new_places: tuple[int, ...]
    """Numbers of the places first visited in this week, if there is a past to say so."""
    boroughs: tuple[str, ...]
    """Of each place, in its order."""
    weeks_before: int
    """Weeks of his past that were seen well enough to be compared with."""
    changed: tuple[Said, ...]
    """The rarest first."""
    praise: tuple[Said, ...]
    """Facts worth praise."""
    nights: tuple[Night, ...]
    distances: tuple[Distance, ...]
    days: tuple[DaySeen, ...]
    zones: tuple[ZoneWeek, ...]
    curfews: tuple[CurfewWeek, ...]
    alerts: tuple[AlertWeek, ...]
    episodes: tuple[EpisodeWeek, ...]
    care: Care
    drawn: tuple[Drawn, ...]
    routes: tuple[tuple[tuple[float, float], ...], ...]
    """Longitude, latitude of fixes on the way, thinned; cut wherever nothing was seen."""
    usual: tuple[tuple[int, int, int, float], ...]
    """Weekday from 0, hour, number of the place he usually is at, share of the weeks seen."""
    versions: Versions
    withheld: int = 0
    """Entries left out because they tell of a place that this reader may not know."""


class AlertBrief(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as the digest counts it."""

    alert_id: AlertId
    rule: RuleKind | None
    condition_id: ConditionId | None
    finding: Finding


class DigestRow(msgspec.Struct, frozen=True, kw_only=True):
    """One wearer's week in a line of the team's digest."""

    wearer_id: WearerId
    monday: str
    sha256: str
    """Of the overview's file; empty: none could be made."""
    changed: tuple[Said, ...] = ()
    """The rarest few."""
    observed_s: int = 0
    unobserved_s: int = 0
    off_s: int = 0
    alerts: tuple[AlertBrief, ...] = ()
    failure: str = ""
