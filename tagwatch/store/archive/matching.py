"""Rule `overlap-50` over the archive, for many crimes at once: who matched, by which fixes.

First the fixes whose circles may count, near each crime; then, of whom one counts, when all his
fixes of the window were, since one that does not count ends a visit.
"""

from collections import defaultdict
from collections.abc import Sequence
from math import hypot
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from tagwatch.core.crime_match import labelled
from tagwatch.core.fix import UNDECIDABLE
from tagwatch.core.ids import WearerId
from tagwatch.core.match import MatchSettings, Scene
from tagwatch.core.overlap import circle_share, largest_radius_m
from tagwatch.core.plane import Plane
from tagwatch.store.archive.scenes import (
    FixesThere,
    FixTimes,
    PersonWindow,
    fixes_there,
    times_of,
)

_WHOLE: Final = 1_000_000
Key = tuple[int, int]
"""Journal record and place in it."""


class Counts(NamedTuple):
    """The fixes that count of one person at one crime, in order of time, with their labels."""

    scene: int
    wearer: WearerId
    at: NDArray[np.int64]
    labels: tuple[str, ...]


def archived_matches(
    connection: Connection, scenes: Sequence[Scene], settings: MatchSettings
) -> list[Counts]:
    """Return every match of these crimes in the archive. Raises ArchiveDamage.

    A circle has half its area in a disc only if its centre lies in it, so with a least share of a
    half or more no fix beyond the vicinity counts; ValueError for less.
    """
    if settings.least_share < 0.5:
        raise ValueError(f"a share of {settings.least_share} is less than half: ask near and far")
    widest_m = largest_radius_m(settings.vicinity_m, settings.least_share)
    counting: dict[tuple[int, str], dict[Key, float]] = defaultdict(dict)
    for part in fixes_there(connection, scenes, settings.vicinity_m, widest_m):
        for wearer, key, share in _counting(part, scenes[part.scene], settings):
            counting[part.scene, wearer][key] = share
    pairs = sorted(counting)
    asked = [
        PersonWindow(WearerId(wearer), scenes[scene].start, scenes[scene].end)
        for scene, wearer in pairs
    ]
    found: list[Counts] = []
    for (scene, wearer), times in zip(pairs, times_of(connection, asked), strict=True):
        found.append(_labelled(scene, WearerId(wearer), times, counting[scene, wearer], settings))
    return found


def _counting(
    part: FixesThere, scene: Scene, settings: MatchSettings
) -> list[tuple[str, Key, float]]:
    plane = Plane.at(scene.place)
    decides = (part.marks & int(UNDECIDABLE)) == 0
    found: list[tuple[str, Key, float]] = []
    for k in np.flatnonzero(decides & ~np.isnan(part.radius_m)).tolist():
        away_m = hypot(*plane.xy(float(part.lon_deg[k]), float(part.lat_deg[k])))
        share = circle_share(float(part.radius_m[k]), away_m, settings.vicinity_m)
        share = round(share * _WHOLE) / _WHOLE
        if share >= settings.least_share:
            found.append((part.wearers[k], (int(part.seq[k]), int(part.item[k])), share))
    return found


def _labelled(
    scene: int,
    wearer: WearerId,
    times: FixTimes,
    counting: dict[Key, float],
    settings: MatchSettings,
) -> Counts:
    rows = np.flatnonzero((times.marks & int(UNDECIDABLE)) == 0)
    order = rows[np.lexsort((times.item[rows], times.seq[rows], times.at[rows]))]
    keys = zip(times.seq[order].tolist(), times.item[order].tolist(), strict=True)
    shares = [counting.get(key, 0.0) for key in keys]
    counted = labelled(range(len(order)), shares, settings.least_share)
    places = order[[one.row for one in counted]]
    return Counts(scene, wearer, times.at[places], tuple(one.label for one in counted))
