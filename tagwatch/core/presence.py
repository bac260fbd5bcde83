"""The chance that he was in a place at some time in a window, from all fixes.

Where he was at each fix is what the position filter says, run from both sides: k fixes of one stay
share their error and are not k witnesses. Between fixes he may have gone any way that the time
allows: Brownian bridges by the mode of movement, cut where no top speed of that mode would take
him. The average over a fixed set of paths is the best estimate. Two bounds go with it: what the
fixes alone show, and what nothing excludes. docs/method.md says how often it is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from tagwatch.core.approach import Approach, nearest_approach
from tagwatch.core.between import Walk, walked
from tagwatch.core.coverage import Seen, spans_seen
from tagwatch.core.geometry import Shape
from tagwatch.core.hidden import hidden
from tagwatch.core.ids import FixId
from tagwatch.core.left_open import away_m_of, unbound
from tagwatch.core.passages import Hop, Passages, intervals
from tagwatch.core.person import TagMode
from tagwatch.core.rules.area import Area, area
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.trail import TrailPart
from tagwatch.core.uncertainty import quantised
from tagwatch.core.units import SECOND, Instant
from tagwatch.core.where import Place, places

DECISIVE: Final = 0.95
"""What a fix shows so surely, the line's own filter having heard it and all before, stands
whatever came after it."""


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """What the fixes say of presence in [start, end). Probabilities are multiples of 1e-6."""

    start: Instant
    end: Instant
    probability: float | None
    """Best estimate that he was there at some time; None where there is no fix at all."""
    lower: float
    """What one moment of the fixes alone shows, whatever went on between them."""
    upper: float
    """1 where he can have come there and gone unseen. No estimate: what is not excluded."""
    approach: Approach | None
    """The nearest he can have come, and when; None where there is no fix at all."""
    best_fix: FixId | None
    """The fix in the window that shows it best, and its chance and distance to the border."""
    best_at: Instant | None
    best_p: float
    best_m: float | None
    fixes: int
    """Fixes in the window that can decide."""
    observed_s: int
    unobserved_s: int
    off_s: int
    hidden: float = 1.0
    """Share of the time in which silence can have hidden him there (`core/hidden.py`)."""


def presence(
    trail: Sequence[TrailPart],
    place: Shape,
    window: tuple[Instant, Instant],
    worn: Sequence[tuple[Instant, Instant]],
    mode: TagMode,
    settings: SettingsHistory,
    prepared: Prepared,
) -> Presence:
    """Return the chance that he was in `place` at some time in [start, end) of `window`.

    An empty window is taken for its first second. `trail` and `worn` as `was_near` takes them:
    fixes of tags that were on him from an hour or so before to one after, and when one was.
    """
    read = heard(trail, window, worn, mode, settings, prepared)
    return presence_by(read, place, settings, prepared)


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What does not depend on the place asked about."""

    trail: Sequence[TrailPart]
    window: tuple[Instant, Instant]
    walk: Walk
    seen: Sequence[tuple[Instant, Instant, Seen]]


def heard(
    trail: Sequence[TrailPart],
    window: tuple[Instant, Instant],
    worn: Sequence[tuple[Instant, Instant]],
    mode: TagMode,
    settings: SettingsHistory,
    prepared: Prepared,
) -> Heard:
    """Return the trail ready to be asked of several places in one window."""
    asked = window[0], Instant(max(window[1], window[0] + SECOND))
    walk = walked(trail, settings, prepared)
    seen = spans_seen(walk, worn, mode, asked)
    unbound(walk, seen, settings)
    return Heard(trail, asked, walk, seen)


def presence_by(
    read: Heard, place: Shape, settings: SettingsHistory, prepared: Prepared
) -> Presence:
    """Return the chance that he was in `place` in the window of `read`; see `presence`."""
    spent = {kind: sum(b - a for a, b, s in read.seen if s is kind) // SECOND for kind in Seen}
    found = _judged(read.trail, area(place), read.walk, read.seen, read.window, settings, prepared)
    return msgspec.structs.replace(
        found,
        observed_s=spent[Seen.OBSERVED],
        unobserved_s=spent[Seen.UNOBSERVED],
        off_s=spent[Seen.OFF],
    )


def _judged(
    trail: Sequence[TrailPart],
    ready: Area,
    walk: Walk,
    seen: Sequence[tuple[Instant, Instant, Seen]],
    window: tuple[Instant, Instant],
    settings: SettingsHistory,
    prepared: Prepared,
) -> Presence:
    """Return all but how the window was seen."""
    start, end = window
    rules = settings.at(start)
    fastest_mps = rules.motion.rail.top_mps
    away_m = [away_m_of(ready, walk, k) for k in range(len(walk.at))]
    spans = intervals(walk, away_m, walk.likely, window, seen, rules.motion)
    rows = [k for k, at in enumerate(walk.at) if start <= at < end]
    held: Sequence[Place] = ()
    if any(span.reach for span in spans) or any(away_m[k] <= 9.0 * walk.wide_m[k] for k in rows):
        held = places(trail, ready, settings, prepared)
    shown = [_shown(held[k]) if held else 0.0 for k in range(len(walk.at))]
    lower = max((shown[k] for k in rows), default=0.0)
    upper = _upper(held, shown, rows, spans)
    estimate: float | None = None
    if walk.at:
        best = Passages(ready.shape, walk, held, spans).chance(window) if held else 0.0
        estimate = quantised(min(max(best, lower), upper))
    best_row = max(rows, key=lambda k: (shown[k], -away_m[k], -walk.at[k]), default=None)
    return Presence(
        start=start,
        end=end,
        probability=estimate,
        lower=quantised(lower),
        upper=quantised(upper),
        approach=nearest_approach(walk, away_m, window, fastest_mps),
        best_fix=None if best_row is None else walk.ids[best_row],
        best_at=None if best_row is None else Instant(walk.at[best_row]),
        best_p=0.0 if best_row is None else shown[best_row],
        best_m=None if best_row is None else round(away_m[best_row], 1),
        fixes=len(rows),
        observed_s=0,
        unobserved_s=0,
        off_s=0,
        hidden=hidden(walk, away_m, window, seen, fastest_mps),
    )


def _shown(place: Place) -> float:
    """Return P(in the place) at a fix: by the side that knows more, and never less than the line
    itself would say where that is decisive."""
    return place.heard if place.heard >= DECISIVE else place.p


def _upper(
    held: Sequence[Place], shown: Sequence[float], rows: Sequence[int], spans: Sequence[Hop]
) -> float:
    """Return a bound by adding up: one stay's fixes count once, each interval as much as the ways
    of moving weigh by which he could have been there."""
    total = sum(span.reach for span in spans)
    if held:
        by_stay: dict[int, float] = {}
        for k in rows:
            by_stay[held[k].stay] = max(by_stay.get(held[k].stay, 0.0), shown[k])
        total += sum(by_stay.values())
    return min(1.0, total)
