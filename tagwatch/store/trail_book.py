"""The fixes that the line decides from: the tables', the batch's, and those that were staged."""

import numpy as np
from sqlalchemy import Connection

from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.units import Instant
from tagwatch.store.archive import parts
from tagwatch.store.archive.parts import Seam
from tagwatch.store.kept_frames import Find
from tagwatch.store.staging import StagingBook
from tagwatch.store.trail import read_trail_of_line, within
from tagwatch.store.writes import Writes


def _nothing(_seq: int) -> None:
    return None


class TrailBook:
    """What is known of the trails; what the current batch changed is seen at once."""

    def __init__(self, connection: Connection) -> None:
        """Read through `connection`."""
        self._connection = connection
        self.seam: Seam = parts.seam(connection)
        self.staging = StagingBook(connection)
        self.voided_upto = 0
        """What was sealed up to this record does not count: files of it were lost."""
        self.kept: Find = _nothing
        """What stays of a message under zones-only orders, by its record."""
        self._blocks: dict[WearerId, list[tuple[ActivationId, FixBlock]]] = {}
        self._waiting: dict[WearerId, list[FixBlock]] = {}

    def arrived(self, wearer: WearerId, activation: ActivationId, block: FixBlock) -> None:
        """Take note of fixes that the batch puts into the trail."""
        self._blocks.setdefault(wearer, []).append((activation, block))

    def wait(self, wearer: WearerId, block: FixBlock) -> None:
        """Keep late fixes for the wearer's last frame of the slice, which decides them too."""
        self._waiting.setdefault(wearer, []).append(block)

    def waited(self, wearer: WearerId) -> list[FixBlock]:
        """Return, and let go of, the fixes that waited."""
        return self._waiting.pop(wearer, [])

    def move_seam(self, seam: Seam, writes: Writes) -> None:
        """Let the archive begin elsewhere from now on."""
        self.seam = seam
        parts.put_seam(writes, seam)

    def swept(self) -> None:
        """Take note that no archived row is left in the tables."""
        self.seam = self.seam._replace(sweeping=False)

    def trail(
        self, wearer: WearerId, start: Instant, end: Instant, ended_by: Instant | None = None
    ) -> list[tuple[ActivationId, FixBlock]]:
        """Return the wearer's fixes in [start, end) that are not archived or were staged, one
        sorted block an activation, none empty.

        `ended_by` leaves out stored messages whose last fix is later.
        """
        stored = read_trail_of_line(self._connection, wearer, start, end, self.seam, ended_by)
        stored += (one for one in self._blocks.get(wearer, ()) if not self._archived(one[1]))
        staged = self.staging.staged(wearer, start, end)
        blocks: dict[ActivationId, list[FixBlock]] = {}
        for activation, block in (*stored, *staged):
            if len(block):
                blocks.setdefault(activation, []).append(block)
        found = {activation: within(each, start, end) for activation, each in blocks.items()}
        if staged:
            found = {activation: _once(block) for activation, block in found.items()}
        return list(found.items())

    def forget(self) -> None:
        """Let go of what is in the tables now."""
        self._blocks.clear()
        self.staging.forget()

    def _archived(self, block: FixBlock) -> bool:
        seam = self.seam
        return int(block["seq"][0]) <= seam.settled_upto and bool(
            block["fixed_at"].max() < seam.settled
        )


def _once(block: FixBlock) -> FixBlock:
    """Return each fix once: what came back may lie in the tables, or have come back twice."""
    keys = np.stack((block["seq"], block["index"].astype(np.int64)), axis=1)
    _, first = np.unique(keys, axis=0, return_index=True)
    return block[np.sort(first)]
