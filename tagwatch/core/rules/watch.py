"""The state of a curfew window: what is remembered, and every way it can go on."""

from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.episode import Episode


class Absence(StrEnum):
    """How an absence lies in its window; `Episode.detail` holds it."""

    LATE = "late home"
    LEFT = "left during the curfew"
    OUT_AT_END = "out at the end of the curfew"
    OUT_THROUGHOUT = "out for the entire curfew"


UNSEEN: Final = "cannot currently see whether he is there"
"""`Episode.detail` of the service fact that a curfew goes unseen."""


class State(StrEnum):
    """Where a curfew window stands. UNSEEN is None in the memory."""

    UNSEEN = "unseen"
    PRESENT = "present"
    POSSIBLE = "possible"
    CONFIRMED = "confirmed"
    BACK_POSSIBLE = "back_possible"
    BACK_CONFIRMED = "back_confirmed"


class Signal(StrEnum):
    """What a fix, or the end of the window, says."""

    PRESENT = "present"
    OUT = "out"
    """P(outside) at least *protect*, after the grace."""
    HELD = "held"
    """P(outside) at least *accuse* over the confirming time, nothing against it between."""
    SETTLED = "settled"
    """Present for so long that another absence is another episode."""
    OVER = "over"
    """The window ended."""


TRANSITIONS: Final[dict[tuple[State, Signal], tuple[str, State]]] = {
    (State.UNSEEN, Signal.PRESENT): ("A", State.PRESENT),
    (State.UNSEEN, Signal.OUT): ("B", State.POSSIBLE),
    (State.PRESENT, Signal.OUT): ("C", State.POSSIBLE),
    (State.POSSIBLE, Signal.HELD): ("D", State.CONFIRMED),
    (State.POSSIBLE, Signal.PRESENT): ("E", State.BACK_POSSIBLE),
    (State.CONFIRMED, Signal.PRESENT): ("F", State.BACK_CONFIRMED),
    (State.BACK_POSSIBLE, Signal.OUT): ("G", State.POSSIBLE),
    (State.BACK_CONFIRMED, Signal.OUT): ("H", State.CONFIRMED),
    (State.BACK_POSSIBLE, Signal.SETTLED): ("I", State.PRESENT),
    (State.BACK_CONFIRMED, Signal.SETTLED): ("J", State.PRESENT),
    (State.PRESENT, Signal.OVER): ("K", State.UNSEEN),
    (State.POSSIBLE, Signal.OVER): ("L", State.UNSEEN),
    (State.CONFIRMED, Signal.OVER): ("M", State.UNSEEN),
    (State.BACK_POSSIBLE, Signal.OVER): ("N", State.UNSEEN),
    (State.BACK_CONFIRMED, Signal.OVER): ("O", State.UNSEEN),
    (State.UNSEEN, Signal.OVER): ("P", State.UNSEEN),
}
"""(state, signal) → (letter, next state). Every pair that can occur is here, and no other."""

OPEN: Final = frozenset({State.POSSIBLE, State.CONFIRMED})
BACK: Final = frozenset({State.BACK_POSSIBLE, State.BACK_CONFIRMED})


class Watch(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """What is remembered of one curfew within one window."""

    state: State = State.UNSEEN
    start: int
    until: int
    """The window: [start, until)."""
    answered_at: int | None = None
    """Last fix that said where he was."""
    present_at: int | None = None
    """Last fix that said that he was there; fixes skipped by the screen stand beside it."""
    out_first: int | None = None
    """First of an unbroken run of fixes with P(outside) ≥ protect."""
    out_last: int | None = None
    sure_first: int | None = None
    """First of a run with P(outside) ≥ accuse, nothing against it since."""
    sure_ever: int | None = None
    """Last fix with P(outside) ≥ accuse since he was last there, told or not."""
    back_at: int | None = None
    episode: Episode | None = None
    likely_since: int | None = None
    """First of an unbroken run of fixes, none of which shows him there, that all make it at least
    as likely as `seen` that he is; not kept at rest."""
    doubted: bool = False
    """The filter was asked, and has not shown him there since."""
    sure_satellite: bool = False
    """A satellite fix is in the run from `sure_first` on."""

    @property
    def at_rest(self) -> bool:
        """Whether a fix certainly inside during the window changes nothing but `present_at`."""
        return self.state is State.PRESENT and self.out_last is None and not self.doubted


def anew(watch: Watch) -> Watch:
    """Return the watch with nothing held yet: after a swap of tags errors are others."""
    if watch.sure_first is None and watch.likely_since is None:
        return watch
    return msgspec.structs.replace(watch, sure_first=None, sure_satellite=False, likely_since=None)
