"""How a wearer moved in a window: stops, trips and gaps from fixes that are at hand."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.movements import Movements, movements
from tagwatch.core.railway import Railways
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, HOUR, SECOND, Instant
from tagwatch.core.zones_only import Span
from tagwatch.query.coverage import settings_history, worn_until
from tagwatch.query.reader import Reader
from tagwatch.query.seen_trail import whole_trail
from tagwatch.query.unsealed import names_of, opened_to, spans_of

BESIDE: Final = 2 * HOUR
"""So much of the trail before and after the window must be at hand: what reaches over its ends is
known to."""
MOST_READ: Final = 250_000
"""Fixes of one window; the page asks for a shorter one."""
_AT_ONCE: Final = 8 * DAY


class TooMany(Exception):
    """The window holds more fixes than are read at once."""


def read_parts(
    connection: Connection,
    wearer_id: WearerId,
    start: Instant,
    end: Instant,
    opened: Sequence[Span] = (),
) -> list[tuple[ActivationId, FixBlock]]:
    """Return the fixes of [start, end), some days after the other, so that too many are not held
    at once; of those sealed what is `opened` to the caller, who has checked the scope. Raises
    TooMany."""
    found: list[tuple[ActivationId, FixBlock]] = []
    low, count = start, 0
    while low < end:
        high = end if end - low <= _AT_ONCE else Instant(low + _AT_ONCE)
        found += whole_trail(connection, wearer_id, low, high, opened)
        count = sum(len(block) for _, block in found)
        if count > MOST_READ:
            raise TooMany(f"more than {MOST_READ:,} fixes lie in this time: choose a shorter one")
        low = high
    return found


def known_end(reader: Reader, start: Instant, end: Instant) -> Instant:
    """Return the end of a window as far as it has come: what is still to come is no gap."""
    return Instant(max(start + SECOND, min(end, reader.now())))


def movements_of(reader: Reader, wearer_id: WearerId, start: Instant, end: Instant) -> Movements:
    """Return how a wearer within scope moved in [start, end). Raises NotFound and TooMany; puts the
    answer and a refusal on the audit."""
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "movements")
        low, high = Instant(start - BESIDE), Instant(end + BESIDE)
        unsealed = opened_to(reader, connection, wearer_id, low, high)
        parts = read_parts(connection, wearer_id, low, high, spans_of(unsealed))
        window = start, known_end(reader, start, end)
        found = movements_in(connection, wearer_id, parts, window, reader.railways)
    stops, trips = len(found.stops), len(found.trips)
    reader.consulted(
        "movements",
        [wearer_id],
        f"[{start}, {end}) {stops} stops, {trips} trips{names_of(unsealed)}",
    )
    return found


def movements_in(
    connection: Connection,
    wearer_id: WearerId,
    parts: Sequence[tuple[ActivationId, FixBlock]],
    window: tuple[Instant, Instant],
    railways: Railways,
) -> Movements:
    """Return what the fixes of `window` show. `parts` hold BESIDE before and after it too."""
    end = window[1]
    worn, models, mode = worn_until(connection, wearer_id, Instant(end + BESIDE))
    trail = [TrailPart(name, models.get(name, ""), block) for name, block in parts]
    settings = settings_history(connection)
    return movements(trail, worn, mode, window, settings, railways=railways)
