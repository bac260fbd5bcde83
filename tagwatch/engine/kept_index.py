"""Where in the journal stands what was kept of messages whose key is destroyed.

A line that begins anew meets such messages before the records that keep a part of them: so these
are looked up while the turns are read, and opened one at a time.
"""

from typing import Final

from tagwatch.core import ledger
from tagwatch.core.recorded_zones_only import FixesKept, KeptFrame
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import Record
from tagwatch.store.kept_frames import KeptMessage

KEPT_KIND: Final = ledger.number_of(FixesKept)


class KeptIndex:
    """Finds what stays of a message by the number of its record."""

    def __init__(self, reader: JournalReader) -> None:
        self._reader = reader
        self._at: dict[int, int] = {}
        self._event: FixesKept | None = None
        self._frames: dict[int, KeptFrame] = {}
        self._open = 0

    def begin(self) -> None:
        """Forget what was noted."""
        self._at.clear()

    def note(self, record: Record) -> None:
        """Take note of a record that keeps what stays of others."""
        if record.payload is None:
            return
        event = ledger.decode(record.kind, record.payload)
        if isinstance(event, FixesKept):
            self._at |= {frame.seq: record.seq for frame in event.frames}

    def find(self, seq: int) -> KeptMessage | None:
        """Return what stays of the journal record `seq`; None: nothing. Raises JournalError."""
        at = self._at.get(seq)
        if at is None:
            return None
        if at != self._open:
            self._turn_to(at)
        frame = self._frames.get(seq)
        if frame is None or self._event is None:
            return None
        return KeptMessage(frame, self._event.activation_id, self._event.wearer_id)

    def _turn_to(self, at: int) -> None:
        record = self._reader.get(at)
        self._open, self._event, self._frames = at, None, {}
        if record is not None and record.payload is not None:
            event = ledger.decode(record.kind, record.payload)
            if isinstance(event, FixesKept):
                self._event = event
                self._frames = {frame.seq: frame for frame in event.frames}
