"""Everything adjustable that can alter a decision: published, journaled, versioned.

A number here has its origin beside it; `docs/rules/*.md` are printed from these structs.
"""

from typing import Final

import msgspec

from tagwatch.core.filter_settings import FilterSettings
from tagwatch.core.holidays import HolidaySettings
from tagwatch.core.motion import MotionSettings
from tagwatch.core.order import Thresholds
from tagwatch.core.uncertainty import ErrorSettings


class ZoneSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Exclusion zones and their buffer rings. Raises ValueError for a floor above 0.01."""

    thresholds: Thresholds = Thresholds(protect=0.10, accuse=0.99)
    """On P(inside) the zone or its ring."""
    life_thresholds: Thresholds = Thresholds(protect=0.05, accuse=0.99)
    """For zones that protect a named person."""
    fold_s: int = 10
    """Fixes closer together than this share their error: the best of each such interval counts."""
    independent_s: int = 30
    """Fixes at least this far apart can be two witnesses."""
    confirm_fixes: int = 2
    """So many independent witnesses confirm."""
    leave_after_s: int = 60
    """The zone must be outside the 99 % region this long before a stay has ended."""
    same_stay_s: int = 600
    """Re-entry within this time belongs to the same stay: one notification per stay."""
    near_m: float = 250.0
    """The filter follows a person while a fix lies within this of a zone or ring that is in force,
    or within the region of 99 % of its own errors; elsewhere it forgets."""
    steady_m: float = 20.0
    """A witness must show a place this deep inside: no steady error below it explains the fixes."""
    floor: float = 0.001
    """No condition's own *protect* is lower than this."""

    def __post_init__(self) -> None:
        if not 0.0 < self.floor <= 0.01:
            raise ValueError(f"zone floor {self.floor} must be above 0 and at most 0.01")


class CurfewSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Curfews judged by location fixes."""

    thresholds: Thresholds = Thresholds(protect=0.80, accuse=0.99)
    """On P(outside) the curfew place."""
    present: float = 0.95
    """P(inside) from which presence is COMPLIANT."""
    borne_out_s: int = 30
    """A possible absence needs a second fix outside at least this long after the first."""
    seen: float = 0.5
    """P(inside) from which a fix that does not answer still counts as having seen him."""
    confirm_s: int = 300
    """Outside at this probability over at least this time is an absence."""
    steady_m: float = 20.0
    """A fix that confirms must show a place this far outside: no steady error below it explains the
    fixes."""
    unseen_after_s: int = 1800
    """No usable fix for this long within the window: the practitioner is told 'cannot see'."""
    remind_before_s: int = 3600
    """A wearer who can be reached is reminded of his curfew this long before; 0: never."""


class EncounterSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Two wearers who must not meet. All our own choices."""

    thresholds: Thresholds = Thresholds(protect=0.50, accuse=0.90)
    """On P(nearer to each other than the condition allows)."""
    life_thresholds: Thresholds = Thresholds(protect=0.20, accuse=0.90)
    """Where the condition protects a named person."""
    steady_m: float = 20.0
    """A witness must hold also if they are this much farther apart than their fixes show."""
    spread_mps: float = 1.0
    """Per-axis sigma of how fast somebody on foot gets away from his last fix."""
    rest_mps: float = 0.1
    """The same of somebody whose tag said that it was at rest."""
    age_most_s: int = 600
    """A last fix older than this, against the other's, says nothing of the two."""
    independent_s: int = 60
    """Witnesses lie at least this far apart, each with new fixes of both."""
    confirm_fixes: int = 3
    """So many independent witnesses confirm."""
    leave_after_s: int = 60
    """They must be certainly apart for this long before an encounter has ended."""
    lapse_s: int = 1800
    """Nothing showed them near each other for this long: the encounter has ended, no later."""
    same_stay_s: int = 1800
    """Near each other again within this time is the same encounter."""


class TamperSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Strap, case and wear sensors: at once, never cleared by themselves."""

    repeat_s: int = 600
    """A sensor that reports again within this time of its last report, or of its closing, speaks
    of the same episode (a loose contact repeats itself every few seconds). Our own choice."""


class BatterySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Battery warnings."""

    low_pct: float = 20.0
    """At or below. Our own choice: about five hours at a fix a minute."""
    critical_pct: float = 10.0
    """At or below; from here a flat battery explains the silence that follows."""
    rearm_pct: float = 40.0
    """A charge to this level ends the warning; a new one needs it first."""
    empty_within_s: int = 10800
    """Low too when at the usual use it will be empty within this time: three hours are enough to
    get home and charge. Our own choice."""
    learn_after_s: int = 1800
    """Use is learned over stretches without charging at least this long."""
    learn_share: float = 0.3
    """Weight of the newest stretch in the usual use."""


class CommsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Silence, measured against what the tag's mode lets expect."""

    silent_factor: float = 4.0
    """Multiple of the mode's expected interval after which a tag is silent. Ministry of Justice
    sample: 44 % of gaps at rest exceed five minutes, so one interval is noise."""
    learn_share: float = 0.05
    """How fast the usual longest gap between messages of a tag is learned."""
    learn_quantile: float = 0.95
    """So large a share of its gaps is no longer than the usual longest one."""
    learn_most: float = 3.0
    """The learned gap counts up to this multiple of what the tag's mode says: no tag teaches us
    that its silence is usual."""
    silent_least_s: int = 1200
    """No tag is called silent sooner than this."""
    no_location_s: int = 3600
    """Heard of, yet no usable fix for this long."""
    unmonitored_after_s: int = 86400
    """An order in force without a tag that reports for this long is an alarm. Our own choice."""
    mass_tags: int = 20
    """This many tags falling silent within mass_window_s is one outage of ours or the network."""
    mass_share: float = 0.01
    """And at least this share of all monitored tags: a nation's ordinary silences are no outage."""
    mass_window_s: int = 300
    """Tags that fall silent within this time of each other fall silent together."""
    blind_after_s: int = 30
    """No tick for this long is a blind interval."""
    near_m: float = 1000.0
    """A wearer last seen this near to a protected place is rung after a blind interval."""
    clock_step_s: float = 2.0
    """Wall clock and monotonic clock apart by more than this between ticks: the clock stepped."""


class AlertSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Clocks of alerts and of their delivery."""

    late_after_s: int = 900
    """A finding whose fix is older than this when it arrives is marked late."""
    acknowledge_life_s: int = 240
    """Then the next rank is told. NIJ Standard 1004.00 asks for a zone alert within 4 minutes."""
    acknowledge_urgent_s: int = 900
    """Then the next rank is told."""
    acknowledge_routine_s: int = 14400
    """Then the next rank is told."""
    acknowledge_again_most_s: int = 3600
    """From the fourth unanswered step the time doubles, up to this (or the first time if longer);
    telling never stops before somebody acknowledges."""
    claim_s: int = 900
    """So long a person who took an alert on has its wearer in hand, from the last thing done."""
    refused_at_once_most: int = 3
    """A refused delivery tells the next rank at once, up to this step; later by the clock."""
    retry_first_s: int = 5
    """Until the second attempt to deliver; doubled for each further one."""
    retry_most_s: int = 300
    """The longest time between two attempts."""
    attempts_most: int = 12
    """Then the notification has failed and the next rank is told: about half an hour."""
    answer_link_s: int = 43200
    """The link in a message to somebody without a sign-in is good this long."""
    excused_look_s: int = 604800
    """A silence that a record without an end excuses is looked at again after this."""
    publish_within_s: int = 900
    """A secret zone that one person drew and nobody published within this time raises an alarm."""
    clock_ahead_s: int = 120
    """A fix this far in the future has a wrong clock."""
    backfill_after_s: int = 600
    """Frames whose newest fix is older than this go to the back-fill lane."""


class CardSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the circumstances card calls a stay, near and often. All our own choices."""

    stay_s: int = 300
    """At rest for this long without a break is a stay."""
    edge_s: int = 600
    """With most circles across the border for this long he was along the edge."""
    detour_share: float = 0.10
    """Straight through: by way of no fix is it longer than the straight line by more than this
    share, given the circles."""
    weeks: int = 4
    """So many weeks back the card looks at the same hour."""
    near_m: float = 500.0
    """Of other people's places, those whose centre lies within this of this one's count for the
    base rate; and in the same hour of other weeks he was near within this of the border."""
    base_days: int = 90
    """The base rate is that of so many days before."""
    base_count_least: int = 10
    """A base rate from fewer findings than this is not shown."""
    base_wearers_least: int = 3
    """Nor one from fewer other wearers."""
    together_s: int = 600
    """Tags that err within this time of each other err together."""


class EnquirySettings(msgspec.Struct, frozen=True, kw_only=True):
    """By when a question about a wearer is to be answered, from when it was received. Our own."""

    immediate_s: int = 1800
    """Somebody's life may hang on it."""
    urgent_s: int = 14400
    """It cannot wait for the next working day."""
    routine_s: int = 259200
    """Anything else: three days."""


class RequestSettings(msgspec.Struct, frozen=True, kw_only=True):
    """By when a data request is to be answered, from when it was asked; and the sample of them.

    A month for routine ones is the law's for subject access; the rest is our own choice.
    """

    life_s: int = 900
    """A life is at risk."""
    urgent_s: int = 86400
    routine_s: int = 2592000
    """Thirty days: no month is shorter by more than two."""
    sample_of_each: int = 5
    """So many of each agency's requests of a month are reviewed."""
    sample_days: int = 21
    """Within so many days of being drawn."""


class AccessSettings(msgspec.Struct, frozen=True, kw_only=True):
    """For how long is open what was opened by break-glass, and of a sealed trail. Our own.

    Raises ValueError outside five minutes to four hours, and to a day for a sealed trail.
    """

    glass_s: int = 3600
    """One hour."""
    unsealed_s: int = 86400
    """One day, which is the most."""

    def __post_init__(self) -> None:
        if not 300 <= self.glass_s <= 14400:
            raise ValueError(f"break-glass of {self.glass_s} s must be from 300 to 14400")
        if not 300 <= self.unsealed_s <= 86400:
            raise ValueError(f"a sealed trail open for {self.unsealed_s} s: give 300 to 86400")


class ReviewSettings(msgspec.Struct, frozen=True, kw_only=True):
    """After how many days something is to be reviewed for the first time. Our own choice.

    Raises ValueError outside a day to a year.
    """

    order_days: int = 182
    restriction_days: int = 91
    """That a case is hidden is looked at more often: few can see whether it is still needed."""
    hold_days: int = 182

    def __post_init__(self) -> None:
        for name in ("order_days", "restriction_days", "hold_days"):
            if not 1 <= getattr(self, name) <= 366:
                raise ValueError(f"{name} of {getattr(self, name)} must be from 1 to 366")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One published version of all rule settings."""

    version: int = 1
    errors: ErrorSettings = ErrorSettings()
    zone: ZoneSettings = ZoneSettings()
    curfew: CurfewSettings = CurfewSettings()
    encounter: EncounterSettings = EncounterSettings()
    tamper: TamperSettings = TamperSettings()
    battery: BatterySettings = BatterySettings()
    comms: CommsSettings = CommsSettings()
    filter: FilterSettings = FilterSettings()
    motion: MotionSettings = MotionSettings()
    alert: AlertSettings = AlertSettings()
    card: CardSettings = CardSettings()
    enquiry: EnquirySettings = EnquirySettings()
    request: RequestSettings = RequestSettings()
    access: AccessSettings = AccessSettings()
    review: ReviewSettings = ReviewSettings()
    holidays: HolidaySettings = HolidaySettings()


DEFAULT_SETTINGS: Final = Settings()
