"""Units of time and length used everywhere inside Tagwatch.

An instant is a whole number of microseconds, so it compares exactly, sorts in a numpy array and
cannot carry a wrong time zone. Aware datetimes appear only at the edges: forms, files, templates.
"""

from datetime import UTC, datetime, timedelta
from typing import NewType

Instant = NewType("Instant", int)
"""Microseconds since 1970-01-01T00:00:00Z."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def instant(moment: datetime) -> Instant:
    """Return `moment` as an Instant. Raises ValueError if it carries no time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"time {moment.isoformat()} has no zone; write it with one, e.g. …Z")
    return Instant((moment - _EPOCH) // _MICROSECOND)


def utc(at: Instant) -> datetime:
    """Return `at` as an aware UTC datetime. Raises OverflowError beyond the years 1 to 9999."""
    return _EPOCH + timedelta(microseconds=at)


def iso(at: Instant) -> str:
    """Return `at` as ISO 8601 in UTC, e.g. `2026-03-29T00:30:00Z`; microseconds only if any."""
    return utc(at).isoformat().replace("+00:00", "Z")


def parse_iso(text: str) -> Instant:
    """Read ISO 8601 text that names its zone. Raises ValueError saying what is wrong."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(
            f"{text!r} is not an ISO 8601 time such as 2026-03-29T00:30:00Z"
        ) from error
    return instant(moment)
