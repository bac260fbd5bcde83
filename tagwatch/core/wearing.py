"""One wearer's fixes of some weeks, ready for statements to be judged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from tagwatch.core.geometry import Shape
from tagwatch.core.habit import Habit, Past
from tagwatch.core.meeting import Followed
from tagwatch.core.pass_by import PassBy, pass_by
from tagwatch.core.presence import Heard, Presence, heard, presence_by
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import HOUR, Instant
from tagwatch.core.was_near import WasNear, was_near

DAYS: Final = 91
"""So many days before are looked at for his routine, at the same time of day."""
BESIDE: Final = HOUR
"""Fixes so long before and after a window have a say in it."""


@dataclass(frozen=True, eq=False)
class Wearing:
    """One wearer's fixes from `DAYS` before a statement to an hour after, and by what to judge."""

    trail: Sequence[TrailPart]
    worn: Sequence[tuple[Instant, Instant]]
    one: Followed
    settings: SettingsHistory
    prepared: Prepared
    days: int = DAYS
    """So many days before are looked at for his routine."""
    _heard: dict[tuple[Instant, Instant], Heard] = field(
        default_factory=dict[tuple[Instant, Instant], Heard]
    )

    @cached_property
    def past(self) -> Past:
        """His fixes in one row, to be asked how often he was somewhere."""
        return Past(self.trail, self.worn, self.one.mode, self.settings, self.prepared)

    def around(self, window: tuple[Instant, Instant]) -> list[TrailPart]:
        """Return the fixes within an hour or so of a window."""
        low, high = window[0] - BESIDE, window[1] + BESIDE
        found: list[TrailPart] = []
        for part in self.trail:
            times = part.block["fixed_at"]
            block = part.block[(times >= low) & (times < high)]
            if len(block):
                found.append(TrailPart(part.activation_id, part.tag_model, block))
        return found

    def habit(self, shape: Shape, window: tuple[Instant, Instant]) -> Habit:
        """Return how often he was in the place at this time on the days before."""
        return self.past.habit(shape, window, self.days)

    def presence(self, shape: Shape, window: tuple[Instant, Instant]) -> Presence:
        """Return the chance that he was in the place in the window."""
        read = self._heard.get(window)
        if read is None:
            read = self._heard[window] = heard(
                self.around(window), window, self.worn, self.one.mode, self.settings, self.prepared
            )
        return presence_by(read, shape, self.settings, self.prepared)

    def near(self, shape: Shape, window: tuple[Instant, Instant]) -> WasNear:
        """Return what the line's own rule says of it."""
        return was_near(
            self.around(window), shape, window, self.worn, self.one.mode, self.settings,
            self.prepared,
        )  # fmt: skip

    def pass_by(self, shape: Shape, window: tuple[Instant, Instant]) -> PassBy:
        """Return how he came and went."""
        return pass_by(
            self.around(window), shape, window, self.one.mode, self.settings, self.prepared
        )
