"""Weekly overviews, as the journal keeps that they were made. See `ledger`."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant


class WeekOverviewsMade(Event, frozen=True, kw_only=True):
    """The overviews of one week were made, for every wearer with a tag on in it."""

    monday: str
    """The London Monday on which the week began, as 2026-11-16."""
    start: Instant
    end: Instant
    made: int
    """How many overviews."""
    failed: int
    """Wearers of whom none could be made; the log of the batch process says why."""
    sha256: str
    """Of the digests of all of them, by wearer."""
    began_at: Instant
    at: Instant


class WeekNoticeChosen(Event, frozen=True, kw_only=True):
    """Somebody chose whether he is told when the week's overviews are ready; else he is not."""

    account: AccountId
    wanted: bool
    at: Instant
