"""When a wearer is reminded of a curfew: by its hours alone, never by where he is."""

from enum import StrEnum
from typing import Final, NamedTuple

from tagwatch.core.order import Curfew, Demand
from tagwatch.core.rules.prepare import Track, Tracks
from tagwatch.core.units import SECOND, Instant

_WINDOWS: Final = 8
"""Windows looked at for one reminder: those he was not told of are passed over."""


class ReminderKind(StrEnum):
    """What a wearer himself is told of."""

    CURFEW = "curfew_reminder"
    CHARGE = "charge_tag"


class Ahead(NamedTuple):
    """A curfew of which he was told, and when it begins."""

    condition_id: str
    begins: Instant


def ahead(tracks: Tracks, now: Instant, lead_s: int) -> list[Ahead]:
    """Return the curfews that begin in (now, now + lead]."""
    until = now + lead_s * SECOND
    found = ((track, _next(track, now)) for track in tracks.curfews)
    return [Ahead(t.condition_id, at) for t, at in found if at is not None and at <= until]


def next_reminder(tracks: Tracks, after: Instant, lead_s: int) -> Instant | None:
    """Return when the next reminder after `after` is due; None: none within a year, or no lead."""
    if not lead_s:
        return None
    lead = lead_s * SECOND
    begins = [_next(track, Instant(after + lead)) for track in tracks.curfews]
    return min((Instant(at - lead) for at in begins if at is not None), default=None)


def _next(track: Track, after: Instant) -> Instant | None:
    """Return the first beginning later than `after` of a curfew that he was told of by then."""
    first = min((piece.start for piece in track.pieces), default=after)
    window = track.next_interval(max(after, first))
    for _ in range(_WINDOWS):
        if window is None:
            return None
        if window[0] > after and _told(track, Instant(window[0])):
            return Instant(window[0])
        window = track.next_interval(window[1])
    return None


def _told(track: Track, at: Instant) -> bool:
    piece = track.piece_at(at)
    if piece is None:
        return False
    terms, told_at = piece.condition.terms, piece.condition.told_at
    is_curfew = isinstance(terms, Curfew) and terms.demand is Demand.CURFEW
    return is_curfew and told_at is not None and told_at <= at
