"""Reading what senders write: numbers, times and switches of any form; unknown is never 0."""

import json
import re
from datetime import UTC, datetime
from math import isfinite, nan
from typing import Any, Final, TypeAlias, cast

import msgspec

from tagwatch.core.units import Instant, instant
from tagwatch.ingest.protocol.message import DecodeError, refuse_compressed

MAX_TEXT: Final = 200
Map: TypeAlias = dict[str, Any]
"""A JSON object."""
_YES: Final = {"true", "yes", "on", "1"}
_NO: Final = {"false", "no", "off", "0"}
_ISO: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)([.,]\d+)? ?(Z|[+-]\d\d:?\d\d)?", re.I
)
MILLISECONDS_FROM: Final = 1e11
"""A Unix time above this is in milliseconds (1e11 s is the year 5138, 1e11 ms March 1973)."""
MICROSECONDS_FROM: Final = 1e14
_LATEST_S: Final = 253_402_300_799  # year 9999


def json_value(data: bytes) -> Any:
    """Return any JSON text, NaN and Infinity included. Raises DecodeError."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        refuse_compressed(data)
    try:
        # Slower, and reads the NaN that some senders write.
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"the body is not JSON: {str(error)[:MAX_TEXT]}", "send JSON") from error


def as_map(value: Any) -> Map | None:
    """Return `value` if it is a JSON object, else None."""
    return cast(Map, value) if isinstance(value, dict) else None


def as_list(value: Any) -> list[Any] | None:
    """Return `value` if it is a JSON array, else None."""
    return cast(list[Any], value) if isinstance(value, list) else None


def number(value: Any) -> float:
    """Return a number, also one written as text; NaN for anything else."""
    if isinstance(value, bool):
        return nan
    if not isinstance(value, int | float | str) or (isinstance(value, str) and len(value) > 40):
        return nan
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return nan
    return read if isfinite(read) else nan


def switch(value: Any) -> bool | None:
    """Return a yes or no written in any usual way, else None."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, int | float | str) else ""
    if word in _YES:
        return True
    return False if word in _NO else None


def word(value: Any) -> str:
    """Return text, at most MAX_TEXT characters of it; '' for what is not text or a number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    try:
        text = str(value)[:MAX_TEXT]
    except ValueError:
        # A whole number of more digits than Python turns into text.
        return ""
    # JSON can spell half of a surrogate pair, which no file or socket would take.
    return text if text.isascii() else text.encode(errors="replace").decode()


def moment(value: Any) -> Instant | None:
    """Return a time: Unix seconds, milliseconds or microseconds, or ISO 8601 (UTC if silent)."""
    read = number(value)
    if isfinite(read):
        return unix_moment(read)
    return iso_moment(value) if isinstance(value, str) else None


def unix_moment(read: float) -> Instant | None:
    """Return a Unix time given in seconds, milliseconds or microseconds, told by its size."""
    size = abs(read)
    scale = 1_000_000 if size < MILLISECONDS_FROM else 1000 if size < MICROSECONDS_FROM else 1
    at = round(read * scale)
    return Instant(at) if abs(at) <= _LATEST_S * 1_000_000 else None


def iso_moment(text: str) -> Instant | None:
    """Return an ISO 8601 time as tags write it: a space for the T, no zone meaning UTC."""
    found = _ISO.fullmatch(text.strip()[:60])
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    zone = "+00:00" if zone is None or zone in "Zz" else zone
    digits = (fraction or ".0")[1:7]
    try:
        return instant(datetime.fromisoformat(f"{day}T{clock}.{digits:<06}{zone}").astimezone(UTC))
    except (ValueError, OverflowError):
        return None
