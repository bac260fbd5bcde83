"""Openings by break-glass, as the journal keeps them. See `ledger`."""

from tagwatch.core.event import Event
from tagwatch.core.glass import Glass, GlassStep
from tagwatch.core.ids import AccountId, GlassId, WearerId
from tagwatch.core.units import Instant


class GlassBroken(Event, frozen=True, kw_only=True):
    """An officer opened a record that he may not see, with his reason."""

    glass: Glass


class GlassActed(Event, frozen=True, kw_only=True):
    """It was closed early, judged by whoever answers for the case, or explained."""

    glass_id: GlassId
    wearer_id: WearerId
    step: GlassStep
    at: Instant
    by: AccountId
    words: str = ""
