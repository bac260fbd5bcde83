"""The groups of a segment, as its bytes tell them; needs no keys."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tagwatch.core.units import Instant
from tagwatch.store.journal.chain import leaf_hash
from tagwatch.store.journal.layout import (
    FRAME,
    RECORD,
    SEAL,
    Commit,
    Frame,
    FrameType,
    Gap,
    Opening,
    unpack_commit,
    unpack_leaves,
    unpack_opening,
    walk,
)


@dataclass(slots=True)
class SeenRecord:
    """A whole record frame: [start, end) is its body in the segment."""

    seq: int
    received_at: Instant
    key_id: int
    start: int
    end: int


@dataclass(slots=True)
class Group:
    """What is there of a group, in the order of its frames."""

    start: int
    end: int = 0
    leaves: list[bytes] | None = None
    """The leaf hashes its leaves frame repeats, if that is whole."""
    first_seq: int | None = None
    """As its leaves frame says."""
    records: list[SeenRecord] = field(default_factory=list[SeenRecord])
    gaps: list[Gap] = field(default_factory=list[Gap])
    commit: Commit | None = None
    """None if it is damaged, or was never written: a torn tail."""

    def empty(self) -> bool:
        """Tell whether nothing at all was seen of it."""
        return not (self.records or self.gaps or self.leaves or self.commit)


@dataclass(slots=True)
class Sealed:
    """The end of a segment to which nothing is added any more."""

    start: int
    next_seq: int
    head: bytes


def groups(data: bytes) -> Iterator[Opening | Group | Sealed]:
    """Yield what a segment holds, in order. A group without commit had it damaged or torn off."""
    group = Group(0)
    for part in walk(data):
        if isinstance(part, Gap):
            group.gaps.append(part)
        elif part.type == FrameType.RECORD:
            group.records.append(_record(data, part))
        elif part.type == FrameType.LEAVES:
            yield from _finish(group, part.offset)
            first_seq, leaves = unpack_leaves(data, part)
            group = Group(part.offset, leaves=leaves, first_seq=first_seq)
        elif part.type == FrameType.COMMIT:
            commit = unpack_commit(data, part.offset)
            yield from _split(group, commit)
            group.commit, group.end = commit, part.next
            yield group
            group = Group(part.next)
        else:
            yield from _finish(group, part.offset)
            group = Group(part.next)
            if part.type == FrameType.OPENING:
                yield unpack_opening(data, part)
            elif part.type == FrameType.SEAL:
                yield Sealed(part.offset, *SEAL.unpack_from(data, part.offset + FRAME.size))
    yield from _finish(group, len(data))


def leaf_of(data: bytes, record: SeenRecord) -> bytes:
    """Return the leaf hash of a record, from its bytes."""
    return leaf_hash(data[record.start : record.end])


def _record(data: bytes, part: Frame) -> SeenRecord:
    fields = RECORD.unpack_from(data, part.offset)
    return SeenRecord(fields[7], Instant(fields[8]), fields[9], part.offset + FRAME.size, part.end)


def _finish(group: Group, end: int) -> Iterator[Group]:
    """Yield a group that has no commit, unless nothing of it was seen."""
    if not group.empty():
        group.end = end
        yield group


def _split(group: Group, commit: Commit) -> Iterator[Group]:
    """Yield apart what belongs to groups before `commit`, whose own commits were damaged.

    A gap between the two may have cost records of both: both name it.
    """
    earlier = [record for record in group.records if record.seq < commit.first_seq]
    if not earlier:
        return
    before = Group(group.start, end=earlier[-1].end, leaves=group.leaves)
    before.first_seq, before.records = group.first_seq, earlier
    group.leaves = group.first_seq = None
    group.records = group.records[len(earlier) :]
    first = group.records[0].start if group.records else group.gaps[-1].next
    before.gaps = [gap for gap in group.gaps if gap.offset < first]
    group.gaps = [gap for gap in group.gaps if gap.offset > earlier[-1].start]
    yield before
