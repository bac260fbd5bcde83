"""Fixes in the trail without the bytes that all rows of a message share."""

from collections.abc import Iterator

import numpy as np
import sqlalchemy as sa
from alembic import op

from tagwatch.core.fix import FIX_DTYPE
from tagwatch.store.trail import pack, unpack

revision = "0020"
down_revision = "0017"
branch_labels = None
depends_on = None

_AFTER = sa.text("SELECT seq, rows FROM trail_block WHERE seq > :seq ORDER BY seq LIMIT 1000")
_PUT = sa.text("UPDATE trail_block SET rows = :rows WHERE seq = :seq")


def upgrade() -> None:
    """Pack what stands there row by row."""
    for seq, rows in _blocks():
        op.get_bind().execute(_PUT, {"seq": seq, "rows": pack(np.frombuffer(rows, FIX_DTYPE))})


def downgrade() -> None:
    """Write the rows out again."""
    for seq, rows in _blocks():
        op.get_bind().execute(_PUT, {"seq": seq, "rows": unpack(rows).tobytes()})


def _blocks() -> Iterator[tuple[int, bytes]]:
    seq = -1
    while found := _after(seq):
        yield from found
        seq = found[-1][0]


def _after(seq: int) -> list[tuple[int, bytes]]:
    return [(row.seq, row.rows) for row in op.get_bind().execute(_AFTER, {"seq": seq})]
