"""A record is proved to the head without anyone else's; nothing else is ever proved."""

import hashlib
from itertools import pairwise
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.units import Instant
from tagwatch.store.journal.chain import (
    links_back,
    merkle_path,
    merkle_root,
    root_from_path,
    skip_of,
)
from tagwatch.store.journal.errors import JournalError
from tagwatch.store.journal.layout import SALT_BYTES
from tagwatch.store.journal.proof import InclusionProof, Link, Verdict, check, prove, prove_owner
from tagwatch.store.journal.record import Head
from tests.store.journal.faults import FaultyFiles
from tests.store.journal.world import ANNA, BEN, FOLDER, KEYS, NOON, draft, fill, writer


def _rfc_6962(leaves: list[bytes]) -> bytes:
    """Return the Merkle tree hash as RFC 6962 §2.1 defines it, over leaf hashes."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    both = _rfc_6962(leaves[:split]) + _rfc_6962(leaves[split:])
    return hashlib.sha256(b"\x01" + both).digest()


@given(st.integers(1, 70), st.data())
def test_the_tree_is_that_of_rfc_6962_and_each_path_leads_to_its_root(
    count: int, data: st.DataObject
):
    leaves = [hashlib.sha256(bytes([n])).digest() for n in range(count)]
    root = merkle_root(leaves)
    assert root == _rfc_6962(leaves)
    at = data.draw(st.integers(0, count - 1))
    path = merkle_path(leaves, at)
    assert root_from_path(leaves[at], at, count, path) == root
    assert root_from_path(leaves[at], at, count, [*path, root]) is None
    assert root_from_path(leaves[at], count, count, path) is None
    if path:
        assert root_from_path(leaves[at], at, count, path[:-1]) is None


@given(st.integers(0, 1 << 40), st.integers(0, 1 << 40))
def test_links_back_are_few(one: int, other: int):
    earlier, later = sorted((one, other))
    chain = [earlier, *links_back(later, earlier)]
    assert chain[-1] == later
    assert len(chain) <= 900
    for before, after in pairwise(chain):
        assert before in (after - 1, skip_of(after))


def _journal() -> tuple[FaultyFiles, Head]:
    files = FaultyFiles()
    journal = writer(files, segment_bytes=1500)
    fill(journal, 25, each=5)
    journal.append([draft(b"alone", BEN)])
    journal.erase(BEN, None, None, Instant(NOON))
    return files, journal.head()


def test_every_record_is_proved_also_from_json():
    files, head = _journal()
    for seq in range(1, head.seq + 1):
        proof = prove(FOLDER, files, seq)
        assert check(proof, head) is Verdict.PROVED
        again = msgspec.json.decode(msgspec.json.encode(proof), type=InclusionProof)
        assert check(again, head) is Verdict.PROVED
    with pytest.raises(JournalError, match="cannot be proved"):
        prove(FOLDER, files, head.seq + 1)


def test_proofs_lead_to_a_head_that_was_published_earlier():
    files = FaultyFiles()
    journal = writer(files, segment_bytes=1500)
    fill(journal, 9, each=5)
    published = journal.head()
    fill(journal, 9, each=5)
    for seq in (1, 17, published.seq):
        assert check(prove(FOLDER, files, seq, published), published) is Verdict.PROVED
    proofs = list(prove_owner(FOLDER, KEYS, BEN, files, published))
    assert [p.seq for p in proofs] == [5 * g + n for g in range(9) for n in (2, 5)]
    assert {check(proof, published) for proof in proofs} == {Verdict.PROVED}
    with pytest.raises(JournalError, match="cannot be proved"):
        prove(FOLDER, files, published.seq + 1, published)
    for wrong in (Head(published.seq, bytes(32)), Head(published.seq - 1, published.digest)):
        with pytest.raises(JournalError, match="is no head of"):
            prove(FOLDER, files, 1, wrong)


def test_all_of_one_owner_and_none_of_another():
    files, head = _journal()
    proofs = list(prove_owner(FOLDER, KEYS, BEN, files))
    assert [p.seq for p in proofs] == [*(5 * g + n for g in range(25) for n in (2, 5)), 126]
    bodies = {seq: prove(FOLDER, files, seq).body for seq in range(1, head.seq + 1)}
    others = set(bodies) - {p.seq for p in proofs}
    for proof in proofs:
        assert check(proof, head) is Verdict.PROVED
        told = msgspec.json.encode(proof)
        for seq in others:
            assert bodies[seq][SALT_BYTES:].hex().encode() not in told
            assert bodies[seq] not in b"".join(proof.path)


def test_any_bit_flipped_refuses_the_proof():
    files, head = _journal()
    random = Random(5)
    proof = prove(FOLDER, files, 38)
    assert len(proof.later) > 1
    for at in range(len(proof.body)):
        body = bytearray(proof.body)
        body[at] ^= 1 << random.randrange(8)
        assert check(_with(proof, body=bytes(body)), head) is not Verdict.PROVED
    for place in range(len(proof.path)):
        path = list(proof.path)
        path[place] = _flipped(path[place], random)
        assert check(_with(proof, path=tuple(path)), head) is Verdict.NOT_IN_GROUP
    for name in ("seq", "head_seq"):
        wrong = _with(proof, **{name: getattr(proof, name) + 1})
        assert check(wrong, head) is not Verdict.PROVED
    assert check(_with(proof, head=_flipped(proof.head, random)), head) is not Verdict.PROVED
    assert check(_with(proof, body=b"short"), head) is Verdict.OTHER_RECORD
    assert check(proof, Head(head.seq, bytes(32))) is Verdict.OTHER_HEAD


@pytest.mark.parametrize("field", Link.__struct_fields__)
def test_any_field_of_any_link_altered_refuses_the_proof(field: str):
    files, head = _journal()
    proof = prove(FOLDER, files, 38)
    random = Random(6)
    for place in range(len(proof.later) + 1):
        links = [proof.group, *proof.later]
        old = getattr(links[place], field)
        new = old + 1 if isinstance(old, int) else _flipped(old, random)
        links[place] = msgspec.structs.replace(links[place], **{field: new})
        wrong = _with(proof, group=links[0], later=tuple(links[1:]))
        assert check(wrong, head) is not Verdict.PROVED


def test_a_damaged_neighbour_leaves_the_others_provable():
    files = FaultyFiles()
    journal = writer(files)
    fill(journal, 3, each=8)
    data = prove(FOLDER, files, 4).body
    whole = bytes(files._names[str(FOLDER / "00000001.seg")].seen)
    files.corrupt(FOLDER / "00000001.seg", whole.index(data) + 50, b"\xff\xff\xff")
    for seq in range(1, 25):
        if seq == 4:
            with pytest.raises(JournalError):
                prove(FOLDER, files, seq)
        else:
            assert check(prove(FOLDER, files, seq), journal.head()) is Verdict.PROVED


def test_no_proof_of_an_empty_journal():
    files = FaultyFiles()
    writer(files)
    assert list(prove_owner(FOLDER, KEYS, ANNA, files)) == []


def _flipped(digest: bytes, random: Random) -> bytes:
    at = random.randrange(len(digest))
    return digest[:at] + bytes([digest[at] ^ (1 << random.randrange(8))]) + digest[at + 1 :]


def _with(proof: InclusionProof, **changes: object) -> InclusionProof:
    return msgspec.structs.replace(proof, **changes)
