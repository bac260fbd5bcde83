"""First and last time at a place, certain and possible, and how many stays were seen there."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from tagwatch.core.assessment import ASSESSED, always_forbidden
from tagwatch.core.between import Walk, walked
from tagwatch.core.coverage import Seen, spans_seen
from tagwatch.core.derive import derive_of_rule
from tagwatch.core.episode import Episode
from tagwatch.core.fix import fix_id
from tagwatch.core.geometry import Shape
from tagwatch.core.ids import FixId
from tagwatch.core.left_open import OpenSpan, away_m_of, is_far_off, left_open, unbound
from tagwatch.core.outcome import Finding, RuleKind
from tagwatch.core.person import TagMode
from tagwatch.core.rules.area import Area, area
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, WearerOrders
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, HOUR, SECOND, Instant

BESIDE: Final = 2 * HOUR
"""So much of the trail on either side of a day is looked at with it."""
MOST_STAYS: Final = 100


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One stay at the place, within the window."""

    certain: bool
    """The rule for a zone would have confirmed it; else it is possible."""
    first: Instant
    """First and last fix that shows it, cut to the window."""
    last: Instant
    probability: float
    witnesses: int


class Visits(msgspec.Struct, frozen=True, kw_only=True):
    """What [start, end) says of somebody at a place. Of what was not seen nothing is counted."""

    start: Instant
    end: Instant
    certain: int
    possible: int
    """Stays that fixes show, but not surely."""
    first_certain: Instant | None
    last_certain: Instant | None
    first_possible: Instant | None
    """Before this he cannot have been there: None if never."""
    last_possible: Instant | None
    visits: tuple[Visit, ...]
    """By time; of many the first and the last MOST_STAYS / 2."""
    fixes: int
    observed_s: int
    unobserved_s: int
    off_s: int


def visits(
    trail: Sequence[TrailPart],
    place: Shape,
    window: tuple[Instant, Instant],
    worn: Sequence[tuple[Instant, Instant]],
    mode: TagMode,
    settings: SettingsHistory,
    prepared: Prepared,
) -> Visits:
    """Return the stays at `place` in [start, end) of `window`, as `was_near` judges one."""
    start, end = window
    ready = area(place)
    orders = WearerOrders(wearer_id=ASSESSED, conditions=(always_forbidden(place),))
    stays = derive_of_rule(RuleKind.ZONE, trail, orders, settings, window, prepared)
    times = _times(trail, {fix for stay in stays for fix in stay.fixes})
    shown = [v for v in (_visit(stay, times, window) for stay in stays) if v is not None]
    sure = [visit for visit in shown if visit.certain]
    looked = _Days(trail, ready, window, worn, mode, settings, prepared)
    first_certain = min((v.first for v in sure), default=None)
    last_certain = max((v.last for v in sure), default=None)
    seen = spans_seen(only_times(trail), worn, mode, window)
    spent = {kind: sum(b - a for a, b, s in seen if s is kind) // SECOND for kind in Seen}
    half = MOST_STAYS // 2
    return Visits(
        start=start,
        end=end,
        certain=len(sure),
        possible=len(shown) - len(sure),
        first_certain=first_certain,
        last_certain=last_certain,
        first_possible=looked.first(first_certain),
        last_possible=looked.last(last_certain),
        visits=tuple(shown if len(shown) <= MOST_STAYS else [*shown[:half], *shown[-half:]]),
        fixes=sum(
            int(((part.block["fixed_at"] >= start) & (part.block["fixed_at"] < end)).sum())
            for part in trail
        ),
        observed_s=spent[Seen.OBSERVED],
        unobserved_s=spent[Seen.UNOBSERVED],
        off_s=spent[Seen.OFF],
    )


def _visit(stay: Episode, times: dict[FixId, int], window: tuple[Instant, Instant]) -> Visit | None:
    used = [times[fix] for fix in stay.fixes if fix in times]
    last = stay.left_earliest if stay.left_earliest is not None else max(used, default=None)
    if last is None:
        return None
    low, high = max(stay.entered_latest, window[0]), min(last, window[1] - 1)
    if low > high:
        return None
    return Visit(
        certain=stay.finding is Finding.CONFIRMED,
        first=Instant(low),
        last=Instant(high),
        probability=stay.probability,
        witnesses=stay.witnesses,
    )


def _times(trail: Sequence[TrailPart], wanted: set[FixId]) -> dict[FixId, int]:
    found: dict[FixId, int] = {}
    for part in trail:
        block = part.block
        seqs = {int(fix.partition(".")[0]) for fix in wanted}
        rows = np.flatnonzero(np.isin(block["seq"], list(seqs)))
        for row in rows.tolist():
            name = fix_id(int(block["seq"][row]), int(block["index"][row]))
            if name in wanted:
                found[name] = int(block["fixed_at"][row])
    return found


def only_times(trail: Sequence[TrailPart]) -> Walk:
    """Return a walk that knows when fixes were made: each gap is as of a tag at rest."""
    every = [part.block["fixed_at"][part.rows] for part in trail]
    at: list[int] = np.sort(np.concatenate(every)).tolist() if every else []
    return Walk(at, [], [], [], [], [], [], [], [])


class _Days:
    """Looks day by day for the first and the last time he can have been there."""

    def __init__(
        self,
        trail: Sequence[TrailPart],
        ready: Area,
        window: tuple[Instant, Instant],
        worn: Sequence[tuple[Instant, Instant]],
        mode: TagMode,
        settings: SettingsHistory,
        prepared: Prepared,
    ) -> None:
        self._trail, self._ready, self._window = trail, ready, window
        self._worn, self._mode = worn, mode
        self._settings, self._prepared = settings, prepared

    def first(self, certain: Instant | None) -> Instant | None:
        """Return the first instant at which he can have been there, `certain` at the latest."""
        until = self._window[1] if certain is None else certain
        for low in range(self._window[0], until, DAY):
            spans = self._open((Instant(low), Instant(min(low + DAY, until))))
            if spans:
                return spans[0].start
        return certain

    def last(self, certain: Instant | None) -> Instant | None:
        """Return the last instant at which he can have been there, `certain` at the earliest."""
        since = self._window[0] if certain is None else certain
        for high in range(self._window[1], since, -DAY):
            spans = self._open((Instant(max(high - DAY, since)), Instant(high)))
            if spans:
                return spans[-1].end
        return certain

    def _open(self, window: tuple[Instant, Instant]) -> list[OpenSpan]:
        parts = [part for part in (_cut(part, window) for part in self._trail) if part is not None]
        if is_far_off(parts, self._ready, window, self._settings, self._prepared):
            return []
        walk = walked(parts, self._settings, self._prepared)
        seen = spans_seen(walk, self._worn, self._mode, window)
        unbound(walk, seen, self._settings)
        away_m = [away_m_of(self._ready, walk, k) for k in range(len(walk.at))]
        return left_open(walk, self._ready, away_m, window, seen, self._settings)[0]


def _cut(part: TrailPart, window: tuple[Instant, Instant]) -> TrailPart | None:
    """Return the fixes of a window with some on either side: at least one, however long ago."""
    times = part.block["fixed_at"]
    low = max(0, int(np.searchsorted(times, window[0] - BESIDE)) - 1)
    high = int(np.searchsorted(times, window[1] + BESIDE, side="right")) + 1
    block = part.block[low:high]
    return TrailPart(part.activation_id, part.tag_model, block) if len(block) else None
