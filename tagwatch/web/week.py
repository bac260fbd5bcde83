"""Weekly rows of a zone or curfew in a form, and what they come to in the next nights."""

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any, Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.core.timetable import CurfewRow, OneOff, Weekday, london, windows
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.query.settings import settings_at
from tagwatch.web.form import Problems
from tagwatch.web.foundation import Asked, reader
from tagwatch.web.render import age

MOST_ROWS: Final = 40
SPARE: Final = 2
PARTS: Final = ("from_day", "from_time", "until_day", "until_time")
DAYS: Final = (
    ("Mo", "Monday"),
    ("Tu", "Tuesday"),
    ("We", "Wednesday"),
    ("Th", "Thursday"),
    ("Fr", "Friday"),
    ("Sa", "Saturday"),
    ("Su", "Sunday"),
)
NIGHTS: Final = 14
_DAY: Final = 24 * 60
_WEEK: Final = 7 * _DAY


class Night(msgspec.Struct, frozen=True, kw_only=True):
    """One period in which a row applies, as the wearer must keep it."""

    start: Instant
    end: Instant
    lasts: str
    note: str


def typed_rows(data: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rows as they were typed, empty ones left out."""
    rows: list[dict[str, str]] = []
    for number in range(MOST_ROWS):
        row = {part: str(data.get(f"row-{number}-{part}", "")).strip()[:10] for part in PARTS}
        if any(row.values()):
            rows.append(row)
    return rows


def shown_rows(rows: list[dict[str, str]], spare: int) -> list[dict[str, str]]:
    """Return the rows followed by `spare` empty ones."""
    return [*rows, *(_empty() for _ in range(spare))][:MOST_ROWS]


def rows_as_typed(rows: tuple[CurfewRow, ...]) -> list[dict[str, str]]:
    """Return recorded rows as the form shows them."""
    return [
        {
            "from_day": row.from_day.value,
            "from_time": row.from_time.strftime("%H:%M"),
            "until_day": row.until_day.value,
            "until_time": row.until_time.strftime("%H:%M"),
        }
        for row in rows
    ]


def read_rows(rows: list[dict[str, str]], problems: Problems) -> tuple[CurfewRow, ...]:
    """Return the rows; what cannot be read is noted at its field."""
    found: list[CurfewRow] = []
    for number, row in enumerate(rows):
        try:
            found.append(
                CurfewRow(
                    from_day=Weekday(row["from_day"]),
                    from_time=_clock(row["from_time"]),
                    until_day=Weekday(row["until_day"]),
                    until_time=_clock(row["until_time"]),
                )
            )
        except ValueError:
            problems.add(
                f"row-{number}-from_day",
                f"Row {number + 1}: choose both days and enter both times, such as 19:00",
            )
    return tuple(found)


def ahead(
    request: Asked,
    rows: list[dict[str, str]],
    release: OneOff | None = None,
    appointments: Sequence[OneOff] = (),
) -> tuple[Night, ...]:
    """Return the periods of the next NIGHTS days that a form's rows and single windows come to;
    none while a row cannot be read."""
    quiet = Problems()
    found = read_rows(rows, quiet)
    if quiet:
        return ()
    asking = reader(request, Purpose.UPKEEP)
    with asking.connection() as connection:
        holidays = settings_at(connection, asking.now()).holidays
    return nights(found, release, asking.now(), frozenset(holidays.days), appointments)


def week_of(rows: list[dict[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return each day of an ordinary week with the hours in which the rows apply; empty while
    there is no row or one cannot be read."""
    quiet = Problems()
    found = read_rows(rows, quiet)
    if quiet or not found:
        return ()
    days: list[list[tuple[int, int]]] = [[] for _ in DAYS]
    for row in found:
        begins = _minute(row.from_day, row.from_time)
        ends = _minute(row.until_day, row.until_time)
        ends += _WEEK if ends <= begins else 0
        while begins < ends:
            midnight = (begins // _DAY + 1) * _DAY
            upto = min(ends, midnight)
            days[begins // _DAY % 7].append((begins % _DAY, upto - midnight + _DAY))
            begins = upto
    return tuple(
        (name, ", ".join(f"{_hour(a)} to {_hour(b)}" for a, b in sorted(hours)) or "not at all")
        for (_, name), hours in zip(DAYS, days, strict=True)
    )


def _minute(day: Weekday, at: time) -> int:
    """Return the minute of the week."""
    return list(Weekday).index(day) * _DAY + at.hour * 60 + at.minute


def _hour(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def nights(
    rows: tuple[CurfewRow, ...],
    release: OneOff | None,
    start: Instant,
    holidays: frozenset[date] = frozenset(),
    appointments: Sequence[OneOff] = (),
) -> tuple[Night, ...]:
    """Return the periods of the next NIGHTS days with their true lengths in hours, and which of
    them touch a bank holiday: an order may say otherwise for it."""
    until = Instant(start + NIGHTS * DAY)
    spans = windows(rows, Instant(start - 8 * DAY), Instant(until + 8 * DAY))
    found = [_night(a, b, "", holidays) for a, b in spans if b > start and a < until]
    if release is not None:
        found.append(_night(release.start, release.end, "release night", holidays))
    for one in appointments:
        if one.end > start and one.start < until:
            found.append(_night(one.start, one.end, "appointment", holidays))
    return tuple(sorted(found, key=lambda night: night.start))


def _night(start: Instant, end: Instant, note: str, holidays: frozenset[date]) -> Night:
    hours = (_offset(end) - _offset(start)) // HOUR
    if hours:
        change = "forward: one hour less" if hours > 0 else "back: one hour more"
        note = f"{note} the clocks go {change}"
    if {london(start).date(), london(Instant(end - 1)).date()} & holidays:
        note = f"{note} {'; ' if note else ''}bank holiday: see whether the order says otherwise"
    return Night(start=start, end=end, lasts=age(end - start), note=" ".join(note.split()))


def _offset(at: Instant) -> int:
    """Return how far London is ahead of UTC."""
    return round((london(at).utcoffset() or timedelta()) / timedelta(microseconds=1))


def _clock(given: str) -> time:
    hour, _, minute = given.replace(".", ":").partition(":")
    return time(int(hour), int(minute or "0"))


def _empty() -> dict[str, str]:
    return {part: "" for part in PARTS}  # noqa: C420  # fromkeys would be typed by the literals
