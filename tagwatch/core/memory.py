"""What the rules remember of one wearer between two fixes."""

from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.episode import Episode, Evaluation
from tagwatch.core.ids import ActivationId
from tagwatch.core.outcome import Phase
from tagwatch.core.rules.stay import Stay
from tagwatch.core.rules.watch import Watch
from tagwatch.core.rules.whereabouts import LastFix, Where
from tagwatch.core.units import HOUR, Instant

NEVER: Final = Instant(-(2**62))
"""Earlier than any time."""

SNAPSHOT_EVERY: Final = 6 * HOUR

SEEN: Final = 0
"""The screen's answer for curfews: inside every curfew place whose window it is."""
STEPPED: Final = 1
"""The screen's answer for curfews: it may change something; the rules must step it."""
LIKELY: Final = 2
"""The screen's answer for curfews: likely inside every curfew place whose window it is, but too
vague to show him there, who was shown there before."""
VAGUE: Final = 3
"""The screen's answer for curfews: it says nothing of him, who was shown there before."""

ANSWER: Final = 3
"""The bits of an answer that speak of curfews. Above them, from NEAR_SHIFT, one bit for each of the
wearer's zones and rings, in the order of his tracks, that is near; of all others he is clear."""
NEAR_SHIFT: Final = 2
TRACKS: Final = (1 << 30) - 1
LAST_BIT: Final = 29
"""The bit that all further tracks share."""
Answers = NDArray[np.uint64]
"""What the screen says of each fix."""
EVERYTHING: Final = TRACKS << NEAR_SHIFT | STEPPED
"""The answer of no screen at all: every rule must step the fix."""


class Unseen(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """An open service fact: a curfew window in which he cannot be seen."""

    episode: Episode
    until: int


class Memory(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that the rules remember of one wearer. Conditions at their floor are not in it."""

    upto: Instant = NEVER
    """Event time of the last fix taken in."""
    first_at: Instant | None = None
    """The first fix of all."""
    skipped_at: int = NEVER
    """The last fix that was screened as inside every curfew place whose window it was."""
    likely_at: int = NEVER
    """The last fix that was screened as likely inside them, where later than `skipped_at`."""
    activation_id: ActivationId | None = None
    clear_at: int = NEVER
    """The last fix taken in: clear of every area that is not in `clear`."""
    clear: dict[str, int] = {}
    """By track key, the last fix that was clear of an area of which the last fix was not."""
    stays: dict[str, Stay] = {}
    watches: dict[str, Watch] = {}
    where: Where | None = None
    """What the filter remembers of where he is; None where no zone was near."""
    home: Where | None = None
    """The same for curfews: None where none is in doubt."""
    last: LastFix | None = None
    """The last fix of the tag in use: where the filter begins."""
    unseen: dict[str, Unseen] = {}
    """Service facts; no part of the findings."""

    @property
    def screened_at(self) -> int:
        """The last fix that was screened and says of curfews that he was seen."""
        return max(self.skipped_at, self.likely_at)

    @property
    def at_rest(self) -> bool:
        """Whether screened fixes leave everything here but times as it is."""
        return not self.stays and all(watch.at_rest for watch in self.watches.values())


EMPTY: Final = Memory()


class Advanced(msgspec.Struct, frozen=True, kw_only=True):
    """What fixes, or a deadline, did."""

    memory: Memory
    changed: tuple[Episode, ...] = ()
    """New versions of episodes, in the order in which they were made."""
    progressed: tuple[Episode, ...] = ()
    """Open episodes with more fixes or a higher probability and no new version."""
    evaluations: tuple[Evaluation, ...] = ()
    """Of the fixes that changed an episode."""


class Rederived(msgspec.Struct, frozen=True, kw_only=True):
    """What a derivation from a snapshot yields in place of what was known."""

    memory: Memory
    changed: tuple[Episode, ...]
    """New versions: amended, new, merged, withdrawn. Nothing is ever deleted."""
    snapshots: tuple[Memory, ...]
    """To be stored in place of all snapshots later than the one that was started from."""


def snapshot_due(before: Memory, after: Memory) -> bool:
    """Return whether `after` should be stored as a snapshot: a six-hour boundary of event time
    lies between the two."""
    return before.upto // SNAPSHOT_EVERY != after.upto // SNAPSHOT_EVERY


def open_episodes(memory: Memory) -> tuple[Episode, ...]:
    """Return the location findings that are going on, as they stand."""
    found = [s.episode for s in memory.stays.values() if s.episode.phase is Phase.OPEN]
    for watch in memory.watches.values():
        if watch.episode is not None and watch.episode.phase is Phase.OPEN:
            found.append(watch.episode)
    return tuple(found)


def remembered_episodes(memory: Memory) -> list[Episode]:
    """Return the episodes in the states, going on or just ended."""
    found = [stay.episode for stay in memory.stays.values()]
    return found + [w.episode for w in memory.watches.values() if w.episode is not None]


def with_episodes(memory: Memory, change: Callable[[Episode], Episode]) -> Memory:
    """Return the memory with `change` made to each episode in its states."""
    return msgspec.structs.replace(
        memory,
        stays={
            key: msgspec.structs.replace(stay, episode=change(stay.episode))
            for key, stay in memory.stays.items()
        },
        watches={
            key: watch
            if watch.episode is None
            else msgspec.structs.replace(watch, episode=change(watch.episode))
            for key, watch in memory.watches.items()
        },
    )
