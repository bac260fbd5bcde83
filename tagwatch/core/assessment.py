"""What a file of fixes says about one zone: P(inside) for each, and the stays found in them.

The same rules as the line's, under an exclusion zone that always applied and was always told.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.derive import EMPTY, Prepared, SettingsHistory, WearerOrders, advance
from tagwatch.core.episode import Episode
from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import Shape
from tagwatch.core.ids import ActivationId, ConditionId, EpisodeId, FixId, OrderId, WearerId
from tagwatch.core.order import ConditionVersion, ExclusionZone
from tagwatch.core.outcome import Phase
from tagwatch.core.plane import Floats
from tagwatch.core.rules.area import area
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.force import FOREVER
from tagwatch.core.rules.whereabouts import Whereabouts
from tagwatch.core.settings import Settings
from tagwatch.core.trail import TrailPart, event_order, stands_for
from tagwatch.core.uncertainty import p_inside as p_of_one_fix
from tagwatch.core.units import Instant

_ALWAYS: Final = Instant(-FOREVER)
ASSESSED: Final = WearerId("w_assessed")
_CACHED: Final = 4096
"""Kinds of fixes whose errors are kept ready: bounded however long the file."""


class FoundStay(NamedTuple):
    """An episode, and the rows of the fixes it used, in event order."""

    episode: Episode
    rows: NDArray[np.intp]


class Assessment(NamedTuple):
    """What the fixes of a file say about a zone."""

    p_inside: Floats
    """Shape (n,): of each row, given the fixes up to it; always numbers."""
    stays: tuple[FoundStay, ...]
    """In order of time."""


def assess(fixes: FixBlock, zone: Shape, settings: Settings, tag_model: str = "") -> Assessment:
    """Return what `fixes`, rows in any order, say about `zone`.

    All rows must be decidable, and `index` must be the row.
    """
    part = TrailPart(ActivationId("act_assessed"), tag_model, fixes)
    prepared = Prepared(most=_CACHED)
    ready = area(zone)
    p_inside = np.zeros(len(fixes))

    def heard(fix: PlacedFix, where: Whereabouts | None) -> None:
        if where is None:  # far from the zone: the fix's own error says how little
            x_m, y_m = ready.shape.plane.xy(fix.lon_deg, fix.lat_deg)
            found = p_of_one_fix(ready.shape, x_m, y_m, fix.error.mixture)
        else:
            found = where.inside(ready)
        p_inside[_row(fix.fix_id)] = found

    orders = WearerOrders(wearer_id=ASSESSED, conditions=(always_forbidden(zone),))
    history = SettingsHistory.of(settings)
    done = advance(EMPTY, part, orders, history, prepared, heard=heard)
    return Assessment(
        p_inside=p_inside[stands_for(fixes)],
        stays=_stays([*done.changed, *done.progressed], event_order(fixes)),
    )


def always_forbidden(zone: Shape) -> ConditionVersion:
    """Return an exclusion zone that always applied and was always told, of nobody in particular."""
    return ConditionVersion(
        condition_id=ConditionId("c_assessed"),
        version=1,
        order_id=OrderId("o_assessed"),
        wearer_id=ASSESSED,
        terms=ExclusionZone(label="the zone", shape=zone),
        valid_from=_ALWAYS,
        recorded_at=_ALWAYS,
        told_at=_ALWAYS,
    )


def _stays(versions: list[Episode], order: NDArray[np.intp]) -> tuple[FoundStay, ...]:
    """Return each episode as it was last, with all its fixes.

    An episode names a hundred fixes at most. Each version names the fix it was made by, and while
    an episode is open every fix is used; so the versions tell all of them.
    """
    place = {row: k for k, row in enumerate(order.tolist())}
    last: dict[EpisodeId, Episode] = {}
    begun: dict[EpisodeId, int] = {}
    spans: dict[EpisodeId, list[tuple[int, int]]] = {}
    for episode in versions:
        identity = episode.episode_id
        first, at = place[_row(episode.fixes[0])], place[_row(episode.fixes[-1])]
        if identity not in begun:
            begun[identity] = first if identity not in last else at
        if episode.phase is Phase.ENDED:
            spans.setdefault(identity, []).append((begun.pop(identity), at + 1))
        last[identity] = episode
    for identity, start in begun.items():
        end = place[_row(last[identity].fixes[-1])] + 1
        spans.setdefault(identity, []).append((start, end))
    found = [
        FoundStay(episode, np.concatenate([order[low:high] for low, high in spans[identity]]))
        for identity, episode in last.items()
    ]
    return tuple(sorted(found, key=lambda stay: stay.episode.entered_latest))


def _row(fix: FixId) -> int:
    return int(fix.rpartition(".")[2])
