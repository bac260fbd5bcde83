"""What a writer does first: find the end of the chain and cut what was never acknowledged."""

from pathlib import Path
from typing import NamedTuple

from tagwatch.core.units import Instant
from tagwatch.store.journal.chain import Chain, genesis
from tagwatch.store.journal.errors import JournalError
from tagwatch.store.journal.files import Files, Mode, read_whole, write_durably
from tagwatch.store.journal.layout import (
    RECORD,
    SEGMENT_NAME,
    Commit,
    FrameType,
    Gap,
    Opening,
    segment_name,
    unpack_commit,
    unpack_opening,
    walk,
)

TORN_FOLDER = "torn"


class TornTail(NamedTuple):
    """Bytes after the last commit, cut and kept aside: they were never acknowledged."""

    segment: int
    offset: int
    size: int
    kept_as: str


class Recovery(NamedTuple):
    """What opening the journal found. Journal it as a fact of the installation."""

    torn: tuple[TornTail, ...]
    lost_seqs: tuple[int, ...]
    """Seqs of the last group that cannot be read: the power went before it was acknowledged, or
    a page was damaged since. What can be read of it is kept."""


class Tail(NamedTuple):
    """Where the next group goes."""

    chain: Chain
    segment: int
    """0 if a new one is to be opened."""
    last_segment: int
    size: int
    opened_at: Instant


class SegmentEnd(NamedTuple):
    """What the frames of one segment say about its end."""

    opening: Opening | None
    commits: list[Commit]
    group_start: int
    """Offset at which the last group begins."""
    end: int
    """Offset after the last commit (or the seal, or the opening)."""
    sealed: bool
    lost_seqs: tuple[int, ...]


def segments_in(files: Files, folder: Path) -> list[int]:
    """Return the numbers of the segments in `folder`, ascending."""
    return [int(name[:8]) for name in files.list(folder) if SEGMENT_NAME.fullmatch(name)]


def segment_end(data: bytes) -> SegmentEnd:
    """Find the last commit in the bytes of a segment."""
    opening: Opening | None = None
    commits: list[Commit] = []
    start = end = 0
    sealed = False
    seen: set[int] = set()
    last_seen: set[int] = set()
    for part in walk(data):
        if isinstance(part, Gap):
            continue
        if part.type == FrameType.OPENING and opening is None:
            opening = unpack_opening(data, part)
            end = part.next
        elif part.type == FrameType.RECORD:
            seen.add(RECORD.unpack_from(data, part.offset)[7])
        elif part.type == FrameType.COMMIT:
            commits.append(unpack_commit(data, part.offset))
            start, end = end, part.next
            last_seen, seen = seen, set()
        elif part.type == FrameType.SEAL:
            sealed, end = True, part.next
    last = commits[-1:]
    lost = (seq for c in last for seq in range(c.first_seq, c.last_seq + 1))
    return SegmentEnd(
        opening, commits, start, end, sealed, tuple(s for s in lost if s not in last_seen)
    )


def chain_after(
    files: Files, folder: Path, installation: bytes, segment: int, ended: SegmentEnd | None = None
) -> Chain:
    """Return the chain as it stands after the last commit of `segment` (0: at its beginning).

    It starts from the segment's opening frame; if that is damaged, from the segment before.
    """
    path = folder / segment_name(segment)
    if ended is None:
        if not files.exists(path):
            return Chain(genesis(installation))
        ended = segment_end(read_whole(files, path))
    if ended.opening is None:
        chain = chain_after(files, folder, installation, segment - 1)
    elif ended.opening.installation != installation:
        raise JournalError(
            f"{path} belongs to another installation than the keys: give the keys and the "
            "journal of one installation"
        )
    else:
        chain = Chain(genesis(installation))
        first = ended.opening
        chain.resume(first.first_group - 1, first.first_seq, first.heads)
    for commit in ended.commits:
        chain.take(commit)
    return chain


def recover(files: Files, folder: Path, installation: bytes) -> tuple[Tail, Recovery]:
    """Find the end of the journal in `folder` and cut what was never acknowledged.

    Every cut byte is first copied to the folder `torn`. Raises OSError, JournalError.
    """
    torn: list[TornTail] = []
    numbers = segments_in(files, folder)
    while numbers:
        segment = numbers.pop()
        path = folder / segment_name(segment)
        data = read_whole(files, path)
        ended = segment_end(data)
        if ended.opening is None and not ended.commits:
            # Its opening never became durable, so nothing in it was ever acknowledged.
            _keep_aside(files, folder, segment, data, 0, torn)
            files.remove(path)
            files.fsync_dir(folder)
            continue
        chain = chain_after(files, folder, installation, segment, ended)
        _make_sure(files, folder, segment, data, ended, torn)
        opened_at = ended.opening.opened_at if ended.opening else Instant(0)
        current = 0 if ended.sealed else segment
        tail = Tail(chain, current, segment, ended.end, opened_at)
        return tail, Recovery(tuple(torn), ended.lost_seqs)
    return Tail(Chain(genesis(installation)), 0, 0, 0, Instant(0)), Recovery(tuple(torn), ())


def _make_sure(
    files: Files,
    folder: Path,
    segment: int,
    data: bytes,
    ended: SegmentEnd,
    torn: list[TornTail],
) -> None:
    """Cut the torn tail and write the last group once more.

    After a failed fdatasync the kernel shows bytes the disk may not hold; writing them again
    makes the group as durable as it looks.
    """
    if ended.sealed and ended.end == len(data):
        return
    if ended.end < len(data):
        _keep_aside(files, folder, segment, data, ended.end, torn)
    file = files.open(folder / segment_name(segment), Mode.WRITE)
    try:
        if ended.end < len(data):
            file.truncate(ended.end)
        file.write_at(ended.group_start, data[ended.group_start : ended.end])
        file.fdatasync()
    finally:
        file.close()


def _keep_aside(
    files: Files, folder: Path, segment: int, data: bytes, offset: int, torn: list[TornTail]
) -> None:
    rest = data[offset:]
    if not rest:
        return
    files.make_folder(folder / TORN_FOLDER)
    kept = len(files.list(folder / TORN_FOLDER)) + 1
    name = f"{TORN_FOLDER}/{segment:08d}-{offset}-{kept}.torn"
    write_durably(files, folder / name, rest)
    torn.append(TornTail(segment, offset, len(rest), name))
