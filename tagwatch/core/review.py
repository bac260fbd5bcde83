"""Reviews: orders, restricted cases and legal holds are looked at anew by a date, or it is told.

A date moves by recording a review and by nothing else. Orders may begin with a date of their own;
otherwise the settings in force when it began say how many days there are until the first review.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.ids import AccountId, WearerId, derived_id
from tagwatch.core.order import Order, order_at
from tagwatch.core.person import Restriction, Wearer
from tagwatch.core.settings import ReviewSettings
from tagwatch.core.units import DAY, Instant

LONGEST: Final = 366 * DAY
"""The next review is within a year."""
FOUND_MOST: Final = 4000


class ReviewOf(StrEnum):
    """What is to be looked at anew from time to time."""

    ORDER = "order"
    RESTRICTION = "restriction"
    """That a case is hidden from everybody but its officer."""
    HOLD = "hold"
    """A legal hold."""


class ReviewError(Exception):
    """A review cannot be recorded so; `field` says which part of it, the text why."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """One review that took place."""

    what: ReviewOf
    about: str
    """The order's id, or the wearer's."""
    wearer_id: WearerId
    since: Instant
    """Since when what was reviewed stands: a hold that was set anew has reviews of its own."""
    number: int
    """The first is 1."""
    at: Instant
    by: AccountId
    due_at: Instant
    """By when it had to be."""
    next_at: Instant
    found: str
    """In words: what was found, and why it stays."""


class ToReview(msgspec.Struct, frozen=True, kw_only=True):
    """Something that stands and must be looked at by `due_at`."""

    what: ReviewOf
    about: str
    wearer_id: WearerId
    since: Instant
    """0: it began before that was recorded."""
    due_at: Instant
    done: int = 0
    """How many reviews it has had."""
    ends_at: Instant | None = None
    """When it may end by itself next, as far as is recorded."""

    @property
    def cause(self) -> str:
        """Return the id under which its being overdue is told: one date, one id."""
        return derived_id("fa", "review_due", self.what, self.about, self.since, self.due_at)


def order_to_review(
    versions: Sequence[Order], last: Review | None, days: ReviewSettings, now: Instant
) -> ToReview | None:
    """Return by when an order must be reviewed, None if it has ended at `now`.

    `versions` are all of it by number and not empty, `days` the settings of when it was recorded.
    """
    first, newest = versions[0], versions[-1]
    ends_at = order_at(versions, now).ends_at
    if ends_at is not None and ends_at <= now:
        return None
    since = recorded_at(versions)
    default = Instant(max(newest.starts_at, since) + days.order_days * DAY)
    done, next_at = _done(last, since)
    ends = [e for each in versions if (e := each.ends_at) is not None and e > now]
    # A version that names no date leaves that of the version before.
    own = next((each.review_at for each in versions[::-1] if each.review_at is not None), None)
    return ToReview(
        what=ReviewOf.ORDER,
        about=first.order_id,
        wearer_id=first.wearer_id,
        since=since,
        due_at=next_at or own or default,
        done=done,
        ends_at=min(ends, default=None),
    )


def first_review_problem(starts_at: Instant, first: Instant | None) -> str:
    """Return why an order's own first date cannot be; empty: it can, or there is none."""
    if first is not None and not starts_at < first <= starts_at + LONGEST:
        return "The first review must be after the order begins and within a year of that."
    return ""


def recorded_at(versions: Sequence[Order]) -> Instant:
    """Return when an order was first recorded."""
    found = versions[0].recorded_at
    return versions[0].starts_at if found is None else found


def restriction_to_review(
    wearer: Wearer, last: Review | None, days: ReviewSettings
) -> ToReview | None:
    """Return by when it must be looked at that a case is restricted, None if it is not.

    One of which nobody recorded since when is due at once.
    """
    if wearer.restriction is not Restriction.RESTRICTED:
        return None
    since = wearer.restricted_at or Instant(0)
    return _of_wearer(ReviewOf.RESTRICTION, wearer.wearer_id, since, last, days.restriction_days)


def hold_to_review(
    wearer_id: WearerId, since: Instant, last: Review | None, days: ReviewSettings
) -> ToReview:
    """Return by when a legal hold that stands must be looked at."""
    return _of_wearer(ReviewOf.HOLD, wearer_id, since, last, days.hold_days)


def _of_wearer(
    what: ReviewOf, wearer_id: WearerId, since: Instant, last: Review | None, days: int
) -> ToReview:
    done, next_at = _done(last, since)
    return ToReview(
        what=what,
        about=wearer_id,
        wearer_id=wearer_id,
        since=since,
        due_at=next_at or Instant(since + days * DAY),
        done=done,
    )


def _done(last: Review | None, since: Instant) -> tuple[int, Instant | None]:
    """Return how many reviews of this very thing there were, and the date the last one set."""
    if last is None or last.since != since:
        return 0, None
    return last.number, last.next_at


def check_review(next_at: Instant, found: str, now: Instant) -> str:
    """Return what was found, as it is recorded. Raises ReviewError."""
    words = found.strip()
    if not words:
        raise ReviewError("found", "Write in a sentence what you found and why it stays")
    if len(words) > FOUND_MOST:
        raise ReviewError(
            "found", f"What was found has {len(words):,} characters, {FOUND_MOST:,} at the most"
        )
    if not now < next_at <= now + LONGEST:
        raise ReviewError("next", "The next review must be after today and within a year")
    return words


def restricted(before: Wearer | None, wearer: Wearer, at: Instant, by: AccountId) -> Wearer:
    """Return the record with since when, by whom and why it is restricted: what stood stays."""
    if wearer.restriction is not Restriction.RESTRICTED:
        since, who, why = None, None, ""
    elif before is not None and before.restriction is Restriction.RESTRICTED:
        since, who = before.restricted_at, before.restricted_by
        why = wearer.restricted_why or before.restricted_why
    else:
        since, who, why = at, by, wearer.restricted_why
    return msgspec.structs.replace(
        wearer, restricted_at=since, restricted_by=who, restricted_why=why
    )
