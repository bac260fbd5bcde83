"""Who was at a crime, by the rule `overlap-50`: three lists, and what was seen of each person.

A fix counts if at least half the area of its 95 % circle lies in the vicinity of the crime.
Consecutive counting fixes are a visit, labelled A1, A2 …, the next visit B1; any fix that does not
count ends the visit. A circle wider than 141 m can never count by this rule, wherever it lies, so
whoever was seen by such circles alone is not excluded by it: he is on a list of his own.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from tagwatch.core.match import (
    Counted,
    CrimeMatch,
    MatchList,
    MatchSettings,
    OpenReason,
    Scene,
    Sighted,
    TagLook,
    Worn,
)
from tagwatch.core.match_seen import may_have_come, window_seen
from tagwatch.core.overlap import circle_share, largest_radius_m
from tagwatch.core.plane import Floats, LonLat, Plane
from tagwatch.core.units import MINUTE, Instant

_WHOLE: Final = 1_000_000
_LETTERS: Final = 26
_SLACK_M: Final = 0.001


def scene_of(place: LonLat, from_at: Instant, to_at: Instant, settings: MatchSettings) -> Scene:
    """Return the padded window of a crime, and where it happened."""
    padding = settings.padding_min * MINUTE
    return Scene(place, Instant(from_at - padding), Instant(to_at + padding))


def overlap_match(
    scene: Scene, sighted: Sighted, worn: Sequence[Worn], settings: MatchSettings
) -> CrimeMatch:
    """Return on which list the rule puts a person, with the fixes that count and their labels."""
    rows = in_window(scene, sighted)
    away_m = _away_m(scene, sighted)
    shares = _shares(away_m, sighted.radius_m, rows, settings)
    counted = labelled(rows, shares, settings.least_share)
    reason = None if counted else _reason(scene, sighted, worn, away_m, rows, shares, settings)
    found = MatchList.EXCLUDED if reason is None else MatchList.NOT_EXCLUDED
    counting = {one.row for one in counted}
    return CrimeMatch(
        found=MatchList.MATCHED if counted else found,
        reason=reason,
        counted=counted,
        fixes=len(rows),
        best_radius_m=best_radius_m(sighted, rows),
        seen=window_seen(scene, sighted, worn, settings),
        tags=tag_looks(scene, sighted, worn, rows, counting),
    )


def around(scene: Scene, sighted: Sighted) -> tuple[Sighted, int]:
    """Return the fixes of the window with the one before and the one after it, and the row of the
    first of them: all that `overlap_match` asks for."""
    rows = in_window(scene, sighted)
    first, last = max(rows.start - 1, 0), rows.stop + 1
    near = Sighted(
        sighted.at[first:last],
        sighted.lon_deg[first:last],
        sighted.lat_deg[first:last],
        sighted.radius_m[first:last],
        sighted.tag[first:last],
    )
    return near, first


def in_window(scene: Scene, sighted: Sighted) -> range:
    """Return the rows whose time lies in the window, its ends included."""
    first = int(np.searchsorted(sighted.at, scene.start, side="left"))
    last = int(np.searchsorted(sighted.at, scene.end, side="right"))
    return range(first, max(first, last))


def labelled(rows: range, shares: Sequence[float], least: float) -> tuple[Counted, ...]:
    """Return the counting fixes with their labels; `shares` are those of the rows.

    Shares are rounded to a millionth before they are compared, as all that decides.
    """
    found: list[Counted] = []
    visit = number = 0
    for row, share in zip(rows, shares, strict=True):
        if share < least:
            number = 0
            continue
        visit += number == 0
        number += 1
        found.append(Counted(row, f"{letters(visit)}{number}", share))
    return tuple(found)


def letters(visit: int) -> str:
    """Return the letters of a visit, from 1: A to Z, AA, AB … Raises ValueError below 1."""
    if visit < 1:
        raise ValueError(f"visits count from 1, not from {visit}")
    text = ""
    while visit:
        visit, rest = divmod(visit - 1, _LETTERS)
        text = chr(ord("A") + rest) + text
    return text


def best_radius_m(sighted: Sighted, rows: range) -> float | None:
    """Return the smallest known radius of those rows, None if there is none."""
    radii = sighted.radius_m[rows.start : rows.stop]
    known = radii[~np.isnan(radii)]
    return float(known.min()) if len(known) else None


def tag_looks(
    scene: Scene, sighted: Sighted, worn: Sequence[Worn], rows: range, counting: set[int]
) -> tuple[TagLook, ...]:
    """Return what each tag that was on him in the window says of it."""
    found: list[TagLook] = []
    for number, one in enumerate(worn):
        if one.start > scene.end or one.end <= max(one.start, scene.start):
            continue
        his = [row for row in rows if sighted.tag[row] == number]
        radii = [float(sighted.radius_m[row]) for row in his]
        known = [radius for radius in radii if radius == radius]  # noqa: PLR0124  # NaN: unknown
        look = TagLook(
            activation_id=one.activation,
            fixes=len(his),
            best_radius_m=min(known, default=None),
            counting=sum(row in counting for row in his),
        )
        found.append(look)
    return tuple(found)


def _away_m(scene: Scene, sighted: Sighted) -> Floats:
    plane = Plane.at(scene.place)
    return np.hypot(*plane.xy_arrays(sighted.lon_deg, sighted.lat_deg))


def _shares(away_m: Floats, radius_m: Floats, rows: range, settings: MatchSettings) -> list[float]:
    """Return the share of each row's circle in the vicinity, to a millionth; 0 if unknown."""
    disc_m = settings.vicinity_m
    shares = [0.0] * len(rows)
    part = slice(rows.start, rows.stop)
    with np.errstate(invalid="ignore"):
        near = np.flatnonzero(away_m[part] <= radius_m[part] + disc_m + _SLACK_M)
    for k in near.tolist():
        row = rows.start + k
        share = circle_share(float(radius_m[row]), float(away_m[row]), disc_m)
        shares[k] = round(share * _WHOLE) / _WHOLE
    return shares


def _reason(
    scene: Scene,
    sighted: Sighted,
    worn: Sequence[Worn],
    away_m: Floats,
    rows: range,
    shares: Sequence[float],
    settings: MatchSettings,
) -> OpenReason | None:
    """Return why somebody of whom no fix counts cannot be excluded; None if he can."""
    part = slice(rows.start, rows.stop)
    away, radius = away_m[part], sighted.radius_m[part]
    unknown = np.isnan(radius)
    with np.errstate(invalid="ignore"):
        reaches = away <= settings.vicinity_m + settings.open_factor * radius
        wide = radius > largest_radius_m(settings.vicinity_m, settings.least_share)
    if bool((reaches & wide).any()):
        return OpenReason.TOO_WIDE
    if bool((unknown & (away <= settings.unknown_reach_m)).any()):
        return OpenReason.NO_RADIUS
    if bool(reaches.any()) or any(share > 0.0 for share in shares):
        return OpenReason.PARTLY
    if may_have_come(scene, sighted, worn, away_m, settings):
        return OpenReason.SILENCE if len(rows) else OpenReason.NO_FIX
    return None


def ranked_key(match: CrimeMatch) -> tuple[float, ...]:
    """Return what matches are ranked by, the greatest first: probability where the rule has one,
    then how many fixes count, the best share, and the smallest circle."""
    best = max((one.share for one in match.counted), default=0.0)
    narrow = 0.0 if match.best_radius_m is None else -match.best_radius_m
    return (match.probability or 0.0, float(len(match.counted)), best, narrow)
