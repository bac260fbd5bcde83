"""How often strangers may ask: so many times a minute from one address, and in all."""

import threading
from collections import OrderedDict
from typing import Final

from tagwatch.core.units import MINUTE, Instant

_MOST_ADDRESSES: Final = 10_000


class Pace:
    """Counts visits in whole minutes. Safe for several threads."""

    def __init__(self, per_address: int, in_all: int) -> None:
        """Allow so many visits a minute from one address, and from all of them."""
        self._per_address = per_address
        self._in_all = in_all
        self._minute = -1
        self._all = 0
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def may(self, address: str, at: Instant) -> bool:
        """Count a visit and return whether it may be answered."""
        with self._lock:
            if self._minute != (minute := at // MINUTE):
                self._minute, self._all = minute, 0
                self._counts.clear()
            self._all += 1
            count = self._counts.pop(address, 0) + 1
            self._counts[address] = count
            if len(self._counts) > _MOST_ADDRESSES:
                self._counts.popitem(last=False)
            return count <= self._per_address and self._all <= self._in_all
