"""A standing share of a case with a partner agency: what, why, on which law, until when. Pure.

The minimum is chosen from a fixed list. Movements, places, secret zones and protected persons'
addresses are on no list: they cannot be shared so.
"""

from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.ids import AccountId, CaseId, ShareId, WearerId
from tagwatch.core.units import DAY, Instant

LONGEST: Final = 90 * DAY
REMIND_BEFORE: Final = 7 * DAY
PURPOSE_LEAST: Final = 20
WORDS_MOST: Final = 1000
ALERT_DAYS_MOST: Final = 90


class ShareField(StrEnum):
    """What of a case can be shared."""

    WHO = "who"
    """Name, date of birth, numbers, programme, and who answers for him."""
    ORDER = "order"
    """Orders and the conditions he was told of, in words, without any place."""
    PLAN = "plan"
    """The summary of the risk management plan."""
    ALERTS = "alerts"
    """Alerts of the last days as counts by kind."""
    DECISIONS = "decisions"
    """What was decided about the case, and when."""
    WEEKS = "weeks"
    """What the weekly overviews say of conditions and the tag, without places."""


class ShareBasis(StrEnum):
    """The law on which a share rests."""

    MAPPA = "mappa"
    CRIME_AND_DISORDER = "crime_and_disorder"
    LAW_ENFORCEMENT = "law_enforcement"
    SAFEGUARDING = "safeguarding"
    VITAL_INTERESTS = "vital_interests"
    SUPERVISION = "supervision"


class CaseShare(msgspec.Struct, frozen=True, kw_only=True):
    """One share, as one version of it says."""

    share_id: ShareId
    version: int = 1
    wearer_id: WearerId
    agency: str
    """The partner agency, as its accounts are entered."""
    account_id: AccountId | None = None
    """Only this account of the agency; None: all of them."""
    purpose: str
    basis: ShareBasis
    fields: tuple[ShareField, ...]
    case_id: CaseId | None = None
    """Decisions of this case alone; None: of all his cases."""
    alert_days: int = 28
    made_at: Instant
    """When the first version was made."""
    until: Instant
    """It reaches nobody from then on."""
    at: Instant
    """When this version was made."""
    by: AccountId
    ended_at: Instant | None = None
    words: str = ""
    """Why it was varied or ended."""

    @property
    def over_at(self) -> Instant:
        """From when on it reaches nobody."""
        return self.until if self.ended_at is None else min(self.until, self.ended_at)

    def is_open(self, at: Instant) -> bool:
        """Say whether it reaches the partner at `at`."""
        return self.made_at <= at < self.over_at

    @property
    def remind_at(self) -> Instant:
        """When whoever answers for the case is asked whether it is still needed."""
        span = self.until - self.at
        return Instant(self.until - min(REMIND_BEFORE, span // 2))


class ShareError(ValueError):
    """A share that cannot be; `field` is the part of the form."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def check(share: CaseShare) -> None:
    """Raise ShareError unless the share says what it must, and is short enough."""
    if not share.agency:
        raise ShareError("agency", "Choose the agency it is shared with")
    if len(share.purpose) < PURPOSE_LEAST:
        raise ShareError(
            "purpose", f"Write what they need it for, in {PURPOSE_LEAST} characters or more"
        )
    if len(share.purpose) > WORDS_MOST:
        raise ShareError("purpose", f"The purpose may have {WORDS_MOST} characters, no more")
    if not share.fields:
        raise ShareError("fields", "Choose at least one thing that is shared")
    if not 1 <= share.alert_days <= ALERT_DAYS_MOST:
        raise ShareError("alert_days", f"Alerts can be shared of 1 to {ALERT_DAYS_MOST} days")
    if share.until <= share.at:
        raise ShareError("until", "It must end later than now")
    if share.until > share.at + LONGEST:
        raise ShareError(
            "until", f"It can last {LONGEST // DAY} days; it can be renewed when it is looked at"
        )


def next_version(held: CaseShare, after: CaseShare) -> bool:
    """Say whether `after` can follow `held`: the next version of the same share, not over yet."""
    same = (held.share_id, held.wearer_id, held.agency, held.account_id, held.made_at)
    wanted = (after.share_id, after.wearer_id, after.agency, after.account_id, after.made_at)
    return same == wanted and after.version == held.version + 1 and held.is_open(after.at)
