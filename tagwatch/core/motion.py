"""How somebody may have moved between two fixes: still, on foot, in a vehicle, by rail.

A hidden mode per interval, weighed by how far apart the two fixes lie for the time between them
and by its neighbours (forward-backward over all intervals). For coverage and circumstances, where
a mode counts unless it is very unlikely; it never decides a breach.
"""

from collections.abc import Callable
from enum import IntEnum
from math import log

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import Motion

Floats = NDArray[np.float64]


class Mode(IntEnum):
    """A way to move; the numbers are the columns of what `modes` returns."""

    STILL = 0
    FOOT = 1
    VEHICLE = 2
    RAIL = 3


class ModeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One mode. Our own choices, on the wide side."""

    top_mps: float
    """Nobody moves faster in this mode."""
    usual_mps: float
    """Per-axis sigma of the velocity over a minute or two."""
    share: float
    """Of a day's time, before anything is known."""
    lasts_s: float
    """Usual time until the mode changes."""


class MotionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody can have come between two fixes. Raises ValueError unless the shares of
    the modes sum to 1."""

    still: ModeSettings = ModeSettings(top_mps=1.0, usual_mps=0.02, share=0.60, lasts_s=3600.0)
    """At one place: top speed for the drift of a pause, no travel."""
    foot: ModeSettings = ModeSettings(top_mps=3.0, usual_mps=0.9, share=0.20, lasts_s=600.0)
    """Walking, running."""
    vehicle: ModeSettings = ModeSettings(top_mps=30.0, usual_mps=7.0, share=0.15, lasts_s=900.0)
    """Cycle, bus, car: 30 m/s is a motorway."""
    rail: ModeSettings = ModeSettings(top_mps=45.0, usual_mps=14.0, share=0.05, lasts_s=900.0)
    """Underground and trains: 45 m/s is 100 miles an hour."""
    least: float = 0.01
    """A mode less likely than this is left out."""
    straight_s: float = 120.0
    """Longer than this nobody goes straight on: distance grows with the root of time."""
    away_s: float = 21600.0
    """To have gone and come back unseen has probability (1 − exp(−t / this))² in an interval of
    length t: once in some hours somebody leaves, and as often returns."""
    jump_share: float = 0.01
    """So many pairs of fixes hold one that jumped: twice the share of gross jumps of the error
    table. Else one that jumps would be a drive there and back."""
    jump_m: float = 100.0
    """Per-axis sigma of such a jump."""
    flag_trust: float = 0.95
    """How often the tag's own motion flag is right."""

    def __post_init__(self) -> None:
        total = sum(mode.share for mode in self.modes)
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"the shares of the modes of movement sum to {total}, not to 1")

    @property
    def modes(self) -> tuple[ModeSettings, ...]:
        """The four, in the order of `Mode`."""
        return self.still, self.foot, self.vehicle, self.rail


def modes(
    seconds: Floats,
    x_m: Floats,
    y_m: Floats,
    sigma_m: Floats,
    flags: NDArray[np.uint8],
    settings: MotionSettings,
) -> Floats:
    """Return P(mode took part in the interval), shape (n - 1, 4), between n fixes in order.

    `seconds` rise or stay, places are in one metric plane, `sigma_m` is the per-axis error of
    each fix (the larger, the more modes remain), `flags` are `Motion`. Rows need not sum to 1:
    with a long gap somebody may have sat still and also gone by train.
    """
    count = len(seconds) - 1
    if count < 1:
        return np.empty((0, len(Mode)))
    dt_s = np.maximum(np.diff(seconds), 1e-3)
    apart2 = np.diff(x_m) ** 2 + np.diff(y_m) ** 2
    error2 = sigma_m[1:] ** 2 + sigma_m[:-1] ** 2
    likely = likelihoods(dt_s, apart2, error2, np.stack([flags[:-1], flags[1:]]), settings)
    share = np.array([mode.share for mode in settings.modes])
    lasts = np.array([mode.lasts_s for mode in settings.modes])
    return with_outings(_smoothed(likely, dt_s, share, lasts), dt_s, settings)


def likelihoods(
    dt_s: Floats,
    apart2: Floats,
    error2: Floats,
    ends: NDArray[np.uint8],
    settings: MotionSettings,
) -> Floats:
    """Return, shape (n, 4), how likely each mode makes what is seen of each interval by itself, the
    likeliest 1. `apart2`, `error2` in square metres; `ends` are the flags before and after, (2, n).
    """
    usual = np.array([mode.usual_mps for mode in settings.modes])
    straight = np.minimum(dt_s, np.sqrt(dt_s * settings.straight_s))
    spread2 = error2[:, None] + (straight[:, None] * usual) ** 2
    jumped2 = spread2 + settings.jump_m**2
    logs = np.logaddexp(
        log(1.0 - settings.jump_share) - 0.5 * apart2[:, None] / spread2 - np.log(spread2),
        log(settings.jump_share) - 0.5 * apart2[:, None] / jumped2 - np.log(jumped2),
    )
    logs += _flagged(ends, settings)
    likely: Floats = np.exp(logs - logs.max(axis=1, keepdims=True))
    return likely


def with_outings(posterior: Floats, dt_s: Floats, settings: MotionSettings) -> Floats:
    """Return the posterior, in place, with the chance of having gone and come back unseen."""
    away = (1.0 - np.exp(-dt_s / settings.away_s)) ** 2
    posterior[:, Mode.FOOT :] = np.maximum(posterior[:, Mode.FOOT :], away[:, None])
    return posterior


def _flagged(ends: NDArray[np.uint8], settings: MotionSettings) -> Floats:
    """Return what the motion flags of both ends add to the logarithms, shape (n - 1, 4)."""
    right, wrong = log(settings.flag_trust), log(1.0 - settings.flag_trust)
    still = np.where(
        np.all(ends == Motion.STILL, axis=0),
        right,
        np.where(np.any(ends == Motion.MOVING, axis=0), wrong, 0.0),
    )
    moves = np.where(still == right, wrong, np.where(still == wrong, right, 0.0))
    return np.stack([still, moves, moves, moves], axis=1)


def _smoothed(likely: Floats, dt_s: Floats, share: Floats, lasts_s: Floats) -> Floats:
    """Return the posterior of each interval given all of them (forward-backward)."""
    # Rows of four: plain numbers are several times faster here than arrays.
    rows, shares = likely.tolist(), share.tolist()
    stays: list[list[float]] = np.exp(-dt_s[:, None] / lasts_s).tolist()
    forward: list[list[float]] = []
    carried: list[float] = shares
    for row, stay in zip(rows, stays, strict=True):
        now = _scaled([p * q for p, q in zip(carried, row, strict=True)], sum)
        forward.append(now)
        gone = sum([p * (1.0 - s) for p, s in zip(now, stay, strict=True)])
        carried = [p * s + gone * q for p, s, q in zip(now, stay, shares, strict=True)]
    backward = [1.0] * len(shares)
    posterior: list[list[float]] = []
    for k in range(len(rows) - 1, -1, -1):
        posterior.append(_scaled([p * q for p, q in zip(forward[k], backward, strict=True)], sum))
        ahead = [p * q for p, q in zip(rows[k], backward, strict=True)]
        mean = sum([p * q for p, q in zip(shares, ahead, strict=True)])
        stay = stays[k - 1] if k else [1.0] * len(shares)
        mixed = [s * p + (1.0 - s) * mean for s, p in zip(stay, ahead, strict=True)]
        backward = _scaled(mixed, max)
    return np.array(posterior[::-1])


def _scaled(values: list[float], whole: Callable[[list[float]], float]) -> list[float]:
    total = whole(values)
    return [value / total for value in values]


def top_speeds_mps(posterior: Floats, settings: MotionSettings) -> Floats:
    """Return the top speed of the fastest mode that is not left out, shape (n - 1,)."""
    tops = np.array([mode.top_mps for mode in settings.modes])
    return np.max(np.where(posterior >= settings.least, tops, tops[Mode.STILL]), axis=1)
