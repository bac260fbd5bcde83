"""Openings of sealed trails, as the journal keeps them. See `ledger`."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, UnsealingId, WearerId
from tagwatch.core.routing import Verdict
from tagwatch.core.units import Instant
from tagwatch.core.unsealing import Unsealing, UnsealingEnd


class UnsealingAsked(Event, frozen=True, kw_only=True):
    """An officer asks to see a stretch of a sealed trail, with his reason and legal ground."""

    unsealing: Unsealing


class UnsealingDecided(Event, frozen=True, kw_only=True):
    """A second person approved or refused it."""

    unsealing_id: UnsealingId
    wearer_id: WearerId
    verdict: Verdict
    at: Instant
    by: AccountId
    words: str


class UnsealingEnded(Event, frozen=True, kw_only=True):
    """It was given back or revoked, or its time was over."""

    unsealing_id: UnsealingId
    wearer_id: WearerId
    ending: UnsealingEnd
    at: Instant
    by: AccountId
    words: str = ""
