"""Weekly rows as people write them: `Mo 19:00-Tu 07:00`."""

import re
from datetime import date, time
from typing import Final

from tagwatch.core.timetable import CurfewRow, Weekday

_ROW: Final = re.compile(
    r"(?P<from_day>[A-Za-z]{2})[a-z]*\s+(?P<from_time>\d{1,2}:\d{2})\s*(?:-|–|until|to)\s*"
    r"(?:(?P<until_day>[A-Za-z]{2})[a-z]*\s+)?(?P<until_time>\d{1,2}:\d{2})"
    r"(?:\s+except\s+(?P<except_on>[-\d,\s]+))?"
)


def row_of(text: str) -> CurfewRow:
    """Return the row of `Mo 19:00-Tu 07:00`, London time; without a second day it is the same.

    ` except 2026-12-25, 2026-12-26` names days on which it does not start. Raises ValueError
    saying how to write it.
    """
    found = _ROW.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"{text!r} is no weekly row: write it like Mo 19:00-Tu 07:00 (Mo Tu We Th Fr Sa Su)"
        )
    days = [found["from_day"], found["until_day"] or found["from_day"]]
    excepted = [day for day in re.split(r"[,\s]+", found["except_on"] or "") if day]
    try:
        from_day, until_day = (Weekday(day.capitalize()) for day in days)
        return CurfewRow(
            from_day=from_day,
            from_time=time.fromisoformat(found["from_time"].zfill(5)),
            until_day=until_day,
            until_time=time.fromisoformat(found["until_time"].zfill(5)),
            except_on=tuple(date.fromisoformat(day) for day in excepted),
        )
    except ValueError as error:
        raise ValueError(
            f"{text!r} is no weekly row ({error}): write it like Mo 19:00-Tu 07:00"
        ) from error


_SPAN: Final = re.compile(
    r"(?:(?P<daily>daily|every day)|(?P<first>[A-Za-z]{2})[a-z]*"
    r"(?:\s*[-–]\s*(?P<last>[A-Za-z]{2})[a-z]*)?)"
    r"\s+(?P<start>\d{1,2}:\d{2})\s*(?:-|–|to)\s*(?P<end>\d{1,2}:\d{2})",
    re.IGNORECASE,
)
_DAYS: Final = tuple(Weekday)


def rows_of(text: str) -> tuple[CurfewRow, ...]:
    """Return the rows of a text, one statement a line, London time.

    `daily 19:00-07:00` and `Mo-Fr 09:00-17:00` begin on each of these days and end within a day;
    `Fr 17:30-Mo 08:00` is one row. Raises ValueError saying how to write it.
    """
    found: list[CurfewRow] = []
    for line in filter(None, (part.strip() for part in text.splitlines())):
        span = _SPAN.fullmatch(line)
        if span is None:
            found.append(row_of(line))
            continue
        try:
            start, end = (time.fromisoformat(span[edge].zfill(5)) for edge in ("start", "end"))
            first = 0 if span["daily"] else _DAYS.index(Weekday(span["first"].capitalize()))
            last = 6 if span["daily"] else first
            if span["last"]:
                last = _DAYS.index(Weekday(span["last"].capitalize()))
        except ValueError as error:
            raise ValueError(f"{line!r}: {error}; write it like Mo-Fr 09:00-17:00") from error
        for number in range((last - first) % 7 + 1):
            day = (first + number) % 7
            until = _DAYS[(day + (end <= start)) % 7]
            found.append(
                CurfewRow(from_day=_DAYS[day], from_time=start, until_day=until, until_time=end)
            )
    return tuple(found)


def row_text(row: CurfewRow) -> str:
    """Return a row as `row_of` reads it."""
    text = f"{row.from_day} {row.from_time:%H:%M}-{row.until_day} {row.until_time:%H:%M}"
    return f"{text} except {', '.join(map(str, row.except_on))}" if row.except_on else text
