"""Which fixes certainly change no decision, of which zones and of curfews, for a whole batch.

Vectorised code may only say "certainly irrelevant", with a margin; all else is stepped by the
scalar rules. A fix that is screened leaves a rule where it was, so that with and without the
screen the findings are the same (property-tested). Whether a zone is near depends on the fix
alone; what curfews make of it also on what is remembered of the wearer. Schedules of zones are
ignored: a zone that does not apply just now merely keeps a few fixes more.
"""

from dataclasses import dataclass, fields
from functools import cache
from types import ModuleType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.disc_table import ROUNDING_MARGIN, TABLE_MARGIN, table_mass
from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import tail_bound
from tagwatch.core.memory import (
    ANSWER,
    EVERYTHING,
    LAST_BIT,
    LIKELY,
    NEAR_SHIFT,
    SEEN,
    STEPPED,
    TRACKS,
    VAGUE,
    Answers,
    Memory,
)
from tagwatch.core.plane import scale_m
from tagwatch.core.rules import curfew
from tagwatch.core.rules.area import (
    CLOSE_M,
    CLOSE_SHARE,
    FAR_SHARE,
    NEAR_LIMIT_M,
    NEAR_SHARE,
    SLACK_M,
    bound_of,
    disc_of,
    farthest_m,
)
from tagwatch.core.rules.fix_error import REGION
from tagwatch.core.rules.force import FOREVER
from tagwatch.core.rules.prepare import Piece, Tracks
from tagwatch.core.settings import Settings
from tagwatch.core.trail import decidable
from tagwatch.core.uncertainty import error_mixtures
from tagwatch.core.units import DAY, Instant

ROWS: Final = 1 << 14
"""Fixes screened at a time, so that the arrays stay in the processor's cache."""

SIGHT: Final = 300 * DAY
"""So long after a memory without a curfew window in sight there is surely none."""

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(slots=True, eq=False)
class Bounds:
    """What the screen must know of w wearers, in flat arrays: make with `bounds`, keep up to date
    with `note`. Discs are centre, metres per degree there, and radius.

    `zone` is (5, w, z): lon, lat, kx, ky, radius of discs that hold a zone and its buffer;
    `bit` is (w, z): the number of its track.
    `place` is (7, w, c): of discs that lie wholly within curfew places, then the radius of a disc
    about the same centre that holds the place, and *protect*. `window` is (4, w, c):
    two windows [start, end); `known_until` and `present_until` are (w, c): beyond the first the
    windows are not known, before the second he was present in the first window and at rest; nor
    are windows known before `known_from`, (w,).
    `rest` is (w,): fixes may be screened for curfews; `known` is (w,): and for zones.
    `protect` is (w, z): *protect* where the condition has one of its own, else 1.
    Unused entries never keep a fix.
    """

    zone: Floats
    bit: NDArray[np.uint64]
    place: Floats
    window: Ints
    known_from: Ints
    known_until: Ints
    present_until: Ints
    rest: Bools
    known: Bools
    protect: Floats

    @property
    def fields(self) -> tuple[object, ...]:
        """All of them, in their order."""
        return tuple(getattr(self, field.name) for field in fields(self))


def bounds(wearers: list[Tracks]) -> Bounds:
    """Return the bounds of these wearers, by position, nothing noted yet: nothing is screened."""
    discs = [_zone_discs(tracks) for tracks in wearers]
    most = max((len(found) for found in discs), default=0)
    many = max((len(tracks.curfews) for tracks in wearers), default=0)
    made = room(len(wearers), most, many)
    for w, found in enumerate(discs):
        for z, (number, disc, protect) in enumerate(found):
            made.zone[:, w, z], made.protect[w, z] = disc, protect
            made.bit[w, z] = min(number, LAST_BIT)
    return made


def room(count: int, most: int, many: int) -> Bounds:
    """Return bounds of `count` wearers in which every entry is unused."""
    zone = np.zeros((5, count, most))
    zone[4] = -np.inf
    return Bounds(
        zone=zone,
        bit=np.zeros((count, most), dtype=np.uint64),
        place=np.zeros((7, count, many)),
        window=np.full((4, count, many), -FOREVER),
        known_from=np.full(count, -FOREVER),
        known_until=np.full((count, many), FOREVER),
        present_until=np.full((count, many), -FOREVER),
        rest=np.zeros(count, dtype=np.bool_),
        known=np.zeros(count, dtype=np.bool_),
        protect=np.ones((count, most)),
    )


def note(
    known: Bounds,
    wearer: int,
    tracks: Tracks,
    memory: Memory,
    tag_model: str,
    settings: Settings,
    since: Instant | None = None,
) -> None:
    """Bring `known` up to date for one wearer, after `advance` or a change of tag.

    Not needed after a frame that was screened as a whole. Fixes earlier than `since`, by default
    the last one in the memory, are all stepped by curfews.
    """
    at = memory.upto if since is None else since
    known.known_from[wearer] = at
    own_errors = any(model.tag_model == tag_model for model in settings.errors.tag_models)
    known.known[wearer] = not own_errors
    calm = all(watch.at_rest for watch in memory.watches.values())
    known.rest[wearer] = calm and not memory.unseen and not own_errors
    for c, track in enumerate(tracks.curfews):
        first = track.next_interval(at)
        after = None if first is None else track.next_interval(first[1])
        known.window[:2, wearer, c] = (-FOREVER, -FOREVER) if first is None else first
        known.window[2:, wearer, c] = (-FOREVER, -FOREVER) if after is None else after
        known.known_until[wearer, c] = at + SIGHT if after is None else after[1]
        piece = None if first is None else track.piece_at(first[0])
        if piece is not None:
            known.place[:, wearer, c] = _discs(piece, settings)
            known.known_until[wearer, c] = min(known.known_until[wearer, c], piece.end)
        watch = memory.watches.get(track.key)
        present = watch is not None and watch.at_rest
        known.present_until[wearer, c] = watch.until if watch and present else -FOREVER


def screened(block: FixBlock, wearer: Ints, known: Bounds, settings: Settings) -> Answers:
    """Return, shape (n,), what must be stepped of each fix: bits of the zones and rings it may
    matter to, or is not clear of, and SEEN, LIKELY, VAGUE or STEPPED of curfews.

    `wearer`, shape (n,), is each fix's position in `known`; fixes of one wearer stand together,
    in the order of their frames. Fixes that decide nothing by their marks are SEEN, far from all.
    """
    answers = np.empty(len(block), dtype=np.uint64)
    if _compiled():
        _passes().screen(block, wearer, known.fields, settings, answers)
        return answers
    for start in range(0, len(block), ROWS):
        rows = slice(start, start + ROWS)
        answers[rows] = by_arrays(block[rows], wearer[rows], known, settings)
    return answers


@cache
def _compiled() -> bool:
    """Return whether one compiled pass is there: in plain Python the arrays are far quicker."""
    from tagwatch.core import compiled  # noqa: PLC0415  # it loads the compiler

    return compiled.COMPILED


@cache
def _passes() -> ModuleType:
    from tagwatch.core import screen_pass  # noqa: PLC0415  # as `_compiled`

    return screen_pass


def survives(answers: Answers) -> Bools:
    """Return, shape (n,), which fixes some rule must step."""
    return ((answers & (TRACKS << NEAR_SHIFT)) != 0) | ((answers & ANSWER) == STEPPED)


def by_arrays(block: FixBlock, wearer: Ints, known: Bounds, settings: Settings) -> Answers:
    """Return what `screened` does, of so few fixes that the arrays stay in the cache."""
    fixes = _Fixes(
        lon=np.ascontiguousarray(block["lon_deg"]),
        lat=np.ascontiguousarray(block["lat_deg"]),
        at=np.ascontiguousarray(block["fixed_at"]),
        wearer=wearer,
        decides=decidable(block),
        mixtures=error_mixtures(block, settings.errors),
    )
    answers = _near_zones(fixes, known, settings)
    answers |= _of_curfews(fixes, known, settings)
    answers[~known.known[wearer]] = EVERYTHING
    answers[~fixes.decides] = SEEN
    return answers


@dataclass(slots=True, eq=False)
class _Fixes:
    """Columns of a block; sigmas in metres and weights of the errors in `mixtures`, both (n, k)."""

    lon: Floats
    lat: Floats
    at: Ints
    wearer: Ints
    decides: Bools
    mixtures: tuple[Floats, Floats]


def _reach_m(sigmas_m: Floats, weights: Floats, share: float) -> Floats:
    """Return radii beyond which lies less than `share`, shape (n,), as `fix_error.reach_m`."""
    parts = np.count_nonzero(weights, axis=1)[:, None]
    with np.errstate(divide="ignore"):
        logs = np.log(weights * (parts / share))
    return np.max(sigmas_m * np.sqrt(2.0 * np.maximum(logs, 0.0)), axis=1)


def _near_zones(fixes: _Fixes, known: Bounds, settings: Settings) -> Answers:
    """Return the bits of the zones and rings near which the filter follows; of all others the
    fixes are clear."""
    found = np.zeros(len(fixes.lon), dtype=np.uint64)
    if not known.zone.shape[2]:
        return found
    wearer = fixes.wearer
    reach_m = _reach_m(*fixes.mixtures, 1.0 - REGION)
    near_m = np.maximum(settings.zone.near_m, reach_m) + SLACK_M
    for z in range(known.zone.shape[2]):
        zone = known.zone[:, :, z]
        dx_m = (fixes.lon - zone[0][wearer]) * zone[2][wearer]
        dy_m = (fixes.lat - zone[1][wearer]) * zone[3][wearer]
        distance_m = np.minimum(NEAR_SHARE * np.sqrt(dx_m * dx_m + dy_m * dy_m), NEAR_LIMIT_M)
        rows = np.flatnonzero(distance_m <= zone[4][wearer] + near_m)
        found[rows] |= np.uint64(1) << (known.bit[wearer[rows], z] + np.uint64(NEAR_SHIFT))
    return found


def _share(distance_m: Floats, radius_m: Floats) -> Floats:
    """Return by what share of them distances from the centre of an area by its flat metre scale
    may be off."""
    close = (distance_m <= CLOSE_M) & (radius_m <= CLOSE_M)
    return np.where(close, CLOSE_SHARE, FAR_SHARE)


def _tail(distance_m: Floats, sigmas_m: Floats, weights: Floats) -> Floats:
    """Return P(|error| > distance), shape (n,); 1 for no distance."""
    ratio = np.maximum(distance_m, 0.0)[:, None] / sigmas_m
    return np.sum(weights * np.exp(-0.5 * ratio * ratio), axis=-1)


def _of_curfews(fixes: _Fixes, known: Bounds, settings: Settings) -> Answers:
    """Return what the fixes say of curfews. Where two curfews of a wearer hear different things,
    or he is not at rest, it is STEPPED."""
    heard = np.full(len(fixes.lon), SEEN, dtype=np.uint64)
    asked = np.zeros(len(fixes.lon), dtype=np.bool_)
    kept = ~known.rest[fixes.wearer] | (fixes.at < known.known_from[fixes.wearer])
    for c in range(known.place.shape[2]):
        kept |= fixes.at >= known.known_until[fixes.wearer, c]
        rows, said = _of_curfew(fixes, known, c, settings)
        kept[rows] |= asked[rows] & (heard[rows] != said)
        heard[rows], asked[rows] = said, True
    heard[kept] = STEPPED
    return heard


def _of_curfew(fixes: _Fixes, known: Bounds, c: int, settings: Settings) -> tuple[Ints, Answers]:
    """Return the rows within a window of the c-th curfew of their wearers, and what they say.

    What a fix says is known only of a wearer who is known to be present: because he was at the
    last note, or because a fix before says so.
    """
    window = known.window[:, fixes.wearer, c]
    first = (fixes.at >= window[0]) & (fixes.at < window[1])
    rows = np.flatnonzero(first | ((fixes.at >= window[2]) & (fixes.at < window[3])))
    if not len(rows):
        return rows, np.empty(0, dtype=np.uint64)
    who, at = fixes.wearer[rows], fixes.at[rows]
    said = _alone(fixes, rows, known.place[:, who, c], settings)
    inside = said == SEEN
    inside &= fixes.decides[rows]
    present = at < known.present_until[who, c]
    present |= _shown_before(inside, who, first[rows], at)
    said[~present] = STEPPED
    return rows, said


def _alone(fixes: _Fixes, rows: Ints, place: Floats, settings: Settings) -> Answers:
    """Return what each fix says to a curfew at rest whose place is held by, and holds, `place`."""
    dx_m = (fixes.lon[rows] - place[0]) * place[2]
    dy_m = (fixes.lat[rows] - place[1]) * place[3]
    distance_m = np.sqrt(dx_m * dx_m + dy_m * dy_m)
    slack_m = distance_m * _share(distance_m, place[5])
    sigmas_m, weights = fixes.mixtures[0][rows], fixes.mixtures[1][rows]
    rules = settings.curfew
    depth_m = place[4] - (distance_m + slack_m)
    sure = depth_m > 0.0
    sure &= tail_bound(depth_m, sigmas_m, weights) <= 1.0 - rules.present - ROUNDING_MARGIN
    said = np.where(sure, np.uint64(SEEN), np.uint64(STEPPED))
    left = np.flatnonzero(~sure)
    sigmas_m, weights, place = sigmas_m[left], weights[left], place[:, left]
    nearest_m, farthest = distance_m[left] - slack_m[left], distance_m[left] + slack_m[left]
    least = table_mass(place[4], farthest, sigmas_m, weights) - TABLE_MARGIN
    most = table_mass(place[5], nearest_m, sigmas_m, weights) + TABLE_MARGIN
    # P(outside) is at most that of a fix so far from the disc within the place.
    outside = 1.0 - _tail(farthest - place[4], sigmas_m, weights)
    quiet = outside <= place[6] - ROUNDING_MARGIN
    likely = quiet & (most < rules.present) & (least >= rules.seen)
    vague = quiet & (most < min(rules.present, rules.seen))
    found = np.where(likely, np.uint64(LIKELY), np.uint64(STEPPED))
    found[vague] = VAGUE
    found[least >= rules.present] = SEEN
    said[left] = found
    return said


def _shown_before(inside: Bools, who: Ints, window: Bools, at: Ints) -> Bools:
    """Return which fixes come after one certainly inside, of the same wearer in the same window.

    Where times do not rise, nothing before counts.
    """
    place = np.arange(len(at))
    begins = np.ones(len(at), dtype=np.bool_)
    begins[1:] = (who[1:] != who[:-1]) | (window[1:] != window[:-1]) | (at[1:] <= at[:-1])
    start = np.maximum.accumulate(np.where(begins, place, 0))
    last = np.maximum.accumulate(np.where(inside, place, -1))
    before = np.concatenate(([-1], last[:-1]))
    return before >= start


def _discs(piece: Piece, settings: Settings) -> tuple[float, ...]:
    """Return a curfew's column of `Bounds.place`."""
    protect = curfew.thresholds_of(piece, settings.curfew).protect
    disc = disc_of(piece.condition.terms, piece.rule)
    if disc is not None:
        at, radius_m = disc.centre, disc.radius_m
        return at.lon_deg, at.lat_deg, *scale_m(at.lat_deg), radius_m, radius_m, protect
    area = piece.area
    lon_deg, lat_deg, radius_m = area.inner
    x_m, y_m = area.shape.plane.xy(lon_deg, lat_deg)
    held_m = farthest_m(area.shape, x_m, y_m)
    return lon_deg, lat_deg, *scale_m(lat_deg), radius_m, held_m, protect


def _zone_discs(tracks: Tracks) -> list[tuple[int, tuple[float, ...], float]]:
    """Return discs that hold every zone and ring in every version: the number of the track, a
    column of `Bounds.zone`, and its *protect*."""
    found: list[tuple[int, tuple[float, ...], float]] = []
    for number, version, rule in tracks.zone_versions():
        held = bound_of(version.terms, rule)
        disc = (held.lon_deg, held.lat_deg, held.kx_m, held.ky_m, held.bound_m)
        own = version.thresholds
        found.append((number, disc, 1.0 if own is None else own.protect))
    return found
