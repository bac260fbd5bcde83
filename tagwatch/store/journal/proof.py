"""Proves one record, or all of one owner, to a head; holds nothing of anyone else."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from enum import Enum
from pathlib import Path

import msgspec

from tagwatch.store.journal.chain import (
    GroupLink,
    leaf_hash,
    links_back,
    merkle_path,
    merkle_root,
    root_from_path,
)
from tagwatch.store.journal.errors import JournalError
from tagwatch.store.journal.files import Files, Mode, read_whole
from tagwatch.store.journal.groups import Group, Sealed, SeenRecord, groups, leaf_of
from tagwatch.store.journal.keyfile import KeyFile
from tagwatch.store.journal.layout import HEADER, SALT_BYTES, Commit, Opening, segment_name
from tagwatch.store.journal.record import Head, Owner
from tagwatch.store.journal.recover import segments_in


class Link(GroupLink, frozen=True):
    """A link of a proof: an object in JSON."""


class InclusionProof(msgspec.Struct, frozen=True, kw_only=True):
    """That a record stood in the journal when its head was `head`. Encodes to JSON by msgspec."""

    seq: int
    body: bytes
    """Salt, header and ciphertext of the record, as in its frame."""
    path: tuple[bytes, ...]
    """Sibling hashes from its leaf to the root of its group, lowest first."""
    group: Link
    later: tuple[Link, ...]
    """Groups up to the head; each links back (previous or skip) to the one before it here."""
    head_seq: int
    head: bytes


class Verdict(Enum):
    """What `check` says of a proof."""

    PROVED = "proved"
    OTHER_RECORD = "the record's own header names another seq"
    NOT_IN_GROUP = "the record is not in the group the proof names"
    NOT_IN_CHAIN = "the groups do not lead to the head the proof names"
    OTHER_HEAD = "the proof leads to another head than the one given"


def check(proof: InclusionProof, head: Head) -> Verdict:
    """Say whether `proof` leads to `head`, which the caller has from a trusted place."""
    if len(proof.body) < SALT_BYTES + HEADER.size:
        return Verdict.OTHER_RECORD
    if HEADER.unpack_from(proof.body, SALT_BYTES)[0] != proof.seq:
        return Verdict.OTHER_RECORD
    group, at = proof.group, proof.seq - proof.group.first_seq
    root = root_from_path(leaf_hash(proof.body), at, group.count, list(proof.path))
    if root is None or root != group.root:
        return Verdict.NOT_IN_GROUP
    last = group
    for link in proof.later:
        if last.head() not in (link.previous, link.skip):
            return Verdict.NOT_IN_CHAIN
        last = link
    reached = Head(last.first_seq + last.count - 1, last.head())
    if reached != (proof.head_seq, proof.head):
        return Verdict.NOT_IN_CHAIN
    return Verdict.PROVED if reached == head else Verdict.OTHER_HEAD


def prove(folder: Path, files: Files, seq: int, upto: Head | None = None) -> InclusionProof:
    """Return the proof of record `seq` to the present head, or to the earlier one `upto`.

    Raises JournalError if none can be, or if `upto` is no head of this journal.
    """
    found = list(_Prover(folder, files, upto).proofs({seq}, frozenset()))
    if not found:
        raise JournalError(
            f"record {seq} of {folder} cannot be proved: it is not there, is later than the head, "
            "or the hashes of its group are damaged; run verify"
        )
    return found[0]


def prove_owner(
    folder: Path, keys_folder: Path, owner: Owner, files: Files, upto: Head | None = None
) -> Iterator[InclusionProof]:
    """Yield the proofs of every record of `owner`, in order of seq, erased ones too.

    To the present head, or of the records up to an earlier one to that. Records whose group's
    hashes are damaged are left out; `verify` counts them as unproved. Raises JournalError if
    `upto` is no head of this journal.
    """
    key_file = KeyFile(files, keys_folder, Mode.READ)
    try:
        slots, _ = key_file.load()
    finally:
        key_file.close()
    key_ids = frozenset(key_id for key_id, slot in slots.items() if slot.owner == owner)
    return _Prover(folder, files, upto).proofs(frozenset(), key_ids)


def prove_keys(folder: Path, files: Files, key_ids: frozenset[int]) -> Iterator[InclusionProof]:
    """Yield the proofs, to the present head, of every record that one of these keys encrypted."""
    return _Prover(folder, files, None).proofs(frozenset(), key_ids)


def key_of(proof: InclusionProof) -> int:
    """Return the id of the key that encrypted a record."""
    return int(HEADER.unpack_from(proof.body, SALT_BYTES)[2])


class _Found(msgspec.Struct):
    """A record and its way to its group's root."""

    seq: int
    body: bytes
    path: tuple[bytes, ...]
    group: int


class _Prover:
    def __init__(self, folder: Path, files: Files, upto: Head | None) -> None:
        self._folder = folder
        self._files = files
        self._upto = upto
        self._segments = segments_in(files, folder)
        self._last: Commit | None = None

    def proofs(self, seqs: AbstractSet[int], key_ids: frozenset[int]) -> Iterator[InclusionProof]:
        """Yield the proofs of the records named by seq or by key."""
        found: list[_Found] = []
        for segment in self._segments:
            data = read_whole(self._files, self._folder / segment_name(segment))
            for part in groups(data):
                if isinstance(part, Group) and part.commit is not None:
                    if self._upto is not None and part.commit.last_seq > self._upto.seq:
                        continue
                    self._last = part.commit
                    found += _found_in(part, part.commit, data, seqs, key_ids)
        last = self._last
        if self._upto not in (None, None if last is None else Head(last.last_seq, last.head)):
            raise JournalError(
                f"head {self._upto.seq} is no head of {self._folder}: give it as it was published, "
                "and run verify with it"
            )
        if last is None:
            return
        chains = {hit.group: links_back(last.group, hit.group) for hit in found}
        links = self._links({group for chain in chains.values() for group in chain} | set(chains))
        for hit in found:
            chain = [links.get(group) for group in chains[hit.group]]
            later = tuple(link for link in chain if link is not None)
            if len(later) == len(chain):
                yield InclusionProof(
                    seq=hit.seq,
                    body=hit.body,
                    path=hit.path,
                    group=links[hit.group],
                    later=later,
                    head_seq=last.last_seq,
                    head=last.head,
                )

    def _links(self, wanted: set[int]) -> dict[int, Link]:
        """Return the groups `wanted`, by number."""
        links: dict[int, Link] = {}
        for segment in self._segments:
            if wanted <= links.keys():
                break
            data = read_whole(self._files, self._folder / segment_name(segment))
            for part in groups(data):
                if isinstance(part, Opening | Sealed) or part.commit is None:
                    continue
                group, first_seq, count, previous, skip, root, _ = part.commit
                if group in wanted:
                    links[group] = Link(
                        group=group,
                        first_seq=first_seq,
                        count=count,
                        previous=previous,
                        skip=skip,
                        root=root,
                    )
        return links


def _found_in(
    group: Group, commit: Commit, data: bytes, seqs: AbstractSet[int], key_ids: frozenset[int]
) -> list[_Found]:
    """Return the wanted records of a group, if its leaf hashes lead to its root."""
    wanted: list[SeenRecord] = [
        record for record in group.records if record.seq in seqs or record.key_id in key_ids
    ]
    if not wanted:
        return []
    leaves = group.leaves
    if leaves is None or len(leaves) != commit.size or merkle_root(leaves) != commit.root:
        leaves = [leaf_of(data, record) for record in group.records]
        if len(leaves) != commit.size or merkle_root(leaves) != commit.root:
            return []
    return [
        _Found(
            record.seq,
            data[record.start : record.end],
            tuple(merkle_path(leaves, record.seq - commit.first_seq)),
            commit.group,
        )
        for record in wanted
        if commit.first_seq <= record.seq <= commit.last_seq
        and leaf_of(data, record) == leaves[record.seq - commit.first_seq]
    ]
