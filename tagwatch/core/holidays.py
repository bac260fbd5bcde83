"""Bank holidays of England and Wales: a dated list, published with the settings.

Origin: the list that GOV.UK publishes (Bank holidays, England and Wales), years 2026 to 2028, as
it follows from the Banking and Financial Dealings Act 1971 and the usual substitute days. It was
written down by hand: compare it with https://www.gov.uk/bank-holidays before relying on it, and
publish a newer list when a year is added or a day proclaimed.
"""

from datetime import date
from typing import Final

import msgspec

_2026: Final = ("01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28")
_2027: Final = ("01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28")
_2028: Final = ("01-03", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26")
_DAYS: Final = tuple(
    date.fromisoformat(f"{year}-{day}")
    for year, days in ((2026, _2026), (2027, _2027), (2028, _2028))
    for day in days
)


class HolidaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """The bank holidays that shifts go by. Raises ValueError unless sorted, each day once."""

    origin: str = "GOV.UK, bank holidays in England and Wales, 2026 to 2028"
    """Where the list comes from, and for which years it was published."""
    written_on: date = date(2026, 11, 25)
    """The day on which the list was written down."""
    days: tuple[date, ...] = _DAYS
    """London dates; a substitute day stands for the day it replaces."""
    listed_until: date = date(2028, 12, 31)
    """Later days are not known: the page says so in good time."""

    def __post_init__(self) -> None:
        if list(self.days) != sorted(set(self.days)):
            raise ValueError("bank holidays must be in order, each day once")
