"""In which order the fixes of a file stand: by wearer and time, or by where on the ground."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import FixBlock, Source
from tagwatch.core.recorded_archive import ArchiveOrder
from tagwatch.core.units import HOUR
from tagwatch.store.archive.layout import Rows

_BITS: Final = 20
"""Of a cell's place on each axis: 24 by 38 m at London."""
_WIDE_M: Final = 100.0
_UNSTATED_M: Final = 50.0
_BY_CLASS: Final = {int(Source.WIFI): 2, int(Source.LBS): 3, int(Source.RF): 3}
"""Fixes that err alike stand together: by satellites with a 95 % radius up to 100 m, by satellites
with a wider one, by Wi-Fi, and by cell or radio. One fix that is known to a mile would make its
whole row group look as wide."""
_PART_OF_DAY: Final = 6 * HOUR
_PARTS: Final = 4
_CELL_BITS: Final = np.uint64(2 * _BITS)
_CLASS_SHIFT: Final = np.uint64(2 * _BITS + 2)


def leading(rows: Rows, order: ArchiveOrder, ranks: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return, shape (n,), the first key of each row's place in a file; `ranks` are those of the
    wearers' names. By time: class of error, six hours of the day, cell along a Hilbert curve."""
    if order is ArchiveOrder.BY_PERSON:
        return ranks[rows.wearers].astype(np.uint64)
    block = rows.block
    part = (block["fixed_at"] // _PART_OF_DAY) % _PARTS
    return (
        (_error_class(block) << _CLASS_SHIFT)
        | (part.astype(np.uint64) << _CELL_BITS)
        | _cells(block)
    )


def in_order(rows: Rows, lead: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Return the rows in a file's order, by first key, time, record and place in the record."""
    block = rows.block
    return np.lexsort((block["index"], block["seq"], block["fixed_at"], lead))


def class_of(lead: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the class of error of first keys by time: a row group holds one."""
    return lead >> _CLASS_SHIFT


def _error_class(block: FixBlock) -> NDArray[np.uint64]:
    """Return which fixes err alike, roughly; it only groups them."""
    stated = (block["confidence"] > 0.0) & (block["confidence"] < 1.0)
    share = np.where(stated, block["confidence"], 0.68)
    with np.errstate(invalid="ignore", over="ignore"):
        radius_m = block["accuracy_m"] * 2.448 / np.sqrt(-2.0 * np.log1p(-share))
        known = np.isfinite(radius_m) & (radius_m > 0.0)
    found = (np.where(known, radius_m, _UNSTATED_M) > _WIDE_M).astype(np.uint64)
    for source, number in _BY_CLASS.items():
        found[block["source"] == source] = number
    return found


def _cells(block: FixBlock) -> NDArray[np.uint64]:
    """Return each fix's cell as its place along a Hilbert curve over the world: near in the file
    is near on the ground."""
    x = _steps(block["lon_deg"], 180.0)
    y = _steps(block["lat_deg"], 180.0)  # squarer cells than with 90, and no other use
    found = np.zeros(len(block), np.uint64)
    every = np.uint64((1 << _BITS) - 1)
    for bit in reversed(range(_BITS)):
        one = np.uint64(bit)
        right, up = (x >> one) & np.uint64(1), (y >> one) & np.uint64(1)
        found = (found << np.uint64(2)) | ((np.uint64(3) * right) ^ up)
        flips = (up == 0) & (right == 1)
        x, y = np.where(flips, every - x, x), np.where(flips, every - y, y)
        x, y = np.where(up == 0, y, x), np.where(up == 0, x, y)
    return found


def _steps(degrees: NDArray[np.float64], most: float) -> NDArray[np.uint64]:
    clipped = np.clip(np.nan_to_num(degrees, nan=0.0), -most, most)
    scaled = np.floor((clipped + most) * (2.0**_BITS / (2.0 * most)))
    return np.minimum(scaled, 2.0**_BITS - 1).astype(np.uint64)
