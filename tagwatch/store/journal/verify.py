"""Proves the chain from its first group to its head. Needs no keys."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tagwatch.store.journal.check import ChainCheck, ChainState, NamedDamage, TornBytes
from tagwatch.store.journal.files import Files, Mode, read_whole
from tagwatch.store.journal.keyfile import KeyFile, SlotState
from tagwatch.store.journal.layout import segment_name
from tagwatch.store.journal.record import Head
from tagwatch.store.journal.recover import segments_in


class PublishedHead(msgspec.Struct, frozen=True, kw_only=True):
    """A head as it was mailed or printed: `digest` in hexadecimal."""

    seq: int
    digest: str


class VerifyReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `verify` found."""

    chain: ChainState
    contradictions: tuple[str, ...]
    """Why the chain is broken or interrupted, in sentences."""
    installation: str
    head: PublishedHead
    segments: int
    records: int
    """Whole records seen up to the head."""
    unproved: int
    """Whole records whose place in the chain damage hides."""
    damage: tuple[NamedDamage, ...]
    torn_tail: TornBytes | None
    erased_keys: int
    damaged_keys: int
    heads_by_day: dict[str, PublishedHead]
    """The last head of each UTC day that has one."""
    not_on_chain: tuple[PublishedHead, ...]
    """Published heads that were asked about and are not on this chain."""

    @property
    def lost_records(self) -> int:
        """How many acknowledged records cannot be read."""
        spans = (place.lost for place in self.damage)
        return sum(span.last_seq - span.first_seq + 1 for span in spans if span)


def verify(
    folder: Path,
    files: Files,
    keys_folder: Path | None = None,
    published: Sequence[PublishedHead] = (),
) -> VerifyReport:
    """Check every byte of the journal in `folder` and return what was found.

    Reads only; safe beside a running writer (what it is just writing shows as torn tail).
    `keys_folder` lets it count destroyed keys; the installation key is not needed.
    """
    check = ChainCheck({(head.seq, head.digest) for head in published})
    numbers = segments_in(files, folder)
    for number in numbers:
        check.segment(number, read_whole(files, folder / segment_name(number)))
    tail = check.finish()
    erased, damaged_keys = _count_keys(files, keys_folder) if keys_folder else (0, 0)
    return VerifyReport(
        chain=check.state,
        contradictions=tuple(check.contradictions),
        installation=check.installation.hex(),
        head=_published(Head(check.chain.next_seq - 1, check.chain.head)),
        segments=len(numbers),
        records=check.records,
        unproved=check.unproved,
        damage=tuple(check.damage),
        torn_tail=tail,
        erased_keys=erased,
        damaged_keys=damaged_keys,
        heads_by_day={day: _published(head) for day, head in check.heads_by_day.items()},
        not_on_chain=tuple(head for head in published if (head.seq, head.digest) in check.asked),
    )


def _published(head: Head) -> PublishedHead:
    return PublishedHead(seq=head.seq, digest=head.digest.hex())


def _count_keys(files: Files, folder: Path) -> tuple[int, int]:
    key_file = KeyFile(files, folder, Mode.READ)
    try:
        slots, damaged = key_file.load()
    finally:
        key_file.close()
    erased = sum(slot.state is SlotState.DESTROYED for slot in slots.values())
    return erased, len(damaged)
