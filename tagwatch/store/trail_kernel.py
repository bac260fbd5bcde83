"""The compiled pass that packs a block of the trail: the bytes that `trail.pack` describes."""

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.compiled import compiled

Bytes = NDArray[np.uint8]


@compiled
def packed(flat: Bytes, count: int, width: int, found: Bytes) -> int:
    """Write `count` rows of `width` bytes packed into `found`, whose head is zeros, and return how
    many bytes they took. `found` has room for a head, one row more, and all rows."""
    # Unsigned numbers throughout: a place that might be negative is looked at twice.
    rows, across, one, eight = np.uint64(count), np.uint64(width), np.uint64(1), np.uint64(8)
    varies = np.zeros(width, np.uint8)
    for row in range(one, rows):
        start = row * across
        for place in range(across):
            varies[place] |= flat[start + place] ^ flat[place]
    bits = np.uint64(4)
    for place in range(bits):
        found[place] = (rows >> (eight * place)) & np.uint64(255)
    first = bits + (across + eight - one) // eight
    kept = np.empty(width, np.uint64)
    count_kept = np.uint64(0)
    for place in range(across):
        found[first + place] = flat[place]
        if varies[place]:
            found[bits + place // eight] |= np.uint8(128 >> (place % eight))
            kept[count_kept] = place
            count_kept += one
    end = first + across
    for row in range(rows):
        start = row * across
        for number in range(count_kept):
            found[end + number] = flat[start + kept[number]]
        end += count_kept
    return int(end)
