"""How many people may have moved at once: `modes` of each of them, in steps that all take together.

For questions about everybody, where a walk of plain numbers for each would take too long.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.motion import Floats, Mode, MotionSettings, likelihoods, with_outings

_AT_ONCE: Final = 1024
"""People in one step. Those with as many fixes go together."""


def modes_of_many(
    seconds: Floats,
    x_m: Floats,
    y_m: Floats,
    sigma_m: Floats,
    flags: NDArray[np.uint8],
    begins: NDArray[np.intp],
    settings: MotionSettings,
) -> Floats:
    """Return what `modes` says of each person's fixes, to rounding, shape (n, 4).

    The arguments are as `modes` takes them, of n fixes, one person's behind another's; `begins`,
    shape (people,), where each one's begin, from 0 on. Row k is about the interval from fix k to
    the next; that of somebody's last fix says nothing.
    """
    count = len(seconds)
    found = np.zeros((count, len(Mode)))
    ends = np.append(begins[1:], count)
    sizes = ends - begins - 1
    rows = np.ones(count, np.bool_)
    rows[ends - 1] = False
    k = np.flatnonzero(rows)
    if not len(k):
        return found
    dt_s = np.maximum(seconds[k + 1] - seconds[k], 1e-3)
    apart2 = (x_m[k + 1] - x_m[k]) ** 2 + (y_m[k + 1] - y_m[k]) ** 2
    error2 = sigma_m[k + 1] ** 2 + sigma_m[k] ** 2
    likely = likelihoods(dt_s, apart2, error2, np.stack([flags[k], flags[k + 1]]), settings)
    lasts = np.array([mode.lasts_s for mode in settings.modes])
    stays = np.exp(-dt_s[:, None] / lasts)
    share = np.array([mode.share for mode in settings.modes])
    firsts = np.cumsum(sizes) - sizes
    smoothed = np.empty_like(likely)
    order = np.argsort(sizes, kind="stable")
    order = order[sizes[order] > 0]
    for at in range(0, len(order), _AT_ONCE):
        some = order[at : at + _AT_ONCE]
        steps = np.arange(int(sizes[some[-1]]))
        real = steps[:, None] < sizes[some]
        # What lies beyond somebody's last interval is taken from his first, and never used.
        places = firsts[some] + np.where(real, steps[:, None], 0)
        smoothed[places[real]] = _smoothed(likely[places], stays[places], share, real)[real]
    found[k] = with_outings(smoothed, dt_s, settings)
    return found


def _smoothed(likely: Floats, stays: Floats, share: Floats, real: NDArray[np.bool_]) -> Floats:
    """Return the posterior, shape (steps, people, 4), of each interval given all of one's own.
    `real`, shape (steps, people): which intervals there are; each one's come first."""
    forward = np.empty_like(likely)
    carried = np.broadcast_to(share, likely.shape[1:])
    for k, (row, stay) in enumerate(zip(likely, stays, strict=True)):
        now = carried * row
        now /= now.sum(axis=1, keepdims=True)
        forward[k] = now
        gone = (now * (1.0 - stay)).sum(axis=1, keepdims=True)
        carried = now * stay + gone * share
    backward = np.ones(likely.shape[1:])
    for k in range(len(likely) - 1, -1, -1):
        ahead = likely[k] * backward
        forward[k] *= backward
        forward[k] /= forward[k].sum(axis=1, keepdims=True)
        mean = (share * ahead).sum(axis=1, keepdims=True)
        mixed = stays[k - 1] * ahead + (1.0 - stays[k - 1]) * mean
        mixed /= mixed.max(axis=1, keepdims=True)
        backward = np.where(real[k][:, None], mixed, 1.0)
    return forward
