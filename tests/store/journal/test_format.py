"""A stranger reads the journal with nothing but docs/journal.md and a cipher: no code of ours."""

import hashlib
import zlib
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.store.journal.faults import FaultyFiles
from tests.store.journal.world import FOLDER, KEYS, NOON, OWNERS, fill, writer


def _int(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _frames(data: bytes) -> list[tuple[int, bytes]]:
    assert data[:16] == b"TAGWATCH JRNL 1\n"
    found: list[tuple[int, bytes]] = []
    at = 16
    while at < len(data):
        assert data[at : at + 4] == bytes.fromhex("F554574A")
        length = _int(data, at + 8, 4)
        after = (at + 16 + length + 7) // 8 * 8
        assert zlib.crc32(data[at + 8 : after]) == _int(data, at + 4, 4)
        assert data[at + 13 : at + 16] == b"\x01\0\0"
        found.append((data[at + 12], data[at + 16 : at + 16 + length]))
        at = after
    return found


def _sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return _sha(b"\x01", _root(leaves[:split]), _root(leaves[split:]))


class Stranger:
    """Follows the page, and checks every sentence of it on the way."""

    def __init__(self, installation_key: str, slots: bytes) -> None:
        lines = installation_key.split("\n")
        assert lines[0] == "Tagwatch installation key 1"
        self.wrapping = AESGCM(bytes.fromhex(lines[1]))
        self.slots = slots
        self.installation = slots[24:40]
        check = slots[40:100]
        text = self.wrapping.decrypt(check[:12], check[12:], self.installation)
        assert text == b"Tagwatch keys of this installati"
        self.heads = {0: _sha(b"\x03", self.installation)}
        self.next_seq = 1
        self.payloads: list[bytes | None] = []
        self.owners: list[str] = []
        self.leaves: list[bytes] = []
        self.repeated: list[bytes] = []

    def key(self, key_id: int) -> tuple[str, AESGCM | None]:
        slot = self.slots[key_id * 128 : (key_id + 1) * 128]
        assert zlib.crc32(slot[:124]) == _int(slot, 124, 4)
        owner = slot[84 : 84 + slot[3]].decode()
        if slot[0] == 2:
            assert slot[24:84] == bytes(60)
            return owner, None
        label = b"\x01" + slot[1:16] + bytes(8) + bytes(60) + slot[84:124]
        bound = self.installation + key_id.to_bytes(4, "little") + label
        return owner, AESGCM(self.wrapping.decrypt(slot[24:36], slot[36:84], bound))

    def opening(self, body: bytes, number: int) -> None:
        assert body[:16] == self.installation
        assert _int(body, 16, 4) == number
        assert _int(body, 24, 8) == self.next_seq
        group = _int(body, 32, 8) - 1
        assert group == max(self.heads)
        wanted: list[bytes] = []
        while group:
            wanted.insert(0, self.heads[group])
            group &= group - 1
        assert body[48:] == b"".join(wanted)

    def record(self, body: bytes) -> None:
        assert _int(body, 16, 8) == self.next_seq + len(self.leaves)
        assert _int(body, 24, 8) >= NOON
        assert body[38] == len(self.leaves) % 2
        assert body[39] == 1
        owner, cipher = self.key(_int(body, 32, 4))
        self.owners.append(owner)
        if cipher is None:
            self.payloads.append(None)
        else:
            text = cipher.decrypt(body[:12], body[40:], body[:40])
            assert text[:16] == bytes(16)
            self.payloads.append(text[16:])
        self.leaves.append(_sha(b"\x00", body))

    def commit(self, body: bytes) -> None:
        group, first_seq, count = _int(body, 0, 8), _int(body, 8, 8), _int(body, 16, 4)
        assert (first_seq, count) == (self.next_seq, len(self.leaves))
        previous, skip, root, head = (body[at : at + 32] for at in (24, 56, 88, 120))
        assert previous == self.heads[group - 1]
        assert skip == self.heads[group & (group - 1)]
        assert root == _root(self.leaves)
        assert self.repeated == (self.leaves if count > 1 else [])
        assert head == _sha(b"\x02", body[0:20], previous, skip, root)
        self.heads[group] = head
        self.next_seq += count
        self.leaves, self.repeated = [], []

    def segment(self, data: bytes, number: int) -> None:
        frames = _frames(data)
        assert frames[0][0] == 5
        for kind, body in frames:
            if kind == 1:
                self.record(body)
            elif kind == 2:
                assert _int(body, 0, 8) == self.next_seq
                leaves = body[16:]
                self.repeated = [leaves[at : at + 32] for at in range(0, len(leaves), 32)]
                assert len(self.repeated) == _int(body, 8, 4)
            elif kind == 3:
                self.commit(body)
            elif kind == 4:
                assert _int(body, 0, 8) == self.next_seq
                assert body[8:] == self.heads[max(self.heads)]
            else:
                self.opening(body, number)


def _bytes(files: FaultyFiles, path: Path) -> bytes:
    return bytes(files._names[str(path)].seen)


def test_a_stranger_reads_all_and_reaches_the_same_head():
    files = FaultyFiles()
    journal = writer(files, segment_bytes=2500)
    told: list[bytes | None] = []
    for each in (1, 2, 3, 4, 5, 6, 7, 1, 1, 12):
        told += fill(journal, 2, each)
    journal.erase(OWNERS[1], None, None, NOON)
    stranger = Stranger(
        _bytes(files, KEYS / "installation.key").decode(), _bytes(files, KEYS / "data.keys")
    )
    assert _bytes(files, KEYS / "data.keys") == _bytes(files, KEYS / "data.keys.mirror")
    names = [name for name in files.list(FOLDER) if name.endswith(".seg")]
    assert len(names) > 2
    for number, name in enumerate(names, 1):
        stranger.segment(_bytes(files, FOLDER / name), number)
    assert stranger.heads[max(stranger.heads)] == journal.head().digest
    assert len(stranger.payloads) == len(told)
    for payload, owner, text in zip(stranger.payloads, stranger.owners, told, strict=True):
        assert payload == (None if owner == OWNERS[1].id else text)
