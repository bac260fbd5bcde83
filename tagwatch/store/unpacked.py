"""Fixes of one message, read from the bytes in which tables and journal keep them.

Apart from `trail`, because whoever verifies a bundle has no database.
"""

from struct import Struct
from typing import Final

import numpy as np

from tagwatch.core.fix import FIX_DTYPE, FixBlock, empty_block

WIDTH: Final = FIX_DTYPE.itemsize
HEAD: Final = Struct(f"<I{(WIDTH + 7) // 8}s")


def unpack(rows: bytes) -> FixBlock:
    """Return the block that `pack` made these bytes of. Raises ValueError for other bytes."""
    count, bits = HEAD.unpack_from(rows)
    varies = np.unpackbits(np.frombuffer(bits, np.uint8), count=WIDTH).nonzero()[0]
    said = np.frombuffer(rows, np.uint8, offset=HEAD.size)
    if len(said) != (WIDTH + count * len(varies) if count else 0):
        raise ValueError(f"{len(rows)} bytes are not a packed block of {count} fixes")
    if not count:
        return empty_block()
    found = np.empty((count, WIDTH), np.uint8)
    found[:] = said[:WIDTH]
    found[:, varies] = said[WIDTH:].reshape(count, len(varies))
    return found.reshape(-1).view(FIX_DTYPE)
