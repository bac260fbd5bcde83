"""What was worked out and may be asked for again, within a bound."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


def _one(_value: object) -> int:
    return 1


class Kept(Generic[_Key, _Value]):
    """Values by key, of a total weight of `most` at the most (but for a single heavy one).

    Two generations: what was not asked for while half of `most` came in is let go of.
    """

    def __init__(self, most: int, weight: Callable[[_Value], int] = _one) -> None:
        self._half = max(1, most // 2)
        self._weigh = weight
        self._young: dict[_Key, _Value] = {}
        self._old: dict[_Key, _Value] = {}
        self._weight = 0

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())

    def get(self, key: _Key) -> _Value | None:
        """Return the value of `key`, or None if it is not kept."""
        found = self._young.get(key)
        if found is None and self._old:
            found = self._old.pop(key, None)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: _Key, value: _Value) -> None:
        """Keep `value`, in place of any other of the same key."""
        weight = self._weigh(value)
        if self._weight + weight > self._half:
            self._young, self._old, self._weight = {}, self._young, 0
        former = self._young.get(key)
        self._weight += weight - (0 if former is None else self._weigh(former))
        self._young[key] = value

    def drop(self, key: _Key) -> None:
        """Keep no value of `key`."""
        self._old.pop(key, None)
        former = self._young.pop(key, None)
        if former is not None:
            self._weight -= self._weigh(former)
