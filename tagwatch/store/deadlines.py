"""Which wearers must be looked at by when, so that a tick for thousands is cheap."""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Final

from tagwatch.core.ids import WearerId
from tagwatch.core.units import Instant

_MOST_STALE: Final = 8


class Deadlines:
    """One planned instant a wearer, never later than the true one.

    A deadline that moved away is found out only when its old time comes: then it is planned anew.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[Instant, WearerId]] = []
        self._planned: dict[WearerId, Instant] = {}

    def __contains__(self, wearer: WearerId) -> bool:
        return wearer in self._planned

    def plan(self, wearer: WearerId, at: Instant | None) -> None:
        """Look at `wearer` at `at`, or earlier if that was planned; None changes nothing."""
        if at is None:
            return
        planned = self._planned.get(wearer)
        if planned is None or at < planned:
            self._planned[wearer] = at
            heappush(self._heap, (at, wearer))
            if len(self._heap) > _MOST_STALE * len(self._planned) + 1024:
                self._heap = [(when, who) for who, when in self._planned.items()]
                heapify(self._heap)

    def take_due(self, now: Instant) -> list[WearerId]:
        """Return, sorted, whom to look at by `now`; each must be planned again by the caller."""
        due: list[WearerId] = []
        while self._heap and self._heap[0][0] <= now:
            at, wearer = heappop(self._heap)
            if self._planned.get(wearer) == at:
                del self._planned[wearer]
                due.append(wearer)
        return sorted(due)

    def fill(self, wearers: list[WearerId], deadline: Callable[[WearerId], Instant | None]) -> None:
        """Plan all `wearers` from nothing."""
        self._heap.clear()
        self._planned.clear()
        for wearer in wearers:
            self.plan(wearer, deadline(wearer))
