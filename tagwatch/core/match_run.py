"""One run of a rule over one crime, as it is kept: nothing in it changes when the register does."""

from enum import StrEnum

import msgspec

from tagwatch.core.ids import AccountId, FixId, TagId, WearerId, derived_id
from tagwatch.core.match import CrimeMatch, MatchSettings, WindowSeen
from tagwatch.core.units import Instant


class MatchTrigger(StrEnum):
    """What made a run happen."""

    AUTOMATIC = "automatic"
    """The crime, or a new version of it, came in."""
    MANUAL = "manual"


class MatchVerdict(StrEnum):
    """What a person says of a match, beside the words."""

    WORTH_ASKING = "worth_asking"
    """It fits what else is known."""
    EXPLAINED = "explained"
    """He had a reason to be there: home, work, his officer."""
    TECHNICAL = "technical"
    """The fixes are not to be believed."""
    NOT_HIM = "not_him"
    """Something else shows that it was not him."""
    CANNOT_SAY = "cannot_say"


class MatchedFix(msgspec.Struct, frozen=True, kw_only=True):
    """A fix of the window, as it was when the rule ran; `label` is empty if it does not count."""

    fix_id: FixId
    fixed_at: Instant
    lon_deg: float
    lat_deg: float
    radius_m: float | None
    speed_mps: float | None = None
    bearing_deg: float | None = None
    label: str = ""
    tag: int = 0
    """Place in the person's `tags`."""


class MatchedTag(msgspec.Struct, frozen=True, kw_only=True):
    """A tag that was on somebody in the window."""

    tag_id: TagId
    serial: str
    model: str


class MatchedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who matched or could not be excluded, with his details as they were then."""

    run_key: str
    wearer_id: WearerId
    name: str
    date_of_birth: str | None = None
    nomis_id: str | None = None
    pnc_ref: str | None = None
    crn: str | None = None
    tags: tuple[MatchedTag, ...] = ()
    match: CrimeMatch
    fixes: tuple[MatchedFix, ...] = ()
    """Of the window; of a long one the first, and all that count."""

    @property
    def match_id(self) -> str:
        """Return what names this match."""
        return derived_id("ma", self.run_key, self.wearer_id)


class ExcludedPerson(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Somebody the rule excludes, and on what."""

    wearer_id: WearerId
    fixes: int
    best_radius_m: float | None
    seen: WindowSeen


class MatchRun(msgspec.Struct, frozen=True, kw_only=True):
    """How a crime was matched, and to what it came."""

    run_key: str
    crime_id: str
    version: int
    """Of the crime."""
    profile_id: str
    profile_version: int
    trigger: MatchTrigger
    by: AccountId | None = None
    settings: MatchSettings
    code_version: str
    as_of: Instant
    """Fixes received after this were not looked at."""
    began_at: Instant
    ended_at: Instant
    matched: int
    not_excluded: int
    excluded: tuple[ExcludedPerson, ...] = ()
    barred: int = 0
    """Wearers with a tag on, whose orders do not allow this matching; restricted cases are not
    counted."""


class MatchWord(msgspec.Struct, frozen=True, kw_only=True):
    """What one person said of a match."""

    verdict: MatchVerdict
    words: str
    by: AccountId
    at: Instant
