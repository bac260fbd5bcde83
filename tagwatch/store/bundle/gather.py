"""Finds records in the journal and proves them to one head, in one pass over the segments."""

from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tagwatch.store.bundle.inclusion import Kept, Linked
from tagwatch.store.journal.chain import leaf_hash, links_back, merkle_path, merkle_root
from tagwatch.store.journal.errors import JournalError
from tagwatch.store.journal.files import Files, read_whole
from tagwatch.store.journal.groups import Group, groups
from tagwatch.store.journal.layout import (
    COMMIT,
    FRAME,
    LEAVES,
    MAGIC,
    RECORD,
    SYNC,
    FrameType,
    aligned,
    segment_name,
)
from tagwatch.store.journal.record import Head
from tagwatch.store.journal.recover import segments_in

_HEADER: Final = FRAME.size


class Wanted(NamedTuple):
    """Which records: by seq, and by key and kind."""

    seqs: frozenset[int]
    key_ids: frozenset[int]
    kinds: frozenset[int]


class Gathered(NamedTuple):
    """Records with their ways to `head`, by seq, and the links of the chain they share."""

    records: dict[int, Kept]
    links: tuple[Linked, ...]
    head: Head


class _Span(NamedTuple):
    """A whole group in a segment: where its frames are."""

    link: Linked
    leaves_at: int
    """Offset of the leaves frame's body, 0 if there is none."""
    records: list[tuple[int, int, int]]
    """(seq, start, end) of the bodies of the wanted ones."""


def gather(folder: Path, files: Files, wanted: Wanted, upto: Head | int) -> Gathered:
    """Return the wanted records up to the head `upto`, each proved to it; given as a record's
    number, to the head at or before that record.

    Reads every segment up to the head once, frame by frame; records in groups whose hashes are
    damaged are left out. Raises JournalError if `upto` is no head of this journal.
    """
    records: dict[int, Kept] = {}
    links: dict[int, Linked] = {}
    last: Linked | None = None
    seqs = sorted(wanted.seqs)
    most = upto.seq if isinstance(upto, Head) else upto
    for segment in segments_in(files, folder):
        data = read_whole(files, folder / segment_name(segment))
        for span in _spans(data, seqs, wanted):
            link = span.link
            if link.first_seq + link.count - 1 > most:
                break
            links[link.group], last = link, link
            if span.records:
                records |= _proved(data, span)
        if last is not None and last.first_seq + last.count - 1 >= most:
            break
    head = None if last is None else Head(last.first_seq + last.count - 1, last.head())
    if last is None or head is None or (isinstance(upto, Head) and head != upto):
        raise JournalError(
            f"head {most} is no head of {folder}: give it as it was published, and run "
            "`tagwatch verify --head` with it"
        )
    way = _way(last.group, sorted({kept.group for kept in records.values()}), links)
    return Gathered(records, tuple(links[group] for group in way), head)


def _way(last: int, found: list[int], links: dict[int, Linked]) -> list[int]:
    """Return the groups on a way from the head back over every group found."""
    way: set[int] = {last}
    later = last
    for group in reversed(found):
        way |= {group, *links_back(later, group)}
        later = group
    missing = sorted(group for group in way if group not in links)
    if missing:
        raise JournalError(
            f"group {missing[0]} of the journal is damaged, and the proofs lead over it: "
            "run `tagwatch verify`"
        )
    return sorted(way)


def _spans(data: bytes, seqs: list[int], wanted: Wanted) -> Iterator[_Span]:
    """Yield the groups of a segment. Where bytes are damaged the slow and careful way is taken."""
    found: list[_Span] = []
    key_ids, kinds = wanted.key_ids, wanted.kinds
    offset, end = len(MAGIC), len(data)
    leaves_at = 0
    held: list[tuple[int, int, int]] = []
    while offset + _HEADER <= end:
        sync, _, length, kind, _, _ = FRAME.unpack_from(data, offset)
        body, after = offset + _HEADER, aligned(offset + _HEADER + length)
        if sync != SYNC or after > end:
            break
        if kind == FrameType.RECORD:
            fields = RECORD.unpack_from(data, offset)
            if (fields[9] in key_ids and fields[10] in kinds) or (
                (at := bisect_left(seqs, fields[7])) < len(seqs) and seqs[at] == fields[7]
            ):
                held.append((fields[7], body, body + length))
        elif kind == FrameType.LEAVES:
            leaves_at, held = body, []
        elif kind == FrameType.COMMIT:
            group, first_seq, count, _, previous, skip, root, _ = COMMIT.unpack_from(data, body)
            link = Linked(group, first_seq, count, previous, skip, root)
            found.append(_Span(link, leaves_at, held))
            leaves_at, held = 0, []
        offset = after
    if offset < end and any(data[offset:]):
        found = list(_careful(data, wanted))
    yield from found


def _careful(data: bytes, wanted: Wanted) -> Iterator[_Span]:
    for part in groups(data):
        if not isinstance(part, Group) or part.commit is None:
            continue
        group, first_seq, count, previous, skip, root, _ = part.commit
        held: list[tuple[int, int, int]] = []
        for record in part.records:
            kind = RECORD.unpack_from(data, record.start - _HEADER)[10]
            if record.seq in wanted.seqs or (
                record.key_id in wanted.key_ids and kind in wanted.kinds
            ):
                held.append((record.seq, record.start, record.end))
        link = Linked(group, first_seq, count, previous, skip, root)
        whole = part.leaves is not None and len(part.leaves) == count
        leaves_at = part.start + _HEADER if whole else 0
        yield _Span(link, leaves_at, held)


def _proved(data: bytes, span: _Span) -> dict[int, Kept]:
    """Return the records of a group whose leaf hashes lead to its root."""
    link = span.link
    if span.leaves_at:
        start = span.leaves_at + LEAVES.size
        leaves = [data[at : at + 32] for at in range(start, start + 32 * link.count, 32)]
    else:
        leaves = [leaf_hash(data[start:end]) for _, start, end in span.records]
    if len(leaves) != link.count or merkle_root(leaves) != link.root:
        return {}
    found: dict[int, Kept] = {}
    for seq, start, end in span.records:
        at, body = seq - link.first_seq, data[start:end]
        if 0 <= at < link.count and leaf_hash(body) == leaves[at]:
            found[seq] = Kept(body, link.group, tuple(merkle_path(leaves, at)))
    return found
