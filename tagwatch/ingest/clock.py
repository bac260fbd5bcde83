"""The receiver's two clocks: the wall's, and one that only runs forward."""

import time

from tagwatch.core.units import Instant


def now() -> Instant:
    """Return the wall clock's time."""
    return Instant(time.time_ns() // 1000)


def monotonic_us() -> int:
    """Return microseconds on a clock that is never stepped; comparable within one boot."""
    return time.monotonic_ns() // 1000
