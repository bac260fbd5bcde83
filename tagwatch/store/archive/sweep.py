"""Archived rows of the tables, deleted a few at a time so that no live alert ever waits."""

from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, select, update

from tagwatch.store import schema
from tagwatch.store.archive.parts import Seam

MOST_ROWS: Final = 2_000
"""Deleted in one transaction."""
MOST_WEARERS: Final = 200
"""Looked at in one transaction."""

_BLOCK: Final = schema.trail_block.c
_NEXT: Final = select(func.min(_BLOCK.wearer_id)).where(_BLOCK.wearer_id > bindparam("after"))
_SEQS: Final = (
    select(_BLOCK.seq)
    .where(
        _BLOCK.wearer_id == bindparam("whose"),
        _BLOCK.last_at < bindparam("horizon"),
        _BLOCK.seq <= bindparam("upto"),
    )
    .limit(bindparam("most"))
)
_DELETE: Final = delete(schema.trail_block).where(_BLOCK.seq.in_(_SEQS))
_DONE: Final = update(schema.trail_seam).values(sweeping=0)


class Sweep:
    """How far one sweep has come. For one thread, in the line's own transactions."""

    def __init__(self) -> None:
        self._after: str | None = None
        self._seam: Seam | None = None

    def run(self, connection: Connection, seam: Seam) -> bool:
        """Delete a share of what is archived; return whether that was the last of it."""
        if seam != self._seam:
            self._after, self._seam = None, seam
        left = MOST_ROWS
        for _ in range(MOST_WEARERS):
            # The first are the rows that belong to nobody: their wearer is the empty text.
            whose = "" if self._after is None else connection.scalar(_NEXT, {"after": self._after})
            if whose is None:
                connection.execute(_DONE)
                self.again()
                return True
            gone = connection.execute(
                _DELETE,
                {"whose": whose, "horizon": seam.horizon, "upto": seam.upto, "most": left},
            ).rowcount
            left -= gone
            if left <= 0:
                return False
            self._after = whose
        return False

    def again(self) -> None:
        """Begin anew: it is done, or the last transaction was lost."""
        self._seam = None
