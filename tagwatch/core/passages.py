"""Ways between fixes by which he can have been in a place, and how likely that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from tagwatch.core import paths
from tagwatch.core.approach import reachable
from tagwatch.core.between import Walk
from tagwatch.core.clearing import missed
from tagwatch.core.contour import PlanarShape
from tagwatch.core.coverage import Seen
from tagwatch.core.motion import Mode, MotionSettings
from tagwatch.core.plane import Floats
from tagwatch.core.units import SECOND, Instant
from tagwatch.core.where import Place

_STEP_M: Final = 25.0
"""Steps are cut so short that a path wanders about this far in one."""
_LEAST_CELLS: Final = 8
_LEAST_SHARE: Final = 0.01
"""A way of moving less likely does not make the steps shorter."""
_BEFORE, _AFTER = -1, -2
_OVER: Final = 1e-7
"""A path whose chance to have missed the place is no more than this is done with."""


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """The time between fix `k` and the next; of `_BEFORE` all before the first, `_AFTER` after."""

    k: int
    start: int
    end: int
    shares: tuple[float, ...]
    """Of each `Mode`; they sum to 1."""
    spreads_m2: tuple[float, ...]
    """Variance per axis that each mode adds over the interval."""
    spans: tuple[tuple[int, int] | None, ...]
    """When each mode, at its top speed, can have had him in the place."""
    reach: float
    """Weight of the ways of moving by which he could have been there within the window; 1 where
    nobody was watching and the fastest could."""


def intervals(
    walk: Walk,
    away_m: Sequence[float],
    likely: Floats | None,
    window: tuple[Instant, Instant],
    seen: Sequence[tuple[Instant, Instant, Seen]],
    motion: MotionSettings,
) -> list[Hop]:
    """Return the intervals between fixes that overlap the window, and the two unbound ends."""
    start, end = window
    found: list[Hop] = []
    if not walk.at:
        return [Hop(_BEFORE, start, end, (), (), (), 1.0)]
    if start < walk.at[0]:
        found.append(_unbound(walk, away_m, _BEFORE, start, walk.at[0], window, motion))
    for k, (a, b) in enumerate(pairwise(walk.at)):
        if b <= start or a >= end or likely is None:
            continue
        gap = any(kind is not Seen.OBSERVED for lo, hi, kind in seen if lo < b and hi > a)
        shares = _shares(likely[k], motion)
        spans = tuple(
            _cut(reachable(walk, away_m, k, mode.top_mps), window) for mode in motion.modes
        )
        reach = sum(share for share, span in zip(shares, spans, strict=True) if span is not None)
        if gap:
            reach = float(spans[Mode.RAIL] is not None)
        spreads = _spreads((b - a) / SECOND, motion)
        found.append(Hop(k, a, b, shares, spreads, spans, reach))
    if end > walk.at[-1]:
        found.append(_unbound(walk, away_m, _AFTER, walk.at[-1], end, window, motion))
    return found


def _shares(row: Floats, motion: MotionSettings) -> tuple[float, ...]:
    """Return the weight of each mode: `row` says of each whether it took part."""
    moved = min(1.0, float(np.max(row[Mode.FOOT :])))
    rest = max(0.0, min(1.0, 1.0 - moved))
    parts = [float(row[m]) * motion.modes[m].share for m in list(Mode)[Mode.FOOT :]]
    total = sum(parts)
    if total <= 0.0:
        return (1.0, 0.0, 0.0, 0.0)
    return (rest, *((1.0 - rest) * part / total for part in parts))


def _spreads(length_s: float, motion: MotionSettings) -> tuple[float, ...]:
    """Return the variance of the distance gone, per axis, by mode: straight on for a while, and
    beyond that with the root of time."""
    straight_s = min(length_s, motion.straight_s)
    return tuple(mode.usual_mps**2 * straight_s * length_s for mode in motion.modes)


def _unbound(
    walk: Walk,
    away_m: Sequence[float],
    kind: int,
    start: int,
    end: int,
    window: tuple[Instant, Instant],
    motion: MotionSettings,
) -> Hop:
    row = 0 if kind == _BEFORE else len(walk.at) - 1
    left_m = max(0.0, away_m[row] - walk.radius_m[row])
    spans: list[tuple[int, int] | None] = []
    for mode in motion.modes:
        needs = round(left_m / mode.top_mps * SECOND)
        span = (start, end - needs) if kind == _BEFORE else (start + needs, end)
        spans.append(_cut(span if span[0] <= span[1] else None, window))
    shares = tuple(mode.share for mode in motion.modes)
    reach = float(spans[Mode.RAIL] is not None)
    spreads = _spreads((end - start) / SECOND, motion)
    return Hop(kind, start, end, shares, spreads, tuple(spans), reach)


def _cut(span: tuple[int, int] | None, window: tuple[Instant, Instant]) -> tuple[int, int] | None:
    """Return the span where it touches the window, whole; else None."""
    if span is None or span[0] >= window[1] or span[1] < window[0]:
        return None
    return span


class Passages:
    """Paths through all fixes, against one place."""

    def __init__(
        self, shape: PlanarShape, walk: Walk, held: Sequence[Place], spans: Sequence[Hop]
    ) -> None:
        self._shape, self._walk, self._held, self._spans = shape, walk, held, spans
        self._spots: dict[int, Floats] = {}

    def chance(self, window: tuple[Instant, Instant]) -> float:
        """Return the share of paths that are in the place at some time in the window."""
        never: Floats = np.ones(paths.PATHS)
        still: Floats = np.zeros(paths.PATHS)
        for k, at in enumerate(self._walk.at):
            if window[0] <= at < window[1] and self._held[k].p > 0.0:
                spots = self._at(k)[:, None, :]
                pair = np.concatenate([spots, spots], axis=1)
                never *= missed(self._shape, pair, still)[:, 0]
        for span in self._spans:
            alive = np.flatnonzero(never > _OVER)
            if span.reach > 0.0 and len(alive):
                never[alive] *= self._never(span, window, alive)
        return float(1.0 - np.mean(never))

    def _at(self, k: int) -> Floats:
        if k not in self._spots:
            self._spots[k] = self._held[k].spots()
        return self._spots[k]

    def _never(self, span: Hop, window: tuple[Instant, Instant], alive: paths.Rows) -> Floats:
        """Return P(not in the place within the window) on this interval, for the paths `alive`."""
        shape, start, end = self._shape, span.start, span.end
        key = -1 - abs(self._walk.at[0] if span.k == _BEFORE else start) - (span.k == _AFTER)
        rows = paths.rows_of(key)[alive]
        modes = np.searchsorted(np.cumsum(span.shares), paths.mode_ranks()[rows])
        modes = np.minimum(modes, len(Mode) - 1)
        spread2 = np.array(span.spreads_m2)[modes]
        cells = _cells(span)
        even = np.linspace(0.0, 1.0, cells + 1)
        wander = np.sqrt(spread2)[:, None, None] * paths.bridges(cells)[rows]
        a, b = self._ends(span, spread2, rows, alive)
        way = a[:, None, :] * (1.0 - even)[None, :, None] + b[:, None, :] * even[None, :, None]
        chance = missed(shape, way + wander, spread2 / cells)
        edges = start + even * (end - start)
        low, high = edges[:-1], edges[1:]
        counted: Floats = np.zeros((len(Mode), cells))
        for mode, bounds in enumerate(span.spans):
            if bounds is not None:
                first, last = max(bounds[0], window[0]), min(bounds[1], window[1])
                inside = np.minimum(high, last) - np.maximum(low, first)
                counted[mode] = np.clip(inside / np.maximum(high - low, 1.0), 0.0, 1.0)
        share = counted[modes]
        never: Floats = np.prod(np.where(share > 0.0, chance**share, 1.0), axis=1)
        return never

    def _ends(
        self, span: Hop, spread2: Floats, rows: paths.Rows, alive: paths.Rows
    ) -> tuple[Floats, Floats]:
        if span.k >= 0:
            return self._at(span.k)[alive], self._at(span.k + 1)[alive]
        gone = np.sqrt(spread2)[:, None] * paths.ends()[rows]
        if span.k == _BEFORE:
            known = self._at(0)[alive]
            return known + gone, known
        known = self._at(len(self._walk.at) - 1)[alive]
        return known, known + gone


def _cells(span: Hop) -> int:
    """Return into how many steps an interval is cut: a power of two."""
    spread2 = max(
        (v for v, share in zip(span.spreads_m2, span.shares, strict=True) if share >= _LEAST_SHARE),
        default=0.0,
    )
    cells = _LEAST_CELLS
    while cells < paths.MOST_CELLS and spread2 / cells > _STEP_M**2:
        cells *= 2
    return cells
