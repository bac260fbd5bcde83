"""What the screen must know of each wearer, kept in flat arrays that grow as wearers come."""

from collections.abc import Callable
from typing import Final

from tagwatch.core import screen
from tagwatch.core.ids import WearerId
from tagwatch.core.memory import Memory
from tagwatch.core.rules.prepare import Tracks
from tagwatch.core.screen import Bounds, room
from tagwatch.core.settings import Settings
from tagwatch.core.units import Instant

_FIRST_ROOM: Final = 64


class Screened:
    """The bounds of every wearer a frame came from, by position; filled when first asked for."""

    def __init__(self) -> None:
        self.known: Bounds = room(0, 0, 0)
        self.seen = 0
        """Fixes the screen has looked at since the start."""
        self.survived = 0
        """Those of them that had to be stepped. How many depends on the batches: no projection."""
        self._position: dict[WearerId, int] = {}
        self._noted: dict[WearerId, str] = {}
        """Tag model with which a wearer's bounds are up to date; absent: they are not."""
        self._unmade: set[WearerId] = set()

    def forget(self, wearer: WearerId) -> None:
        """Take note that the wearer's conditions are others: his bounds are made anew."""
        self._noted.pop(wearer, None)
        self._unmade.add(wearer)

    def stale(self, wearer: WearerId) -> None:
        """Take note that the wearer's memory changed otherwise than by screened fixes."""
        self._noted.pop(wearer, None)

    def position(
        self,
        wearer: WearerId,
        tracks_of: Callable[[WearerId], Tracks],
        memory: Memory,
        tag_model: str,
        settings: Settings,
        first: Instant,
    ) -> int:
        """Return the wearer's position in `known`, brought up to date for fixes from `first` on.

        `tracks_of` is asked only where it was not: of most wearers the numbers in `known` are all
        that is looked at.
        """
        at = self._position.get(wearer)
        if at is not None and self._noted.get(wearer) == tag_model:
            return at
        if at is None:
            at = self._position[wearer] = len(self._position)
            self._unmade.add(wearer)
        tracks = tracks_of(wearer)
        if wearer in self._unmade:
            self._make(at, screen.bounds([tracks]))
            self._unmade.discard(wearer)
        # Of somebody of whom nothing was heard yet the memory does not say where to look from.
        since = Instant(max(memory.upto, first))
        screen.note(self.known, at, tracks, memory, tag_model, settings, since)
        self._noted[wearer] = tag_model
        return at

    def _make(self, at: int, one: Bounds) -> None:
        """Put the bounds of one wearer in place."""
        known = self.known
        count = max(known.rest.shape[0], _FIRST_ROOM)
        while count <= at:
            count *= 2
        most = max(known.zone.shape[2], one.zone.shape[2])
        many = max(known.place.shape[2], one.place.shape[2])
        if (count, most, many) != (known.rest.shape[0], known.zone.shape[2], known.place.shape[2]):
            known = self.known = _grown(known, room(count, most, many))
        empty = room(1, most, many)
        _copy(_grown(one, empty), 0, known, at)


def _grown(small: Bounds, large: Bounds) -> Bounds:
    """Return `large` with `small` in its first places."""
    count = small.rest.shape[0]
    most, many = small.zone.shape[2], small.place.shape[2]
    large.zone[:, :count, :most] = small.zone
    large.place[:, :count, :many] = small.place
    large.window[:, :count, :many] = small.window
    large.known_from[:count] = small.known_from
    large.known_until[:count, :many] = small.known_until
    large.present_until[:count, :many] = small.present_until
    large.rest[:count] = small.rest
    large.known[:count] = small.known
    large.bit[:count, :most] = small.bit
    large.protect[:count, :most] = small.protect
    return large


def _copy(source: Bounds, one: int, target: Bounds, at: int) -> None:
    target.zone[:, at] = source.zone[:, one]
    target.place[:, at] = source.place[:, one]
    target.window[:, at] = source.window[:, one]
    target.known_from[at] = source.known_from[one]
    target.known_until[at] = source.known_until[one]
    target.present_until[at] = source.present_until[one]
    target.rest[at] = source.rest[one]
    target.known[at] = source.known[one]
    target.bit[at] = source.bit[one]
    target.protect[at] = source.protect[one]
