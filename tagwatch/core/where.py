"""Where he was at each fix, by the position filter from the side that knows more.

The filter goes forward in time. At the first fix of a stay it knows little; run from the end it
knows the whole stay. Of the two the one with the smaller spread is taken: each is right given the
fixes it has heard.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tagwatch.core import paths
from tagwatch.core.filter import MOTION_FLAGS, Belief, Filter, packed
from tagwatch.core.filter_area import mass_inside
from tagwatch.core.filter_kernel import SIZE, WIDTH
from tagwatch.core.filter_kernel import Floats as Parts
from tagwatch.core.filter_settings import LEVELS
from tagwatch.core.fix import Motion
from tagwatch.core.plane import Floats
from tagwatch.core.rules.area import Area
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.trail import TrailPart, merged
from tagwatch.core.uncertainty import quantised
from tagwatch.core.units import Instant

_STILL = 0.5
"""A pause is of one stay if the filter holds rest at least so likely."""
_NEGLIGIBLE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where he was at one fix, in the plane of the area asked about."""

    parts: Floats
    """Weight, x_m, y_m, sigma_m of circular Gaussians, shape (n, 4), the sharpest first."""
    p: float
    """P(in the area), a multiple of 1e-6."""
    heard: float
    """The same by the filter as the line runs it: this fix and all before."""
    stay: int
    """Fixes of one stay bear the same number: the time of its first fix."""

    def spots(self) -> Floats:
        """Return where each path is at this fix, shape (PATHS, 2)."""
        rows = paths.rows_of(self.stay)
        ranks, errors = paths.ranks()[rows], paths.errors()[rows]
        shares = np.cumsum(self.parts[:, 0])
        chosen = np.minimum(np.searchsorted(shares / shares[-1], ranks), len(shares) - 1)
        part = self.parts[chosen]
        spots: Floats = part[:, 1:3] + part[:, 3:4] * errors
        return spots


@dataclass(slots=True, eq=False)
class _Heard:
    """One side's view of one fix."""

    parts: Parts
    """As the filter gave it."""
    flat: Floats
    still: float
    """P(at rest since the fix heard before)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """A fix as the filter takes it."""

    at: int
    number: int
    x_m: float
    y_m: float
    claims: tuple[float, float]
    flag: int


def places(
    trail: Sequence[TrailPart], ready: Area, settings: SettingsHistory, prepared: Prepared
) -> list[Place]:
    """Return where he was at every fix that decides, in event order."""
    said = _said(trail, ready, settings, prepared)
    ahead = _followed(trail, said, settings, 1)
    back = _followed(trail, said[::-1], settings, -1)[::-1]
    shape = ready.shape
    disc = (shape.centre_x_m, shape.centre_y_m, shape.bound_radius_m)
    found: list[Place] = []
    for k, (one, other) in enumerate(zip(ahead, back, strict=True)):
        joined = k > 0 and said[k].number == said[k - 1].number
        still = joined and max(one.still, back[k - 1].still) >= _STILL
        chosen = one if _spread2(one.flat) <= _spread2(other.flat) else other
        heard, p = (
            quantised(mass_inside(each.parts, shape.scalar_edges, disc, 0.0, 0.0))
            for each in (one, chosen)
        )
        stay = found[-1].stay if still else said[k].at
        found.append(Place(_sorted(chosen.flat), p, heard, stay))
    return found


def _said(
    trail: Sequence[TrailPart], ready: Area, settings: SettingsHistory, prepared: Prepared
) -> list[_Said]:
    found: list[_Said] = []
    for at, number, row in merged(trail, -(2**62)):
        part = trail[number]
        fix = part.block[row]
        error = prepared.fix_error(
            float(fix["accuracy_m"]), float(fix["confidence"]), float(fix["hdop"]),
            int(fix["satellites"]), int(fix["source"]), part.tag_model,
            settings.at(Instant(at)),
        )  # fmt: skip
        x_m, y_m = ready.shape.plane.xy(float(fix["lon_deg"]), float(fix["lat_deg"]))
        flag = MOTION_FLAGS[Motion(int(fix["motion"]))]
        found.append(_Said(at, number, x_m, y_m, (error.log_claim, error.claim2), flag))
    return found


def _followed(
    trail: Sequence[TrailPart], said: Sequence[_Said], settings: SettingsHistory, way: int
) -> list[_Heard]:
    """Return what the filter says at each fix, in the order given; `way` −1 runs time back."""
    found: list[_Heard] = []
    belief: Belief | None = None
    tag: str | None = None
    known: tuple[int, Filter] | None = None
    for fix in said:
        rules = settings.at(Instant(fix.at))
        if known is None or known[0] != rules.version:
            known = (rules.version, Filter(rules.filter))
        if trail[fix.number].activation_id != tag:
            belief, tag = None, trail[fix.number].activation_id
        at = way * fix.at
        flat, counts = known[1].take(belief, at, (fix.x_m, fix.y_m), fix.claims, fix.flag)
        still = float(sum(flat[e * WIDTH] for e in range(LEVELS)))
        found.append(_Heard(flat, np.array(flat), still))
        if belief is None or counts:
            kept = belief is None or fix.claims[1] == 0.0
            log_claim = fix.claims[0] if kept or belief is None else belief.log_claim
            belief = Belief(at=Instant(at), flag=fix.flag, log_claim=log_claim, parts=packed(flat))
    return found


def _sorted(flat: Floats) -> Floats:
    rows = flat[:SIZE].reshape(-1, WIDTH)
    rows = rows[rows[:, 0] > _NEGLIGIBLE]
    found = np.column_stack((rows[:, 0], rows[:, 1], rows[:, 2], np.sqrt(rows[:, 7])))
    return found[np.argsort(found[:, 3], kind="stable")]


def _spread2(flat: Floats) -> float:
    rows = flat[:SIZE].reshape(-1, WIDTH)
    weight = rows[:, 0]
    x, y = weight @ rows[:, 1], weight @ rows[:, 2]
    between = weight @ ((rows[:, 1] - x) ** 2 + (rows[:, 2] - y) ** 2)
    return float(weight @ rows[:, 7] + 0.5 * between)
