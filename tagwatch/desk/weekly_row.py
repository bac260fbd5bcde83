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


def row_text(row: CurfewRow) -> str:
    """Return a row as `row_of` reads it."""
    text = f"{row.from_day} {row.from_time:%H:%M}-{row.until_day} {row.until_time:%H:%M}"
    return f"{text} except {', '.join(map(str, row.except_on))}" if row.except_on else text
