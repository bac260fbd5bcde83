"""How long somebody was on the wrong side of a border, at the least: what fixes cannot do without.

Between two fixes he may have been out and come back. So an interval counts for no longer than he
needs to the border and back from it, at the fastest way of moving that is not left out; a long
gap adds nothing to that. What is only possible counts for nothing.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from tagwatch.core.between import R95, Walk, move
from tagwatch.core.episode import Episode
from tagwatch.core.outcome import Finding, RuleKind
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.sight import Sight
from tagwatch.core.units import SECOND

MOST: Final = 2000
"""Fixes of a stay that are counted, its first ones: the least stays the least."""


def least_s(
    episode: Episode, stay: Sequence[Sight], deepest_m: float | None, settings: SettingsHistory
) -> int:
    """Return for how many seconds he was there at the least: 0 unless it is confirmed.

    `stay`: every decidable fix from the first to the last one used. `deepest_m`: of these the
    farthest from the border, on the wrong side. A fix counts as deep as it lies, less what the
    filter took off the deepest one; of a curfew, less its own 95 % circle.
    """
    until = episode.left_earliest
    counted = [
        sight
        for sight in stay
        if sight.at >= episode.entered_latest and (until is None or sight.at <= until)
    ][:MOST]
    if episode.finding is not Finding.CONFIRMED or len(counted) < 2:
        return 0
    depths_m = _depths_m(episode, counted, deepest_m or 0.0)
    top_mps = np.array(_walk(counted, settings).top_mps)
    spans_s = np.diff(np.array([sight.at for sight in counted])) / SECOND
    to_border_s = (depths_m[:-1] + depths_m[1:]) / top_mps
    return int(np.sum(np.minimum(spans_s, to_border_s)))


def _depths_m(
    episode: Episode, counted: Sequence[Sight], deepest_m: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if episode.rule is RuleKind.CURFEW:
        depths_m = [sight.distance_m - sight.accuracy_m_95 for sight in counted]
    else:
        doubt_m = max(0.0, deepest_m - episode.steady_m)
        depths_m = [-sight.distance_m - doubt_m for sight in counted]
    return np.maximum(np.array(depths_m), 0.0)


def _walk(counted: Sequence[Sight], settings: SettingsHistory) -> Walk:
    walk = Walk(
        at=[sight.at for sight in counted],
        lon=[sight.lon_deg for sight in counted],
        lat=[sight.lat_deg for sight in counted],
        ids=[sight.fix_id for sight in counted],
        radius_m=[],
        wide_m=[],
        still=[],
        top_mps=[],
        fastest=[],
    )
    sigma_m = [sight.accuracy_m_95 / R95 for sight in counted]
    move(walk, sigma_m, [sight.motion for sight in counted], settings)
    return walk
