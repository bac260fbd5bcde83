"""Which wearers, or cases, must be looked at by when, so that a tick for thousands is cheap."""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Final, Generic, TypeVar

from tagwatch.core.units import Instant

_MOST_STALE: Final = 8
Key = TypeVar("Key", bound=str)


class Deadlines(Generic[Key]):
    """One planned instant for each wearer or case, never later than the true one.

    A deadline that moved away is found out only when its old time comes: then it is planned anew.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[Instant, Key]] = []
        self._planned: dict[Key, Instant] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._planned

    def plan(self, key: Key, at: Instant | None) -> None:
        """Look at `key` at `at`, or earlier if that was planned; None changes nothing."""
        if at is None:
            return
        planned = self._planned.get(key)
        if planned is None or at < planned:
            self._planned[key] = at
            heappush(self._heap, (at, key))
            if len(self._heap) > _MOST_STALE * len(self._planned) + 1024:
                self._heap = [(when, who) for who, when in self._planned.items()]
                heapify(self._heap)

    def take_due(self, now: Instant) -> list[Key]:
        """Return, sorted, whom to look at by `now`; each must be planned again by the caller."""
        due: list[Key] = []
        while self._heap and self._heap[0][0] <= now:
            at, key = heappop(self._heap)
            if self._planned.get(key) == at:
                del self._planned[key]
                due.append(key)
        return sorted(due)

    def fill(self, keys: list[Key], deadline: Callable[[Key], Instant | None]) -> None:
        """Plan all `keys` from nothing."""
        self._heap.clear()
        self._planned.clear()
        for key in keys:
            self.plan(key, deadline(key))
