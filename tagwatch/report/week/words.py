"""How times, lengths and ways of moving are said in an overview. London times throughout."""

from typing import Final

from tagwatch.core.timetable import london
from tagwatch.core.units import Instant
from tagwatch.report.week.overview import Within

MODES: Final = {
    "foot": "on foot",
    "cycle": "by cycle",
    "vehicle": "in a vehicle",
    "rail": "by rail, likely",
    "unknown": "not clear how",
}
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def span(seconds: float) -> str:
    """Return a length of time as a person reads it: `3 h 20 min`."""
    s = round(seconds)
    if s < _MINUTE:
        return f"{s} s"
    if s < _HOUR:
        return f"{round(s / _MINUTE)} min"
    if s < 2 * _DAY:
        minutes = round(s / _MINUTE)
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    hours = round(s / _HOUR)
    days, rest = divmod(hours, 24)
    return f"{days} d {rest} h" if rest else f"{days} d"


def spans(within: Within) -> str:
    """Return a length of time that is known to lie between two."""
    low, high = span(within.least), span(within.most)
    return low if low == high else f"{low} to {high}"


def metres(value: float) -> str:
    """Return a distance rounded to what can be known: `340 m`, `2.1 km`."""
    if value < 1000:
        return f"{round(value / 10) * 10:.0f} m"
    return f"{value / 1000:.1f} km"


def distance(within: Within) -> str:
    """Return a distance that is known to lie between two."""
    low, high = metres(within.least), metres(within.most)
    return low if low == high else f"{low} to {high}"


def day(at: Instant) -> str:
    """Return weekday and date: `Mon 16 November`."""
    local = london(at)
    return f"{local.strftime('%a')} {local.day} {local.strftime('%B')}"


def clock(at: Instant) -> str:
    """Return the time of day to the minute, with its offset where London's clocks go back."""
    local = london(at)
    return f"{local:%H:%M}"


def moment(at: Instant) -> str:
    """Return day and time of day: `Mon 16 November, 14:03`."""
    return f"{day(at)}, {clock(at)}"


def between(low: Instant, high: Instant) -> str:
    """Return a moment that is known to lie between two."""
    if clock(low) == clock(high) and day(low) == day(high):
        return moment(low)
    if day(low) == day(high):
        return f"{day(low)}, {clock(low)} to {clock(high)}"
    return f"{moment(low)} to {moment(high)}"


def counted(many: float, what: str, more: str = "") -> str:
    """Return `1 night`, `2 nights`."""
    number = f"{many:g}"
    return f"{number} {what}" if many == 1 else f"{number} {more or what + 's'}"


def share(part: float, whole: float) -> str:
    """Return a percentage that never rounds to all or to none."""
    if not whole:
        return "0 %"
    value = 100.0 * part / whole
    if 0.0 < value < 0.5:
        return "less than 1 %"
    if value >= 99.5 and part < whole:
        return "more than 99 %"
    return f"{value:.0f} %"


def sentence(words: str) -> str:
    """Return words with a capital letter at their beginning."""
    return words[:1].upper() + words[1:]
