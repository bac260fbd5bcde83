"""The window that a question of the API is about: `start` and `end`, ISO 8601 with their zone."""

from typing import Final

from tagwatch.core.units import DAY, Instant, parse_iso
from tagwatch.web.api_record import Call, Wrong

LONGEST: Final = 31 * DAY
ASKS: Final = (
    ("start", "ISO 8601 with zone; default a day before end"),
    ("end", "ISO 8601 with zone; default now"),
)
"""What endpoints with a window say of it."""


def window_of(call: Call, longest: int = LONGEST) -> tuple[Instant, Instant]:
    """Return [start, end). Raises Wrong for one that cannot be read or is longer than `longest`."""
    end = _instant(call, "end", call.reader.now())
    start = _instant(call, "start", Instant(end - DAY))
    if not 0 <= end - start <= longest:
        days = longest // DAY
        raise Wrong(f"start must be before end, and at most {days} days before it")
    return start, end


def _instant(call: Call, name: str, otherwise: Instant) -> Instant:
    given = call.query.get(name, "")
    if not given:
        return otherwise
    try:
        return parse_iso(given)
    except (ValueError, OverflowError) as error:
        raise Wrong(f"{name}: {error}") from error
