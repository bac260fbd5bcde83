"""Which fixes certainly change no decision: most of them, found for a whole batch at once.

Vectorised code may only say "certainly irrelevant", with a margin; all else is stepped by the
scalar rules. A fix that is screened leaves every rule where it was, so that with and without the
screen the findings are the same (property-tested). Schedules of zones are ignored: a zone that
does not apply just now merely keeps a few fixes more.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import tail_bound
from tagwatch.core.memory import LIKELY, SEEN, STEPPED, Memory
from tagwatch.core.rules.area import NEAR_LIMIT_M, NEAR_SHARE, Area
from tagwatch.core.rules.prepare import FOREVER, Tracks
from tagwatch.core.settings import Settings
from tagwatch.core.trail import decidable
from tagwatch.core.uncertainty import error_mixtures
from tagwatch.core.units import DAY

ROWS: Final = 1 << 14
"""Fixes screened at a time, so that the arrays stay in the processor's cache."""

FAR_SHARE: Final = 1.05
"""A flat metre scale at a place's centre understates distances by less than this allows."""

SIGHT: Final = 300 * DAY
"""So long after a memory without a curfew window in sight there is surely none."""

_PRESENT_MARGIN: Final = 1e-5

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Answers = NDArray[np.uint8]
"""SEEN, STEPPED or LIKELY of each fix."""


@dataclass(slots=True, eq=False)
class Bounds:
    """What the screen must know of w wearers, in flat arrays: make with `bounds`, keep up to date
    with `note`. Discs are centre, metres per degree there, and radius.

    `zone` is (5, w, z): lon, lat, kx, ky, radius of discs that hold a zone and its buffer.
    `place` is (6, w, c): of discs that lie wholly within curfew places, and the radius of a disc
    that holds the place. `window` is (4, w, c):
    two windows [start, end); `known_until` and `present_until` are (w, c): beyond the first the
    windows are not known, before the second he was present in the first window and at rest.
    `rest` is (w,): screened fixes may be skipped. Unused entries never keep a fix.
    """

    zone: Floats
    place: Floats
    window: Ints
    known_until: Ints
    present_until: Ints
    rest: Bools


def bounds(wearers: list[Tracks]) -> Bounds:
    """Return the bounds of these wearers, by position, nothing noted yet: nobody is at rest."""
    count = len(wearers)
    discs = [tracks.zone_bounds() for tracks in wearers]
    most = max((len(found) for found in discs), default=0)
    many = max((len(tracks.curfews) for tracks in wearers), default=0)
    zone = np.zeros((5, count, most))
    zone[4] = -np.inf
    place = np.zeros((6, count, many))
    for w, found in enumerate(discs):
        for z, disc in enumerate(found):
            zone[:, w, z] = disc.lon_deg, disc.lat_deg, disc.kx_m, disc.ky_m, disc.bound_m
    window = np.full((4, count, many), -FOREVER)
    return Bounds(
        zone=zone,
        place=place,
        window=window,
        known_until=np.full((count, many), FOREVER),
        present_until=np.full((count, many), -FOREVER),
        rest=np.zeros(count, dtype=np.bool_),
    )


def note(
    known: Bounds, wearer: int, tracks: Tracks, memory: Memory, tag_model: str, settings: Settings
) -> None:
    """Bring `known` up to date for one wearer, after `advance` or a change of tag.

    Not needed after a frame that was screened as a whole.
    """
    own_errors = any(model.tag_model == tag_model for model in settings.errors.tag_models)
    known.rest[wearer] = memory.at_rest and not memory.unseen and not own_errors
    for c, track in enumerate(tracks.curfews):
        first = track.next_interval(memory.upto)
        after = None if first is None else track.next_interval(first[1])
        known.window[:2, wearer, c] = (-FOREVER, -FOREVER) if first is None else first
        known.window[2:, wearer, c] = (-FOREVER, -FOREVER) if after is None else after
        known.known_until[wearer, c] = memory.upto + SIGHT if after is None else after[1]
        piece = None if first is None else track.piece_at(first[0])
        if piece is not None:
            known.place[:, wearer, c] = _discs(piece.area)
            known.known_until[wearer, c] = min(known.known_until[wearer, c], piece.end)
        watch = memory.watches.get(track.key)
        present = watch is not None and watch.at_rest
        known.present_until[wearer, c] = watch.until if watch and present else -FOREVER


def screened(block: FixBlock, wearer: Ints, known: Bounds, settings: Settings) -> Answers:
    """Return, shape (n,), of each fix SEEN, LIKELY, or STEPPED: the rules must have it.

    `wearer`, shape (n,), is each fix's position in `known`; fixes of one wearer stand together,
    in the order of their frames. Fixes that decide nothing by their marks are never STEPPED.
    """
    answers = np.empty(len(block), dtype=np.uint8)
    for start in range(0, len(block), ROWS):
        rows = slice(start, start + ROWS)
        answers[rows] = _screened(block[rows], wearer[rows], known, settings)
    return answers


def _screened(block: FixBlock, wearer: Ints, known: Bounds, settings: Settings) -> Answers:
    lon = np.ascontiguousarray(block["lon_deg"])
    lat = np.ascontiguousarray(block["lat_deg"])
    sigmas_m, weights = error_mixtures(block, settings.errors)
    kept = ~known.rest[wearer]
    if known.zone.shape[2]:
        kept |= _near_a_zone(lon, lat, wearer, known, _reach_m(sigmas_m, weights, settings))
    decides = decidable(block)
    at = np.ascontiguousarray(block["fixed_at"])
    seen = np.zeros(len(block), dtype=np.bool_)
    likely = np.zeros(len(block), dtype=np.bool_)
    for c in range(known.place.shape[2]):
        matters, surely, vaguely = _matters_to_curfew(
            lon, lat, at, wearer, known, c, sigmas_m, weights, decides, settings
        )
        kept |= matters
        seen |= surely
        likely |= vaguely
    kept |= seen & likely  # present at one curfew's place, only likely at another's
    answers = np.where(likely, np.uint8(LIKELY), np.uint8(SEEN))
    answers[kept] = STEPPED
    answers[~decides] = SEEN
    return answers


def _reach_m(sigmas_m: Floats, weights: Floats, settings: Settings) -> Floats:
    """Return radii beyond which lies less than the floor, shape (n,), as `fix_error.reach_m`."""
    parts = weights.shape[1]
    with np.errstate(divide="ignore"):
        logs = np.log(weights * (parts / settings.zone.floor))
    return np.max(sigmas_m * np.sqrt(2.0 * np.maximum(logs, 0.0)), axis=1)


def _near_a_zone(lon: Floats, lat: Floats, wearer: Ints, known: Bounds, reach_m: Floats) -> Bools:
    near = np.zeros(len(lon), dtype=np.bool_)
    for z in range(known.zone.shape[2]):
        zone = known.zone[:, :, z]
        dx_m = (lon - zone[0][wearer]) * zone[2][wearer]
        dy_m = (lat - zone[1][wearer]) * zone[3][wearer]
        distance_m = NEAR_SHARE * np.sqrt(dx_m * dx_m + dy_m * dy_m)
        near |= np.minimum(distance_m, NEAR_LIMIT_M) <= zone[4][wearer] + reach_m
    return near


def _matters_to_curfew(
    lon: Floats,
    lat: Floats,
    at: Ints,
    wearer: Ints,
    known: Bounds,
    c: int,
    sigmas_m: Floats,
    weights: Floats,
    decides: Bools,
    settings: Settings,
) -> tuple[Bools, Bools, Bools]:
    """Return which fixes matter to the c-th curfew of their wearers, which of the others lie
    certainly inside its place in its window, and which likely do.

    Likely inside is a fix that counts as having seen him and cannot show him present. He is known
    to be present because he was at the last note, or because a fix before says so.
    """
    window = known.window[:, wearer, c]
    first = (at >= window[0]) & (at < window[1])
    second = (at >= window[2]) & (at < window[3])
    matters = at >= known.known_until[wearer, c]
    seen = np.zeros(len(at), dtype=np.bool_)
    likely = np.zeros(len(at), dtype=np.bool_)
    rows = np.flatnonzero(first | second)
    if not len(rows):
        return matters, seen, likely
    who = wearer[rows]
    place = known.place[:, who, c]
    dx_m = (lon[rows] - place[0]) * place[2]
    dy_m = (lat[rows] - place[1]) * place[3]
    depth_m = place[4] - FAR_SHARE * np.sqrt(dx_m * dx_m + dy_m * dy_m)
    outer = tail_bound(depth_m, sigmas_m[rows], weights[rows])
    here = (depth_m > 0.0) & decides[rows]
    inside = here & (outer <= 1.0 - settings.curfew.present - _PRESENT_MARGIN)
    vague = here & ~inside & (outer <= 1.0 - settings.curfew.seen - _PRESENT_MARGIN)
    vague &= _most_inside(place[5], sigmas_m[rows], weights[rows]) <= (
        settings.curfew.present - _PRESENT_MARGIN
    )
    known_present = at[rows] < known.present_until[who, c]
    known_present |= _shown_before(inside, who, first[rows], at[rows])
    seen[rows] = inside & known_present
    likely[rows] = vague & known_present
    matters[rows] |= ~(known_present & (inside | vague))
    return matters, seen, likely


def _most_inside(radius_m: Floats, sigmas_m: Floats, weights: Floats) -> Floats:
    """Return an upper bound of P(inside) any shape within a disc, wherever the fix, shape (n,)."""
    ratio = radius_m[:, None] / sigmas_m
    return np.sum(weights * -np.expm1(-0.5 * ratio * ratio), axis=-1)


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


def _discs(ready: Area) -> tuple[float, float, float, float, float, float]:
    """Return a curfew's column of `Bounds.place`."""
    lon_deg, lat_deg, radius_m = ready.inner
    return lon_deg, lat_deg, *ready.scale_m, radius_m, ready.shape.bound_radius_m
