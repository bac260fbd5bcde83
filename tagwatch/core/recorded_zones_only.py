"""Zones-only monitoring as the journal keeps it: what stays of a day."""

import msgspec

from tagwatch.core.event import Event
from tagwatch.core.fix import TagEvent
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.units import Instant


class KeptFrame(msgspec.Struct, frozen=True, kw_only=True):
    """What stays of one message: which of its fixes, and that the others came."""

    seq: int
    """The journal record of the message; its leaf stays in the chain."""
    frame_sha256: bytes
    """Of the message as it came."""
    fixes: bytes
    """Packed as the tables keep them; those not kept have no place any more."""
    kept: tuple[int, ...]
    """Rows of those that are."""
    events: tuple[TagEvent, ...] = ()
    """What the tag said of itself: all of it."""


class FixesKept(Event, frozen=True, kw_only=True):
    """Before the key of a day is destroyed: its fixes near a condition, recorded anew."""

    activation_id: ActivationId
    wearer_id: WearerId
    day: str
    """UTC day of receipt, the period of the key, as `2026-11-22`."""
    at: Instant
    frames: tuple[KeptFrame, ...]
    reach_m: float
    """How near a condition a fix had to lie."""
    around_s: int
    """How long before and after an episode all were kept."""
