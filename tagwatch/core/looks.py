"""The fixes that can show a stop or a trip, in event order and in flat arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import FixBlock, Source, empty_block, joined
from tagwatch.core.ids import ActivationId
from tagwatch.core.movement_settings import MovementSettings
from tagwatch.core.plane import Floats, LonLat, Plane
from tagwatch.core.trail import TrailPart, event_order
from tagwatch.core.uncertainty import ErrorSettings, error_mixtures, errors_by_source
from tagwatch.core.units import SECOND

R95: Final = 2.448
"""Radius of the 95 % circle of a circular Gaussian, in sigmas per axis."""
_OUTSIDE: Final = 0.05
_MOST_LAT_DEG: Final = 80.0
_HALVINGS: Final = 12
_BY_SOURCE: Final = {
    Source.UNKNOWN: "gnss",
    Source.GNSS: "gnss",
    Source.WIFI: "wifi",
    Source.LBS: "cell",
    Source.RF: "cell",
}
_Columns: TypeAlias = tuple[FixBlock, Floats, Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Sharp fixes in event order, (n,), metres in the plane of the first one."""

    at: NDArray[np.int64]
    lon_deg: Floats
    lat_deg: Floats
    x_m: Floats
    y_m: Floats
    sigma_m: Floats
    """Per axis: the 95 % circle of the error model, as a Gaussian."""
    weight: Floats
    """How much of a witness each is, 0 to 1: near-copies share one."""
    flag: NDArray[np.uint8]
    """The tag's own, `Motion`."""
    density: Floats
    """(n, k) and `exponent`: the error without the steady one has density Σ density·exp(exponent·
    d²) per m²."""
    exponent: Floats
    steady2_m2: Floats
    """Variance per axis of what all fixes of a stay share."""
    every_at: NDArray[np.int64]
    """Of all fixes that decide, the vague ones too, (m,)."""

    def __len__(self) -> int:
        return len(self.at)

    @property
    def seconds(self) -> Floats:
        """Since the first look."""
        return (self.at - self.at[:1]) / SECOND


def looks(trail: Sequence[TrailPart], errors: ErrorSettings, rules: MovementSettings) -> Looks:
    """Return the sharp fixes of a trail: those that decide, each content once, by time and then by
    content, whatever the order of arrival."""
    block, sigmas_m, shares, steady2 = _columns(trail, errors)
    sigma_m = _sigma_m(sigmas_m, shares)
    sharp = (sigma_m <= rules.sharp_m) & (np.abs(block["lat_deg"]) <= _MOST_LAT_DEG)
    every_at = block["fixed_at"].astype(np.int64)
    block, sigmas_m, shares = block[sharp], sigmas_m[sharp], shares[sharp]
    noise2 = np.maximum(sigmas_m**2 - steady2[sharp], 1.0)
    steady = np.sum(shares * steady2[sharp], axis=1)
    at, lon, lat = every_at[sharp], block["lon_deg"], block["lat_deg"]
    x_m, y_m = lon * 0.0, lat * 0.0
    if len(at):
        x_m, y_m = Plane.at(LonLat(lon_deg=float(lon[0]), lat_deg=float(lat[0]))).xy_arrays(
            lon, lat
        )
    since_s = np.diff(at, prepend=at[:1] - round(rules.share_s * SECOND)) / SECOND
    return Looks(
        at=at,
        lon_deg=lon.copy(),
        lat_deg=lat.copy(),
        x_m=x_m,
        y_m=y_m,
        sigma_m=sigma_m[sharp],
        weight=np.minimum(1.0, since_s / rules.share_s),
        flag=block["motion"].copy(),
        density=shares / (2.0 * np.pi * noise2),
        exponent=-0.5 / noise2,
        steady2_m2=steady,
        every_at=every_at,
    )


def _columns(trail: Sequence[TrailPart], errors: ErrorSettings) -> _Columns:
    """Return the fixes in event order, and of each its sigmas, weights and steady variances."""
    by_tag: dict[ActivationId, list[TrailPart]] = {}
    for part in trail:
        by_tag.setdefault(part.activation_id, []).append(part)
    found = [_of_tag(by_tag[tag], errors) for tag in sorted(by_tag)]
    if not found:
        found = [_told(empty_block(), errors)]
    if len(found) == 1:
        return found[0]
    block = joined([each[0] for each in found])
    order = np.argsort(block["fixed_at"], kind="stable")
    sigmas_m, shares, steady2 = (
        np.concatenate([each[k] for each in found])[order] for k in (1, 2, 3)
    )
    return block[order], sigmas_m, shares, steady2


def _of_tag(parts: Sequence[TrailPart], errors: ErrorSettings) -> _Columns:
    block = joined([part.block for part in parts])
    return _told(block[event_order(block)], _errors_of(parts[0].tag_model, errors))


def _errors_of(tag_model: str, errors: ErrorSettings) -> ErrorSettings:
    """Return the error model with what was measured of this tag model in its place."""
    for model in errors.tag_models:
        if model.tag_model == tag_model:
            errors = msgspec.structs.replace(errors, **{_BY_SOURCE[model.source]: model.errors})
    return errors


def _told(block: FixBlock, errors: ErrorSettings) -> _Columns:
    sigmas_m, shares = error_mixtures(block, errors)
    steady2 = np.zeros_like(sigmas_m)
    for source in Source:
        rows = np.flatnonzero(block["source"] == source)
        parts = errors_by_source(source, errors).stretches
        if _BY_SOURCE[source] == "gnss":
            steady2[rows, : len(parts)] = [part.rest_bias_m.value**2 for part in parts]
        else:
            # What a network fix errs by is mostly the place of the masts: the same all day.
            steady2[rows, : len(parts)] = 0.5 * sigmas_m[rows, : len(parts)] ** 2
    return block, sigmas_m, shares, steady2


def _sigma_m(sigmas_m: Floats, shares: Floats) -> Floats:
    """Return of each mixture the sigma whose 95 % circle is its own, to a per cent, (n,)."""
    _, first, back = np.unique(
        sigmas_m[:, 0] + 1e-9 * sigmas_m[:, 1], return_index=True, return_inverse=True
    )
    spread, weight = sigmas_m[first], shares[first]
    low: Floats = np.log(spread.min(axis=1))
    high: Floats = np.log(spread.max(axis=1))
    for _ in range(_HALVINGS):
        middle: Floats = 0.5 * (low + high)
        reach2 = (R95 * np.exp(middle)) ** 2
        beyond = np.sum(weight * np.exp(-0.5 * reach2[:, None] / spread**2), axis=1) > _OUTSIDE
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    return np.exp(high)[back]
