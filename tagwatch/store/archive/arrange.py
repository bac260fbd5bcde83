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
_CLASS_M: Final = np.array([100.0, 500.0, 2_500.0])
"""Between these radii of 95 % fixes stand together, so that one that is known to a mile does not
make its neighbours' row group look as wide."""
_UNSTATED_M: Final = {int(Source.WIFI): 200.0, int(Source.LBS): 1_200.0, int(Source.RF): 1_200.0}
_PART_OF_DAY: Final = 6 * HOUR
_PARTS: Final = 4
_CELL_BITS: Final = np.uint64(2 * _BITS)
_CLASS_SHIFT: Final = np.uint64(2 * _BITS + 2)


def leading(rows: Rows, order: ArchiveOrder, ranks: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return, shape (n,), the first key of each row's place in a file; `ranks` are those of the
    wearers' names. By time: class of radius, six hours of the day, cell along a Hilbert curve."""
    if order is ArchiveOrder.BY_PERSON:
        return ranks[rows.wearers].astype(np.uint64)
    block = rows.block
    part = (block["fixed_at"] // _PART_OF_DAY) % _PARTS
    return (
        (_radius_class(block) << _CLASS_SHIFT)
        | (part.astype(np.uint64) << _CELL_BITS)
        | _cells(block)
    )


def in_order(rows: Rows, lead: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Return the rows in a file's order, by first key, time, record and place in the record."""
    block = rows.block
    return np.lexsort((block["index"], block["seq"], block["fixed_at"], lead))


def class_of(lead: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the class of radius of first keys by time: a row group holds one."""
    return lead >> _CLASS_SHIFT


def _radius_class(block: FixBlock) -> NDArray[np.uint64]:
    """Return roughly how far a fix's own claim reaches, as a class; it only groups alike ones."""
    stated = (block["confidence"] > 0.0) & (block["confidence"] < 1.0)
    share = np.where(stated, block["confidence"], 0.68)
    unstated = np.full(len(block), 50.0)
    for source, radius_m in _UNSTATED_M.items():
        unstated[block["source"] == source] = radius_m
    with np.errstate(invalid="ignore", over="ignore"):
        radius_m = block["accuracy_m"] * 2.448 / np.sqrt(-2.0 * np.log1p(-share))
        known = np.isfinite(radius_m) & (radius_m > 0.0)
    return np.searchsorted(_CLASS_M, np.where(known, radius_m, unstated)).astype(np.uint64)


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
