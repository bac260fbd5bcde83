"""One forward pass over one segment: decrypts, and steps over what is damaged."""

from typing import NamedTuple

from cryptography.exceptions import InvalidTag

from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.journal.files import File
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.layout import (
    COMMITMENT,
    FRAME,
    MAX_BODY_BYTES,
    RECORD,
    SYNC,
    FrameType,
    aligned,
    frame_at,
    resync,
)
from tagwatch.store.journal.record import Lane, Position, Record

_CHUNK_BYTES = 1 << 20
_LANES = {lane.value: lane for lane in Lane}
_COMMITTED = len(COMMITMENT)


class Damage(NamedTuple):
    """Bytes [start, end) of a segment that could not be read, and the seqs lost with them."""

    segment: int
    start: int
    end: int
    first_seq: int
    last_seq: int
    """Below `first_seq` if no record is lost."""
    reason: str


class Gap(NamedTuple):
    """Damage of which it is not known yet how many records it cost."""

    segment: int
    start: int
    end: int
    reason: str

    def cost(self, first_seq: int, last_seq: int) -> Damage:
        """Return the damage with the seqs it cost."""
        return Damage(self.segment, self.start, self.end, first_seq, last_seq, self.reason)


class Wanted(NamedTuple):
    """What a read asks for, and what it found so far."""

    upto_seq: int
    lane: Lane | None
    most: int
    most_bytes: int
    records: list[Record]
    damage: list[Damage]


class SegmentScan:
    """A pass over one segment from an offset; `seq` is the last record passed."""

    def __init__(
        self, file: File, segment: int, offset: int, seq: int, keyring: Keyring, gap: Gap | None
    ) -> None:
        """`gap` is damage at the end of the segment before, still without its cost."""
        self._file = file
        self._segment = segment
        self._keyring = keyring
        self.seq = seq
        self.gap = gap
        self.marks: list[Position] = []
        """Places in the segment at which a later pass may begin."""
        self._load(offset, 0)

    @property
    def offset(self) -> int:
        """Where the next frame begins in the segment."""
        return self._start + self._at

    def run(self, wanted: Wanted) -> bool:
        """Read on until `wanted` is satisfied (False) or the segment has no more (True)."""
        upto_seq, lane, most, most_bytes, records, _ = wanted
        cipher_of, unpack, overhead = self._keyring.cipher, RECORD.unpack_from, RECORD.size
        held = sum(len(record.payload or b"") for record in records)
        while self.seq < upto_seq and len(records) < most and held < most_bytes:
            at = self._at
            if at + overhead > len(self._data):
                if not self._load(self.offset, overhead):
                    self._short()
                    return True
                at = 0
            sync, _, length, frame_type, _, _, salt, seq, received_at, key_id, kind, its_lane, _ = (
                unpack(self._data, at)
            )
            end = at + 16 + length
            if (
                sync != SYNC
                or frame_type != 1
                or seq != self.seq + 1
                or end > len(self._data)
                or (lane is not None and its_lane != lane)
            ):
                if not self._step(seq, wanted):
                    return False
                continue
            if self.gap is not None:
                self._close_gap(seq, wanted)
            view = self._view
            try:
                cipher = cipher_of(key_id)
                if cipher is None:
                    payload = self._erased()
                else:
                    text, clear = view[at + overhead : end], view[at + 16 : at + overhead]
                    payload = cipher.decrypt(salt[:12], text, clear)
                    if not payload.startswith(COMMITMENT):
                        raise InvalidTag
                    payload = payload[_COMMITTED:]
                    held += length
            except (InvalidTag, KeysDamaged) as error:
                self._unreadable(seq, error, wanted)
                continue
            records.append(Record(seq, received_at, _LANES[its_lane], kind, key_id, payload))
            self.seq = seq
            self._at = aligned(end)
        return False

    def _load(self, offset: int, size: int) -> bool:
        """Hold the segment from `offset`; False if there are fewer than `size` bytes."""
        self._data = self._file.read_at(offset, max(size, _CHUNK_BYTES))
        self._view = memoryview(self._data)
        self._start, self._at = offset, 0
        if self._data and size:
            self.marks.append(Position(self._segment, offset, self.seq))
        return len(self._data) >= size

    def _step(self, seq: int, wanted: Wanted) -> bool:
        """Pass one frame that is not the next record of the lane; False at the end of `wanted`."""
        whole = frame_at(self._data, self._at)
        if whole is None and self._cut_by_window():
            return True
        if whole is None:
            self._step_over_damage()
            return True
        if whole.type != FrameType.RECORD or seq <= self.seq:
            self._at = whole.next
        elif seq > wanted.upto_seq:
            if self.seq + 1 <= wanted.upto_seq:
                self._close_gap(wanted.upto_seq + 1, wanted)
                self.seq = wanted.upto_seq
            return False
        elif seq > self.seq + 1:
            self._close_gap(seq, wanted)
            self.seq = seq - 1
        else:
            if self.gap is not None:
                self._close_gap(seq, wanted)
            self._at, self.seq = whole.next, seq
        return True

    def _cut_by_window(self) -> bool:
        """Load more if the frame at hand only ends beyond what is held; True if that helped."""
        sync, _, length, _, _, _ = FRAME.unpack_from(self._data, self._at)
        size = aligned(FRAME.size + length)
        if sync != SYNC or length > MAX_BODY_BYTES or self._at + size <= len(self._data):
            return False
        return self._load(self.offset, size)

    def _step_over_damage(self) -> None:
        start = self.offset
        self._load(start, max(self._file.size() - start, 1))
        self._at = resync(self._data, 8)
        if self.gap is None:
            self.gap = Gap(self._segment, start, self.offset, "damaged bytes")

    def _short(self) -> None:
        """Note bytes at the end of the segment that are less than a frame."""
        if self._data and self.gap is None:
            end = self._start + len(self._data)
            self.gap = Gap(self._segment, self.offset, end, "damaged bytes")

    def _close_gap(self, seq: int, wanted: Wanted) -> None:
        """Name what was lost before the record `seq`."""
        here = self.offset
        gap = self.gap or Gap(self._segment, here, here, "records are missing")
        wanted.damage.append(gap.cost(self.seq + 1, seq - 1))
        self.gap = None

    def _erased(self) -> None:
        """Check a record whose key was destroyed; nothing else vouches for its header."""
        if frame_at(self._data, self._at) is None:
            raise InvalidTag

    def _unreadable(self, seq: int, error: InvalidTag | KeysDamaged, wanted: Wanted) -> None:
        """Pass the record at hand, which does not decrypt."""
        whole = frame_at(self._data, self._at)
        if whole is None:
            if not self._cut_by_window():
                self._step_over_damage()
            return
        text = str(error) or "the record does not decrypt: it was altered, or its key was"
        start, self._at = self.offset, whole.next
        wanted.damage.append(Damage(self._segment, start, self.offset, seq, seq, text))
        self.seq = seq
