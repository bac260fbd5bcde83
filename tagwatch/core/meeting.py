"""Whether two wearers were near each other: both errors, both ages, and never more than is known.

Not the rule of no contact (`rules/encounter.py`), which judges an order; it shares its distance
mathematics and what counts as an independent witness. That they never met is said only where at
every moment of the window the way between them was too long for the time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec
import numpy as np

from tagwatch.core.apart import Way, certainly_apart
from tagwatch.core.between import Walk, walked
from tagwatch.core.coverage import spans_seen
from tagwatch.core.fix import FIX_DTYPE
from tagwatch.core.ids import FixId
from tagwatch.core.left_open import unbound
from tagwatch.core.person import TagMode
from tagwatch.core.plane import LonLat, Plane
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.nearness import Nearness, nearness
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.settings import EncounterSettings
from tagwatch.core.timetable import london
from tagwatch.core.trail import TrailPart, merged
from tagwatch.core.units import SECOND, Instant

MOST_PAIRS: Final = 10
"""Pairs of fixes named of one meeting."""
_WAYS_M: Final = 3.0
"""Somebody on foot is within this many sigmas of where he was last seen."""
Held: TypeAlias = tuple[Nearness, PlacedFix, PlacedFix]
"""A fix of the one held against one of the other, and both."""


class Answer(StrEnum):
    """To a question about where somebody was."""

    YES = "yes"
    NO = "no"
    CANNOT_SAY = "cannot say"


class Meeting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A time in which the two may have been within the distance asked."""

    start: Instant
    """First and last pair of fixes that leave it possible."""
    end: Instant
    answer: Answer
    """YES only where independent pairs of fixes show it; else CANNOT_SAY."""
    p_near: float
    """P(within the distance) at the pair that shows it best, a whole multiple of 1e-6."""
    pairs: int
    """Pairs of fixes in it, each no older than the ages allow."""
    witnesses: int
    """Of these, independent ones that each show it."""
    fixes: tuple[tuple[FixId, FixId], ...]
    """The pairs that show it best, of the one and of the other, at most ten."""
    nearest_m: int
    """The smallest distance measured, as the fixes stand."""
    age_s: int
    """How much older one fix of the pair that shows it best was than the other."""
    lon_deg: float
    lat_deg: float
    """About where: between the two fixes of the best pair."""


class Meetings(msgspec.Struct, frozen=True, kw_only=True):
    """What two trails say of [start, end)."""

    start: Instant
    end: Instant
    within_m: float
    answer: Answer
    """NO only where the whole window was seen of both and they were certainly apart."""
    meetings: tuple[Meeting, ...]
    """In order of time."""
    days: int
    """London dates with a meeting that is shown: repeated if more than one."""
    both_seen_s: int
    """For how long both were seen at once."""
    apart_s: int
    """For how long of it they were certainly farther apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """One of two wearers: his trail from some time before the window to some time after it."""

    trail: Sequence[TrailPart]
    worn: Sequence[tuple[Instant, Instant]]
    """When a tag was on him and not known to be off, in order, apart."""
    mode: TagMode


@dataclass(slots=True)
class _Together:
    """Pairs that leave a meeting open, while they are collected."""

    pairs: list[Held] = field(default_factory=list[Held])
    witnesses: int = 0
    witness_at: int = 0
    last: tuple[FixId, ...] = ()


def meetings(
    one: Followed,
    other: Followed,
    within_m: float,
    window: tuple[Instant, Instant],
    settings: SettingsHistory,
    prepared: Prepared,
) -> Meetings:
    """Return when the two were, or may have been, within `within_m` of each other in [start, end).

    The same for both orders of the two, but for the order of ids in `fixes`. Raises ValueError
    unless `within_m` is above 0.
    """
    if not within_m > 0.0:
        raise ValueError(f"a distance of {within_m} m is no distance; give one above 0")
    start, end = window
    ways = _ways((one, other), window, settings, prepared)
    both_s, apart_s, never = 0, 0, False
    if ways is not None:
        both_s, apart_s, never = certainly_apart(ways, within_m, window, settings)
    found: list[Meeting] = []
    if ways is not None and not never:
        pairs = _near_pairs((one, other), ways, within_m, window, settings, prepared)
        found = meetings_of(pairs, settings)
    shown = [each for each in found if each.answer is Answer.YES]
    answer = Answer.YES if shown else Answer.NO if never else Answer.CANNOT_SAY
    return Meetings(
        start=start,
        end=end,
        within_m=within_m,
        answer=answer,
        meetings=tuple(found),
        days=len({london(each.start).date() for each in shown}),
        both_seen_s=both_s,
        apart_s=apart_s,
    )


def _ways(
    two: tuple[Followed, Followed],
    window: tuple[Instant, Instant],
    settings: SettingsHistory,
    prepared: Prepared,
) -> tuple[Way, Way] | None:
    """Return what is known of the two, None where one has no fix that decides."""
    walks = [walked(each.trail, settings, prepared) for each in two]
    if not all(walk.at for walk in walks):
        return None
    first = walks[0]
    plane = Plane.at(LonLat(lon_deg=first.lon[0], lat_deg=first.lat[0]))
    ways: list[Way] = []
    for each, walk in zip(two, walks, strict=True):
        seen = spans_seen(walk, each.worn, each.mode, window)
        unbound(walk, seen, settings)
        ways.append(Way(walk, *plane.xy_arrays(np.array(walk.lon), np.array(walk.lat)), seen))
    return ways[0], ways[1]


# --- that they may have, or have --------------------------------------------------------------


def _near_pairs(
    two: tuple[Followed, Followed],
    ways: tuple[Way, Way],
    within_m: float,
    window: tuple[Instant, Instant],
    settings: SettingsHistory,
    prepared: Prepared,
) -> Iterator[Held]:
    """Yield each fix of either against the last one of the other, where that is no older than the
    settings allow and the two may be near, in order of time; the fix of the one first."""
    rules = settings.at(window[0]).encounter
    events = moments(ways, window, rules, within_m)
    rows = [merged(each.trail, -(2**62)) for each in two]
    for at, mine, its in events:
        one = _placed(two[0].trail, ways[0].walk, rows[0], mine, settings, prepared)
        other = _placed(two[1].trail, ways[1].walk, rows[1], its, settings, prepared)
        yield nearness(one, other, within_m, settings.at(Instant(at))), one, other


def moments(
    ways: tuple[Way, Way],
    window: tuple[Instant, Instant],
    rules: EncounterSettings,
    within_m: float,
) -> list[tuple[int, int, int]]:
    """Return (time, fix of the one, fix of the other) of the pairs that may be near, by time: each
    fix in the window with the last one of the other."""
    start, end = window
    times = [np.array(way.walk.at, dtype=np.int64) for way in ways]
    found: set[tuple[int, int, int]] = set()
    for side in (0, 1):
        mine = np.flatnonzero((times[side] >= start) & (times[side] < end))
        its = np.searchsorted(times[1 - side], times[side][mine], side="right") - 1
        mine, its = mine[its >= 0], its[its >= 0]
        age_s = (times[side][mine] - times[1 - side][its]) / SECOND
        a, b = ways[side], ways[1 - side]
        apart_m = np.hypot(a.x_m[mine] - b.x_m[its], a.y_m[mine] - b.y_m[its])
        region_m = np.array(a.walk.radius_m)[mine] + np.array(b.walk.radius_m)[its]
        near = apart_m <= within_m + region_m + _WAYS_M * rules.spread_mps * age_s
        kept = near & (age_s <= rules.age_most_s)
        for m, n in zip(mine[kept].tolist(), its[kept].tolist(), strict=True):
            pair = (m, n) if side == 0 else (n, m)
            found.add((int(times[side][m]), *pair))
    return sorted(found)


def _placed(
    trail: Sequence[TrailPart],
    walk: Walk,
    rows: Sequence[tuple[int, int, int]],
    k: int,
    settings: SettingsHistory,
    prepared: Prepared,
) -> PlacedFix:
    at, number, row = rows[k]
    part = trail[number]
    said = dict(zip(FIX_DTYPE.names or (), part.block[row].item(), strict=True))
    error = prepared.fix_error(
        said["accuracy_m"], said["confidence"], said["hdop"], said["satellites"], said["source"],
        part.tag_model, settings.at(Instant(at)),
    )  # fmt: skip
    return PlacedFix(
        at, walk.lon[k], walk.lat[k], walk.ids[k], error, said["source"], said["motion"]
    )


def meetings_of(pairs: Iterable[Held], settings: SettingsHistory) -> list[Meeting]:
    """Return the meetings of pairs of fixes in order of time, each held against the other. Pairs
    that neither leave a meeting open nor show them apart may be left out."""
    return [_meeting(each, settings) for each in _grouped(pairs, settings)]


def _grouped(pairs: Iterable[Held], settings: SettingsHistory) -> Iterator[_Together]:
    """Yield the meetings: pairs that may be near, until nothing has shown them so for too long or
    a pair shows them apart."""
    going: _Together | None = None
    for held, one, other in pairs:
        at = max(one.at, other.at)
        rules = settings.at(Instant(at)).encounter
        if going is not None and (held.clear or at - _end(going) > rules.lapse_s * SECOND):
            yield going
            going = None
        if held.near < rules.thresholds.protect:
            continue
        going = _Together() if going is None else going
        going.pairs.append((held, one, other))
        ids = (one.fix_id, other.fix_id)
        fresh = not set(ids) & set(going.last) and (
            not going.witnesses or at - going.witness_at >= rules.independent_s * SECOND
        )
        if held.sure >= rules.thresholds.accuse and fresh:
            going.witnesses += 1
            going.witness_at, going.last = at, ids
    if going is not None:
        yield going


def _end(going: _Together) -> int:
    _, one, other = going.pairs[-1]
    return max(one.at, other.at)


def _meeting(going: _Together, settings: SettingsHistory) -> Meeting:
    first, end = going.pairs[0], Instant(_end(going))
    rules = settings.at(end).encounter
    best = sorted(going.pairs, key=lambda pair: (-pair[0].near, pair[0].measured_m))
    held, one, other = best[0]
    shown = going.witnesses >= rules.confirm_fixes
    return Meeting(
        start=Instant(max(first[1].at, first[2].at)),
        end=end,
        answer=Answer.YES if shown else Answer.CANNOT_SAY,
        p_near=held.near,
        pairs=len(going.pairs),
        witnesses=going.witnesses,
        fixes=tuple((a.fix_id, b.fix_id) for _, a, b in best[:MOST_PAIRS]),
        nearest_m=round(min(pair[0].measured_m for pair in going.pairs)),
        age_s=round(held.age_s),
        lon_deg=round(0.5 * (one.lon_deg + other.lon_deg), 7),
        lat_deg=round(0.5 * (one.lat_deg + other.lat_deg), 7),
    )
