"""Which fixes may be in a box on the ground, by what each claims of its error: none left out."""

from collections.abc import Sequence
from math import ceil, inf, log1p, log2, sqrt
from typing import Final, NamedTuple, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import FixBlock, Source
from tagwatch.core.geometry import tail_bound
from tagwatch.core.plane import Floats, scale_m
from tagwatch.core.uncertainty import (
    ErrorSettings,
    FixQuality,
    error_mixture,
    error_mixtures,
    errors_by_source,
    r99_m,
)
from tagwatch.store.archive.footer import Footer

Groups = NDArray[np.intp]
"""Numbers of row groups of one file, in order."""
DECIDING: Final = ("fixed_at", "lon_deg", "lat_deg", "accuracy_m", "confidence", "hdop", "source")
"""The columns that tell whether a fix is near: of a time, and at a place."""
EXCLUDED: Final = 0.01
"""A fix that leaves no more than this for a place excludes it: it is outside its 99 % region."""
_SHORTER: Final = 0.99
"""Distances are taken this much shorter than degrees times metres a degree say."""
_LON_M: Final = 111_300.0
_LAT_M: Final = 110_570.0
"""Metres a degree, at the equator, where a degree of latitude is shortest."""
_FAR_M: Final = 100_000.0
_VAGUE_M: Final = 5_000.0
_VAGUE_HDOP: Final = 100.0
_VAGUE_SHARE: Final = 0.3
"""Claims from which a fix may be meant from beyond _FAR_M."""


class Box(NamedTuple):
    """An area between meridians and parallels, in degrees."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def about(cls, lon_deg: float, lat_deg: float, reach_m: float) -> Self:
        """Return the box that reaches so far in each direction."""
        east_m, north_m = scale_m(min(abs(lat_deg), 79.0))
        lon, lat = reach_m / east_m, reach_m / north_m
        return cls(lon_deg - lon, lat_deg - lat, lon_deg + lon, lat_deg + lat)


def rows_near(
    block: FixBlock,
    boxes: Sequence[Box],
    errors: ErrorSettings,
    reach_m: Floats | None = None,
) -> NDArray[np.bool_]:
    """Return, shape (n,), which fixes have a box, or some of it, within their 99 % region.

    `reach_m`, shape (n,), is at least the radius of that region, where it is known beforehand.
    """
    lon, lat = block["lon_deg"], block["lat_deg"]
    away_m = np.full(len(block), inf)
    for box in boxes:
        np.fmin(away_m, _away_m((lon, lat, lon, lat), box), out=away_m)
    vague = (block["accuracy_m"] > _VAGUE_M) | (block["hdop"] > _VAGUE_HDOP)
    vague |= (block["confidence"] > 0.0) & (block["confidence"] < _VAGUE_SHARE)
    # So far away a straight way over the map is no longer the shortest.
    away_m[vague] *= 0.5
    found = np.zeros(len(block), np.bool_)
    chosen = (away_m <= _FAR_M) | (vague & np.isfinite(away_m))
    if reach_m is not None:
        chosen &= away_m <= reach_m
    rows = np.flatnonzero(chosen)
    for each in _each_model(errors):
        sigmas_m, weights = error_mixtures(block[rows], each)
        found[rows] |= tail_bound(away_m[rows], sigmas_m, weights) > EXCLUDED
    return found


def groups_near(
    footer: Footer, among: Groups, boxes: Sequence[Box], errors: ErrorSettings
) -> tuple[Groups, Floats]:
    """Return those of some row groups that may hold a fix that `rows_near` finds, and of each the
    radius that the 99 % region of none of its fixes exceeds: without bound beyond 100 km."""
    (west, east), (south, north) = footer.bounds["lon_deg"], footer.bounds["lat_deg"]
    area = (west[among], south[among], east[among], north[among])
    reach_m = _reaches_m(footer, among, errors)
    found = reach_m == inf
    for box in boxes:
        found |= _away_m(area, box) <= reach_m
    return among[found], reach_m[found]


def _away_m(area: tuple[Floats, Floats, Floats, Floats], box: Box) -> Floats:
    """Return, shape (n,), at least how far areas (west, south, east, north) are from a box, never
    more than they are."""
    west, south, east, north = area
    lon = np.maximum(0.0, np.maximum(box.west - east, west - box.east))
    lat = np.maximum(0.0, np.maximum(box.south - north, south - box.north))
    poleward = np.maximum(np.abs(south), np.abs(north))
    poleward = np.minimum(np.maximum(poleward, max(abs(box.south), abs(box.north))), 90.0)
    return _SHORTER * np.hypot(lon * _LON_M * np.cos(np.radians(poleward)), lat * _LAT_M)


def _reaches_m(footer: Footer, among: Groups, errors: ErrorSettings) -> Floats:
    """Return, shape (among,), the radius that the 99 % region of no fix of a group exceeds."""
    radius_m = np.maximum(footer.bounds["accuracy_m"][1][among], 0.0)
    share = footer.bounds["confidence"][0][among]
    share = np.clip(np.minimum(share, errors.default_confidence.value), 1e-12, None)
    with np.errstate(over="ignore"):
        claims_m = radius_m / np.sqrt(-2.0 * np.log1p(-share))
    hdop = np.maximum(footer.bounds["hdop"][1][among], 0.0)
    low, high = (bound[among] for bound in footer.bounds["source"])
    reach_m = np.zeros(len(claims_m))
    known: dict[tuple[int, float], float] = {}
    models = _each_model(errors)
    for k, claim_m in enumerate(claims_m.tolist()):
        for source in Source:
            # A source is told apart by its number alone; none is left out that may be there.
            if not low[k] <= source <= high[k]:
                continue
            for number, each in enumerate(models):
                of_source = errors_by_source(source, each)
                most_m = max(
                    claim_m,
                    float(hdop[k]) * of_source.hdop_sigma_m.value,
                    of_source.default_sigma_m.value,
                )
                step_m = 2.0 ** (ceil(4.0 * log2(min(most_m, _FAR_M))) / 4.0)
                key = (int(source) * len(models) + number, step_m)
                if key not in known:
                    known[key] = _reach_m(step_m, source, each)
                reach_m[k] = max(reach_m[k], known[key] if most_m < _FAR_M else inf)
    return np.where(reach_m > _FAR_M, inf, reach_m)


def _reach_m(claim_m: float, source: Source, errors: ErrorSettings) -> float:
    radius_m = claim_m * sqrt(-2.0 * log1p(-0.68))
    return r99_m(
        error_mixture(FixQuality(accuracy_m=radius_m, confidence=0.68, source=source), errors)
    )


def _each_model(errors: ErrorSettings) -> list[ErrorSettings]:
    """Return the error model, and one for each tag model's own: which tag it was is not asked."""
    found = [msgspec.structs.replace(errors, tag_models=())]
    for own in errors.tag_models:
        name = {Source.WIFI: "wifi", Source.LBS: "cell", Source.RF: "cell"}.get(own.source, "gnss")
        found.append(msgspec.structs.replace(found[0], **{name: own.errors}))
    return found
