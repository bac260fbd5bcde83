"""Zones that two people put in force, as the journal keeps it. See `ledger`."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, WearerId, ZoneDraftId
from tagwatch.core.routing import Verdict
from tagwatch.core.units import Instant
from tagwatch.core.zone_draft import ZoneDraft


class ZoneDrafted(Event, frozen=True, kw_only=True):
    """One person has drawn a secret zone: nothing of it is in force."""

    draft: ZoneDraft


class ZoneDraftDecided(Event, frozen=True, kw_only=True):
    """A second person publishes a drawn zone, or somebody refuses it."""

    draft_id: ZoneDraftId
    wearer_id: WearerId
    verdict: Verdict
    at: Instant
    by: AccountId
    words: str = ""
