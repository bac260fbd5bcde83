"""Reads the journal, also from other processes while the writer appends."""

from bisect import bisect_right
from collections import OrderedDict
from pathlib import Path

from tagwatch.store.journal.files import File, Files, Mode
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.layout import (
    MAGIC,
    RECORD,
    Frame,
    FrameType,
    frame_at,
    resync,
    segment_name,
    unpack_commit,
    unpack_leaves,
    unpack_opening,
)
from tagwatch.store.journal.record import Lane, Position, Record
from tagwatch.store.journal.recover import segments_in
from tagwatch.store.journal.scan import Damage, Gap, SegmentScan, Wanted

MOST_RECORDS = 10_000
MOST_BYTES = 32 << 20
_REMEMBERED_ENDS = 64
_OPENING_BYTES = 4096


class JournalReader:
    """Reads records in order of seq. For one thread at a time."""

    def __init__(self, folder: Path, keyring: Keyring, files: Files) -> None:
        """Read the journal in `folder`; nothing is opened before the first read."""
        self._folder = folder
        self._keyring = keyring
        self._files = files
        self._open: tuple[int, File] | None = None
        self._first_seqs: dict[int, int] = {}
        self._marks: dict[int, list[Position]] = {}
        self._ends: OrderedDict[int, Position] = OrderedDict()
        self._damage: dict[tuple[int, int], Damage] = {}
        self.position = Position(0, 0, 0)
        """Where the last `read` stopped; `seq` is the last record passed, of either lane."""

    @property
    def damage(self) -> list[Damage]:
        """What could not be read so far, each place once, in order."""
        return [self._damage[place] for place in sorted(self._damage)]

    def close(self) -> None:
        """Close the open segment."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def read(
        self,
        after: Position | int,
        upto_seq: int,
        lane: Lane | None = None,
        most: int = MOST_RECORDS,
        most_bytes: int = MOST_BYTES,
    ) -> list[Record]:
        """Return the next records after `after` (a seq, or the position of an earlier read).

        None is beyond `upto_seq`, the durable head as the writer told it. `lane` None gives both.
        At most `most` records, and none more once they hold `most_bytes`. An empty list means
        that nothing of the lane is left up to `upto_seq`; `position` says how far the reader
        went. What cannot be read is passed over and named in `damage`; records lost at the very
        end of the journal are passed when the next group has been appended.
        """
        self._keyring.refresh()
        wanted = Wanted(upto_seq, lane, most, most_bytes, [], [])
        place = self._place(after, upto_seq)
        gap: Gap | None = None
        while place.segment and place.seq < upto_seq:
            file = self._segment(place.segment)
            offset = place.offset or len(MAGIC)
            scan = SegmentScan(file, place.segment, offset, place.seq, self._keyring, gap)
            ended = scan.run(wanted)
            gap = scan.gap
            self._mark(place.segment, scan.marks)
            place = Position(place.segment, gap.start if gap else scan.offset, scan.seq)
            if not ended:
                break
            following = self._following(place.segment)
            if following is None:
                here = Gap(place.segment, place.offset, place.offset, "the journal ends early")
                wanted.damage.append((gap or here).cost(place.seq + 1, upto_seq))
                break
            place = Position(following, 0, place.seq)
        self._remember(place, wanted.damage)
        return wanted.records

    def get(self, seq: int) -> Record | None:
        """Return one record; None if there is none or it is damaged (then named in `damage`)."""
        position = self.position
        found = self.read(seq - 1, seq, most=1)
        self.position = position
        return found[0] if found else None

    def _segment(self, segment: int) -> File:
        if self._open is None or self._open[0] != segment:
            self.close()
            path = self._folder / segment_name(segment)
            self._open = (segment, self._files.open(path, Mode.READ))
        return self._open[1]

    def _remember(self, place: Position, damage: list[Damage]) -> None:
        self.position = place
        if place.segment:  # else nothing was read: a place known from before is the better one
            self._ends[place.seq] = place
            self._ends.move_to_end(place.seq)
            if len(self._ends) > _REMEMBERED_ENDS:
                self._ends.popitem(last=False)
        for found in damage:
            self._damage[found.segment, found.start] = found

    def _mark(self, segment: int, marks: list[Position]) -> None:
        known = self._marks.setdefault(segment, [])
        known.extend(mark for mark in marks if not known or mark.offset > known[-1].offset)

    def _place(self, after: Position | int, upto_seq: int) -> Position:
        """Return where to begin: at `after`, or at a known place at or before it."""
        if isinstance(after, Position):
            if after.segment:
                return after
            after = after.seq
        if after >= upto_seq:
            return Position(0, 0, after)
        known = self._ends.get(after)
        if known is not None:
            return known
        for segment in reversed(segments_in(self._files, self._folder)):
            first_seq = self._first_seq(segment)
            if first_seq is not None and first_seq <= after + 1:
                return self._mark_before(segment, after)
        first = segments_in(self._files, self._folder)[:1]
        return Position(first[0] if first else 0, 0, after)

    def _mark_before(self, segment: int, after: int) -> Position:
        marks = self._marks.get(segment, [])
        at = bisect_right([mark.seq for mark in marks], after)
        return Position(segment, marks[at - 1].offset if at else 0, after)

    def _first_seq(self, segment: int) -> int | None:
        """Return the seq a segment begins with; None if damage hides it."""
        if segment not in self._first_seqs:
            file = self._segment(segment)
            data = file.read_at(0, _OPENING_BYTES)
            whole = frame_at(data, len(MAGIC))
            if whole is None:
                data = file.read_at(0, file.size())
                whole = frame_at(data, resync(data, len(MAGIC)))
            if whole is None:
                return None
            self._first_seqs[segment] = _seq_of(data, whole)
        return self._first_seqs[segment]

    def _following(self, segment: int) -> int | None:
        later = [n for n in segments_in(self._files, self._folder) if n > segment]
        return later[0] if later else None


def _seq_of(data: bytes, whole: Frame) -> int:
    """Return the first seq that a frame of any type names."""
    match whole.type:
        case FrameType.OPENING:
            return unpack_opening(data, whole).first_seq
        case FrameType.LEAVES:
            return unpack_leaves(data, whole)[0]
        case FrameType.COMMIT:
            return unpack_commit(data, whole.offset).first_seq
        case _:
            return RECORD.unpack_from(data, whole.offset)[7]
