"""The machine's clock, and what a process says when it comes up."""

import time

from tagwatch import __version__
from tagwatch.core.ledger import ProcessStarted
from tagwatch.core.timetable import TZDATA_VERSION
from tagwatch.core.units import Instant


def now() -> Instant:
    """Return the machine's clock."""
    return Instant(time.time_ns() // 1000)


def started(process: str) -> ProcessStarted:
    """Return the event that says that a process came up, with which code."""
    return ProcessStarted(
        process=process, at=now(), code_version=__version__, tzdata_version=TZDATA_VERSION
    )
