"""How he moved through an area: came, was inside, left; straight on, a stay, or along its edge.

For the circumstances card; it decides nothing, says nothing of why, and states no speed.
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from math import hypot
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.between import R95, NotExcluded, Walk, move, not_excluded
from tagwatch.core.episode import Episode
from tagwatch.core.motion import Mode
from tagwatch.core.order import ConditionVersion
from tagwatch.core.outcome import Phase, RuleKind
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, WearerOrders
from tagwatch.core.settings import CardSettings
from tagwatch.core.sight import Sight
from tagwatch.core.units import MINUTE, SECOND, Instant

AROUND: Final = 15
"""Fixes looked at before it, after it, and at each end of the stay itself."""
MOST_CROSSINGS: Final = 6
CAME: Final = 10 * MINUTE
"""So much of the way there and back tells how he came and left."""
NEIGHBOURS: Final = 5 * MINUTE
"""A fix within this of the stay's first or last tells where he came from or went."""
_SURE: Final = 0.95
_LEFT_OUT: Final = 1.0 - _SURE
_CROSSING: Final = 0.8
"""Share of fixes with their circle across the border that makes a stay one along the edge."""
_MOVES: Final = 0.2
"""At rest for no more than this share of the time is on the move."""


class Passage(StrEnum):
    """What the stay was, as far as fixes tell. Never why."""

    THROUGH = "straight through"
    ON_THE_MOVE = "on the move, not straight through"
    STAY = "a stay"
    EDGE = "along the edge"
    CANNOT_SAY = "cannot say"


class ModeShare(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a time he moved in one way: expected, at least, and at most."""

    mode: str
    """`Mode`, in lower case."""
    share: float
    least: float
    """The share of the time for which this mode is certain (95 %)."""
    most: float
    """The share of the time for which it cannot be left out (5 %)."""


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """How he moved through an area. Shares are largest first; empty where there are no fixes."""

    passage: Passage
    because: str
    came: tuple[ModeShare, ...] = ()
    inside: tuple[ModeShare, ...] = ()
    left: tuple[ModeShare, ...] = ()
    crossings: tuple[NotExcluded, ...] = ()
    """Intervals before and after it in which he can have been inside unseen, the longest ones."""
    crossings_in_all: int = 0


def movement(
    episode: Episode,
    seen: Sequence[Sight],
    condition: ConditionVersion,
    settings: SettingsHistory,
    prepared: Prepared,
) -> Movement:
    """Return how he moved, from the decidable fixes `seen` in event order, some way before and
    after the episode."""
    chosen = set(episode.fixes)
    places = [k for k, sight in enumerate(seen) if sight.fix_id in chosen]
    if not places:
        return Movement(
            passage=Passage.CANNOT_SAY, because="its fixes are not in the trail, or jumped"
        )
    first, last = places[0], places[-1]
    rows = _looked_at(first, last, len(seen))
    near = [seen[k] for k in rows]
    begin, end = rows.index(first), rows.index(last)
    walk = _walk(near)
    ways = _ways(walk, near, settings)
    crossings = _crossings(walk, episode, condition, prepared)
    rules = settings.at(episode.entered_latest).card
    inside = [k for k in range(begin, end) if rows[k + 1] == rows[k] + 1]
    passage, because = _passage(episode, near, begin, end, ways, rules)
    return Movement(
        passage=passage,
        because=because,
        came=_shares(walk, ways, [k for k in range(begin) if walk.at[begin] - walk.at[k] <= CAME]),
        inside=_shares(walk, ways, inside),
        left=_left(episode, walk, ways, end),
        crossings=_longest(crossings),
        crossings_in_all=len(crossings),
    )


def _looked_at(first: int, last: int, count: int) -> list[int]:
    """Return which fixes are looked at: of a long stay its two ends."""
    rows = list(range(max(0, first - AROUND), min(count, first + AROUND)))
    return rows + list(range(max(rows[-1] + 1, last - AROUND), min(count, last + AROUND + 1)))


def _walk(near: Sequence[Sight]) -> Walk:
    return Walk(
        at=[s.at for s in near],
        lon=[s.lon_deg for s in near],
        lat=[s.lat_deg for s in near],
        ids=[s.fix_id for s in near],
        radius_m=[s.region_m for s in near],
        wide_m=[s.wide_m for s in near],
        still=[],
        top_mps=[],
        fastest=[],
    )


def _ways(walk: Walk, near: Sequence[Sight], settings: SettingsHistory) -> NDArray[np.float64]:
    """Return P of each mode in each interval, shape (n - 1, 4), rows that sum to 1."""
    if len(near) < 2:
        return np.empty((0, len(Mode)))
    sigmas = [s.accuracy_m_95 / R95 for s in near]
    ways = move(walk, sigmas, [s.motion for s in near], settings)
    return ways / ways.sum(axis=1, keepdims=True)


def _shares(
    walk: Walk, ways: NDArray[np.float64], intervals: Sequence[int]
) -> tuple[ModeShare, ...]:
    if not intervals:
        return ()
    times = np.diff(np.array(walk.at, dtype=np.float64))[list(intervals)]
    rows, whole = ways[list(intervals)], float(times.sum())
    if whole <= 0.0:
        return ()
    found = [
        ModeShare(
            mode=mode.name.lower(),
            share=round(float(times @ rows[:, mode]) / whole, 3),
            least=round(float(times @ (rows[:, mode] >= _SURE)) / whole, 3),
            most=round(float(times @ (rows[:, mode] >= _LEFT_OUT)) / whole, 3),
        )
        for mode in Mode
    ]
    return tuple(sorted(found, key=lambda each: -each.share))


def _left(
    episode: Episode, walk: Walk, ways: NDArray[np.float64], end: int
) -> tuple[ModeShare, ...]:
    if episode.phase is Phase.OPEN:
        return ()
    after = [k for k in range(end, len(ways)) if walk.at[k + 1] - walk.at[end] <= CAME]
    return _shares(walk, ways, after)


def _crossings(
    walk: Walk,
    episode: Episode,
    condition: ConditionVersion,
    prepared: Prepared,
) -> list[NotExcluded]:
    if len(walk.at) < 2 or episode.rule is not RuleKind.ZONE:
        return []
    orders = WearerOrders(wearer_id=condition.wearer_id, conditions=(condition,))
    window = (Instant(walk.at[0]), Instant(walk.at[-1]))
    until = episode.left_latest or window[1]
    found = not_excluded(walk, orders, window, prepared)
    return [c for c in found if c.end <= episode.entered_earliest or c.start >= until]


def _longest(crossings: Sequence[NotExcluded]) -> tuple[NotExcluded, ...]:
    longest = sorted(crossings, key=lambda c: (c.start - c.end, c.start))[:MOST_CROSSINGS]
    return tuple(sorted(longest, key=lambda c: c.start))


# --- what the stay was ----------------------------------------------------------------------


def _passage(
    episode: Episode,
    near: Sequence[Sight],
    begin: int,
    end: int,
    ways: NDArray[np.float64],
    rules: CardSettings,
) -> tuple[Passage, str]:
    used = near[begin : end + 1]
    lasted_s = (used[-1].at - used[0].at) // SECOND
    across = sum(abs(s.distance_m) < s.accuracy_m_95 for s in used)
    if lasted_s >= rules.edge_s and across >= _CROSSING * len(used):
        text = f"the 95 % circles of {across} of {len(used)} fixes cross the border"
        return Passage.EDGE, f"{text}, over {lasted_s // 60} minutes"
    rest_s = _longest_rest_s(used, ways[begin:end, Mode.STILL])
    if rest_s >= rules.stay_s:
        return Passage.STAY, f"at rest for {rest_s // 60} minutes without a break"
    if episode.phase is Phase.OPEN:
        return Passage.CANNOT_SAY, "it is going on"
    return _through(near, begin, end, ways, rules)


def _longest_rest_s(used: Sequence[Sight], still: NDArray[np.float64]) -> int:
    longest = since = 0
    for (a, b), likely in zip(pairwise(used), still.tolist(), strict=True):
        since = since + b.at - a.at if likely >= 0.5 else 0
        longest = max(longest, since)
    return longest // SECOND


def _through(
    near: Sequence[Sight], begin: int, end: int, ways: NDArray[np.float64], rules: CardSettings
) -> tuple[Passage, str]:
    """Return how he went whose coming and leaving was seen, if it was."""
    before = near[begin - 1] if begin else None
    after = near[end + 1] if end + 1 < len(near) else None
    if before is None or near[begin].at - before.at > NEIGHBOURS:
        return Passage.CANNOT_SAY, "no fix within 5 minutes before the first one used"
    if after is None or after.at - near[end].at > NEIGHBOURS:
        return Passage.CANNOT_SAY, "no fix within 5 minutes after the last one used"
    spans = np.diff(np.array([s.at for s in near[begin - 1 : end + 2]], dtype=np.float64))
    rest = float(spans @ ways[begin - 1 : end + 1, Mode.STILL]) / max(1.0, float(spans.sum()))
    if rest > _MOVES:
        return Passage.CANNOT_SAY, f"may have been at rest for {rest:.0%} of the time"
    (ax, ay), (bx, by) = before.xy_m, after.xy_m
    direct_m = hypot(bx - ax, by - ay)
    if direct_m <= before.accuracy_m_95 + after.accuracy_m_95:
        return Passage.ON_THE_MOVE, "left near where he had come from"
    longer_m = 0.0
    for sight in near[begin : end + 1]:
        x, y = sight.xy_m
        way_m = hypot(x - ax, y - ay) + hypot(bx - x, by - y)
        longer_m = max(longer_m, way_m - direct_m - 2.0 * sight.accuracy_m_95)
    text = (
        f"by way of its fixes {longer_m:.0f} m longer than the {direct_m:.0f} m straight from the "
        "fix before to the one after, given the circles"
    )
    if longer_m <= 0.0:
        text = (
            f"its fixes lie on the straight line of {direct_m:.0f} m from the fix before to the "
            "one after, given the circles"
        )
    is_straight = longer_m <= rules.detour_share * direct_m
    return Passage.THROUGH if is_straight else Passage.ON_THE_MOVE, text
