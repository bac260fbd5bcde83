"""Was he within a place in a window of time: yes, no, or cannot say.

Yes, where the rule for a zone would have confirmed a stay and a fix within the window shows it. No,
where at every moment of the window the way to the place was too long for the time: silence is
never no. All else is cannot say, with what leaves it open. It is the line's own filter, rule,
error model and top speeds; docs/questions.md says how often the answers are right.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from tagwatch.core.assessment import ASSESSED, always_forbidden
from tagwatch.core.between import R95, Walk, walked
from tagwatch.core.coverage import Seen, spans_seen
from tagwatch.core.derive import derive_findings
from tagwatch.core.episode import Episode
from tagwatch.core.geometry import Shape
from tagwatch.core.ids import FixId
from tagwatch.core.left_open import OpenSpan, away_m_of, left_open, unbound
from tagwatch.core.meeting import Answer
from tagwatch.core.outcome import Finding
from tagwatch.core.person import TagMode
from tagwatch.core.rules.area import Area, area
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, WearerOrders
from tagwatch.core.rules.whereabouts import Whereabouts
from tagwatch.core.trail import TrailPart
from tagwatch.core.uncertainty import p_inside
from tagwatch.core.units import SECOND, Instant

MOST_FIXES: Final = 200
"""Fixes named: the likeliest, and those nearest to the place."""
MOST_OPEN: Final = 50
"""Stretches of time named in which he can have been there unseen: the longest."""
EXCLUDED: Final = 0.01
"""A fix that leaves more than this for the place does not exclude it."""
_WHOLE: Final = (Instant(-(2**62)), Instant(2**62))


class Closeness(msgspec.Struct, frozen=True, kw_only=True):
    """A fix in the window against the place asked about."""

    fix_id: FixId
    at: Instant
    lon_deg: float
    lat_deg: float
    accuracy_m_95: float
    distance_m: float
    """From the fix to the place's border, to a decimetre; less than 0 inside."""
    p_inside: float
    """Given this fix and all before it; 0 where the filter had no need to ask."""


class WasNear(msgspec.Struct, frozen=True, kw_only=True):
    """The answer with its evidence, about [start, end)."""

    answer: Answer
    start: Instant
    end: Instant
    probability: float
    """The largest P(inside) at any one fix in the window: he was there at some time with at least
    this. What went on between fixes adds to it and is not in it."""
    witnesses: int
    """Effective number of independent fixes of the stay that it comes from."""
    there: tuple[tuple[Instant, Instant], ...]
    """First and last fix within the window that shows each confirmed stay, by time."""
    nearest_m: float | None
    """He cannot have come nearer to the place than this; 0: he may have been in it. None: of some
    of the window nothing is known at all."""
    fixes: int
    """Fixes in the window that can decide."""
    close: tuple[Closeness, ...]
    left_open: tuple[OpenSpan, ...]
    left_open_in_all: int
    left_open_s: int
    observed_s: int
    unobserved_s: int
    off_s: int


def was_near(
    trail: Sequence[TrailPart],
    place: Shape,
    window: tuple[Instant, Instant],
    worn: Sequence[tuple[Instant, Instant]],
    mode: TagMode,
    settings: SettingsHistory,
    prepared: Prepared,
) -> WasNear:
    """Return whether he was in `place` in [start, end) of `window`.

    `trail`: the fixes of tags that were on him, from an hour or so before the window to one after.
    `worn`: the periods in which a tag was on him and not known to be off, in order, apart.
    """
    start, end = window
    ready = area(place)
    walk = walked(trail, settings, prepared)
    seen = spans_seen(walk, worn, mode, window)
    unbound(walk, seen, settings)
    away_m = [away_m_of(ready, walk, k) for k in range(len(walk.at))]
    inside: dict[FixId, float] = {}
    episodes: tuple[Episode, ...] = ()
    near_m = settings.at(start).zone.near_m
    if any(away <= near_m + wide for away, wide in zip(away_m, walk.wide_m, strict=True)):
        inside, episodes = _heard(trail, place, ready, settings, prepared)
    shown = _Shown(walk, inside, episodes, window, settings.at(start).zone.thresholds.accuse)
    there, probability, witnesses = shown.stays(mode)
    open_, nearest_m = left_open(walk, ready, away_m, window, seen, settings)
    answer = Answer.CANNOT_SAY
    if there:
        answer = Answer.YES
    elif not open_ and _fixes_exclude(walk, away_m, window, inside):
        answer = Answer.NO
    spent = {kind: sum(b - a for a, b, s in seen if s is kind) // SECOND for kind in Seen}
    return WasNear(
        answer=answer,
        start=start,
        end=end,
        probability=probability,
        witnesses=witnesses,
        there=there,
        nearest_m=nearest_m if answer is Answer.NO or nearest_m is None else 0.0,
        fixes=sum(start <= at < end for at in walk.at),
        close=_close(walk, away_m, window, inside),
        left_open=tuple(sorted(sorted(open_, key=_shortness)[:MOST_OPEN], key=lambda s: s.start)),
        left_open_in_all=len(open_),
        left_open_s=sum(span.end - span.start for span in open_) // SECOND,
        observed_s=spent[Seen.OBSERVED],
        unobserved_s=spent[Seen.UNOBSERVED],
        off_s=spent[Seen.OFF],
    )


def _shortness(span: OpenSpan) -> tuple[int, int]:
    return span.start - span.end, span.start


# --- yes ------------------------------------------------------------------------------------------


def _heard(
    trail: Sequence[TrailPart],
    place: Shape,
    ready: Area,
    settings: SettingsHistory,
    prepared: Prepared,
) -> tuple[dict[FixId, float], tuple[Episode, ...]]:
    """Return P(inside) at each fix for which it can matter, and the stays, as the rule finds them
    under a zone that always applied."""
    inside: dict[FixId, float] = {}

    def heard(fix: PlacedFix, where: Whereabouts | None) -> None:
        if where is None:
            x_m, y_m = ready.shape.plane.xy(fix.lon_deg, fix.lat_deg)
            found = p_inside(ready.shape, x_m, y_m, fix.error.mixture)
        else:
            found = where.inside(ready)
        inside[fix.fix_id] = found

    orders = WearerOrders(wearer_id=ASSESSED, conditions=(always_forbidden(place),))
    return inside, derive_findings(trail, orders, settings, _WHOLE, prepared, heard)


class _Shown:
    """What the fixes of the window show of confirmed stays."""

    def __init__(
        self,
        walk: Walk,
        inside: dict[FixId, float],
        episodes: Sequence[Episode],
        window: tuple[Instant, Instant],
        accuse: float,
    ) -> None:
        self._walk, self._inside, self._episodes = walk, inside, episodes
        self._start, self._end = window
        self._accuse = accuse

    def stays(self, mode: TagMode) -> tuple[tuple[tuple[Instant, Instant], ...], float, int]:
        """Return first and last sure fix of each confirmed stay in the window, the largest
        P(inside) of a fix in it, and how many witnesses that one's stay has."""
        rows = [k for k, at in enumerate(self._walk.at) if self._start <= at < self._end]
        found: list[tuple[Instant, Instant]] = []
        for episode in self._episodes:
            if episode.finding is not Finding.CONFIRMED:
                continue
            sure = [self._walk.at[k] for k in rows if self._is_sure(k, episode)]
            if sure:
                found.append((Instant(sure[0]), Instant(sure[-1])))
            elif self._rests_through(episode, mode):
                found.append((self._start, self._end))
        largest, best = 0.0, -1
        for k in rows:
            p = self._inside.get(self._walk.ids[k], 0.0)
            if p > largest:
                largest, best = p, k
        if found and best < 0:
            largest = self._accuse
        at = self._start if best < 0 else self._walk.at[best]
        held = [e.witnesses for e in self._episodes if _holds(e, at)]
        return tuple(found), largest, max(held, default=0)

    def _is_sure(self, k: int, episode: Episode) -> bool:
        p = self._inside.get(self._walk.ids[k], 0.0)
        return p >= self._accuse and _holds(episode, self._walk.at[k])

    def _rests_through(self, episode: Episode, mode: TagMode) -> bool:
        """Return whether the whole window lies between two fixes that show the stay, as near in
        time as a tag at rest sends them, and he was at rest between them."""
        walk = self._walk
        for k, (a, b) in enumerate(pairwise(walk.at)):
            if a < self._start and b >= self._end:
                as_expected = b - a <= 2 * mode.resting_interval_s * SECOND
                both = self._is_sure(k, episode) and self._is_sure(k + 1, episode)
                return as_expected and both and walk.still[k]
        return False


def _holds(episode: Episode, at: int) -> bool:
    left = episode.left_earliest
    return episode.entered_latest <= at and (left is None or at <= left)


def _fixes_exclude(
    walk: Walk, away_m: list[float], window: tuple[Instant, Instant], inside: dict[FixId, float]
) -> bool:
    """Return whether the place lies outside the 99 % region of every fix in the window."""
    for k, at in enumerate(walk.at):
        if window[0] <= at < window[1]:
            if away_m[k] <= walk.radius_m[k]:
                return False
            if inside.get(walk.ids[k], 0.0) > EXCLUDED:
                return False
    return True


def _close(
    walk: Walk, away_m: list[float], window: tuple[Instant, Instant], inside: dict[FixId, float]
) -> tuple[Closeness, ...]:
    """Return the fixes of the window that say most, by time."""
    found = [
        Closeness(
            fix_id=walk.ids[k],
            at=Instant(at),
            lon_deg=walk.lon[k],
            lat_deg=walk.lat[k],
            accuracy_m_95=round(walk.sigma_m[k] * R95, 1),
            distance_m=round(away_m[k], 1),
            p_inside=inside.get(walk.ids[k], 0.0),
        )
        for k, at in enumerate(walk.at)
        if window[0] <= at < window[1]
    ]
    if len(found) > MOST_FIXES:
        found = sorted(found, key=lambda c: (-c.p_inside, c.distance_m, c.at))[:MOST_FIXES]
    return tuple(sorted(found, key=lambda c: (c.at, c.fix_id)))
