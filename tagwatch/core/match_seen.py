"""How well a person was seen in the window of a crime, and where his silences leave room."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.match import MatchSettings, Scene, Sighted, WindowSeen, Worn
from tagwatch.core.plane import Floats
from tagwatch.core.units import MINUTE, SECOND


def window_seen(
    scene: Scene, sighted: Sighted, worn: Sequence[Worn], settings: MatchSettings
) -> WindowSeen:
    """Return how much of the window was seen: between fixes no further apart than the silence."""
    seen = on = longest = 0
    for low, high in _joined(worn, scene):
        on += high - low
        for a, b, _, _ in _gaps(sighted.at, worn, scene):
            part = min(b, high) - max(a, low)
            if part <= 0:
                continue
            if b - a <= settings.silence_min * MINUTE:
                seen += part
            else:
                longest = max(longest, part)
    window = scene.end - scene.start
    return WindowSeen(
        window_s=round(window / SECOND),
        seen_s=round(seen / SECOND),
        off_s=round((window - on) / SECOND),
        longest_unseen_s=round(longest / SECOND),
    )


def may_have_come(
    scene: Scene,
    sighted: Sighted,
    worn: Sequence[Worn],
    away_m: Floats,
    settings: MatchSettings,
) -> bool:
    """Say whether in a silence of the window there was time to reach the vicinity and get away."""
    speed = settings.top_speed_mps / SECOND

    def needed(row: int | None) -> float:
        if row is None:
            return 0.0
        radius = float(sighted.radius_m[row])
        region = settings.unknown_reach_m if radius != radius else settings.open_factor * radius  # noqa: PLR0124  # NaN
        return max(0.0, float(away_m[row]) - settings.vicinity_m - region) / speed

    for low, high, before, after in _gaps(sighted.at, worn, scene):
        if high - low <= settings.silence_min * MINUTE:
            continue
        # Beyond the end of a trail nothing holds him; a fix does, however it came to be.
        earliest = scene.start if before is None else int(sighted.at[before]) + needed(before)
        latest = scene.end if after is None else int(sighted.at[after]) - needed(after)
        if max(earliest, scene.start, low) <= min(latest, scene.end, high):
            return True
    return False


def _gaps(
    at: NDArray[np.int64], worn: Sequence[Worn], scene: Scene
) -> list[tuple[int, int, int | None, int | None]]:
    """Return the stretches between fixes in which a tag was on him and which touch the window,
    each with the rows before and after it."""
    found: list[tuple[int, int, int | None, int | None]] = []
    for began, ended in _joined(worn, None):
        low, high = began, ended
        if high <= scene.start or low > scene.end:
            continue
        first = int(np.searchsorted(at, max(low, scene.start), side="right")) - 1
        last = int(np.searchsorted(at, min(high, scene.end), side="left"))
        rows = range(max(first, 0), min(last, len(at) - 1) + 1)
        inside = [(int(at[row]), row) for row in rows if low <= at[row] <= high]
        before = first if first >= 0 else None
        after = last if last < len(at) else None
        # Where nothing is known beyond the window, only the window is said to be unseen.
        low = low if before is not None else max(low, scene.start)
        high = high if after is not None else min(high, scene.end)
        edges: list[tuple[int, int | None]] = list(inside)
        if not edges or edges[0][0] > max(low, scene.start):
            edges.insert(0, (low, before))
        if edges[-1][0] < min(high, scene.end):
            edges.append((high, after))
        found += [(a, b, row, then) for (a, row), (b, then) in pairwise(edges)]
    return found


def _joined(worn: Sequence[Worn], within: Scene | None) -> list[tuple[int, int]]:
    """Return when any tag was on him, in order, without overlap; cut to the window if one is
    given."""
    found: list[tuple[int, int]] = []
    for one in sorted(worn, key=lambda each: each.start):
        low, high = int(one.start), int(one.end)
        if within is not None:
            low, high = max(low, within.start), min(high, within.end)
        if low >= high:
            continue
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found
