"""A destroyed key takes the text with it, for good; the chain and all else stay."""

from itertools import product
from zlib import crc32

import pytest
from cryptography.exceptions import InvalidTag

from tagwatch.core.units import Instant
from tagwatch.store.journal.check import ChainState
from tagwatch.store.journal.files import read_whole
from tagwatch.store.journal.keyfile import SlotState
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.layout import RECORD
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import DataClass, Head
from tagwatch.store.journal.verify import verify
from tagwatch.store.journal.writer import JournalWriter
from tests.store.journal.faults import FaultyFiles, PowerCut
from tests.store.journal.world import (
    ANNA,
    BEN,
    FOLDER,
    KEYS,
    NOON,
    draft,
    fill,
    keyring,
    read_all,
    writer,
)

LATER = Instant(NOON + 1)


def _two_months(files: FaultyFiles):
    journal = writer(files)
    for owner, data_class, period in product(
        (ANNA, BEN), (DataClass.FRAME, DataClass.ACT), ("2026-10", "2026-11", "2026-11-22")
    ):
        text = f"{owner.id} {data_class.name} {period}".encode()
        journal.append([draft(text, owner, data_class=data_class, period=period)])
    return journal


@pytest.mark.parametrize(
    ("data_class", "period", "gone"),
    [
        (DataClass.FRAME, "2026-11", {2}),
        (DataClass.FRAME, None, {1, 2, 3}),
        (None, "2026-11-22", {3, 6}),
        (None, None, {1, 2, 3, 4, 5, 6}),
    ],
)
def test_exactly_what_was_named_is_erased(
    data_class: DataClass | None, period: str | None, gone: set[int]
):
    files = FaultyFiles()
    journal = _two_months(files)
    before = verify(FOLDER, files, KEYS)
    done = journal.erase(ANNA, data_class, period, LATER)
    assert len(done.keys) == len(gone)
    after = verify(FOLDER, files, KEYS)
    assert (after.chain, after.head) == (ChainState.WHOLE, before.head)
    assert after.erased_keys == len(gone)
    for record in read_all(files, 12):
        assert (record.payload is None) == (record.seq in gone)
    assert journal.erase(ANNA, data_class, period, LATER).keys == ()


def test_a_reader_that_holds_the_key_forgets_it_with_its_next_batch():
    files = FaultyFiles()
    journal = _two_months(files)
    reader = JournalReader(FOLDER, keyring(files), files)
    assert reader.read(0, 12)[1].payload is not None
    journal.erase(ANNA, DataClass.FRAME, "2026-11", LATER)
    assert reader.read(0, 12)[1].payload is None
    again = reader.get(2)
    assert again is not None
    assert again.payload is None
    assert reader.damage == []


def test_no_key_that_is_left_opens_the_text_and_the_slot_says_what_went():
    files = FaultyFiles()
    journal = _two_months(files)
    wrapped = read_whole(files, KEYS / "data.keys")[2 * 128 + 24 : 2 * 128 + 84]
    journal.erase(ANNA, DataClass.FRAME, "2026-11", LATER)
    journal.close()
    files.crash()
    for name in files.list(KEYS):
        assert wrapped not in read_whole(files, KEYS / name)
    ring = keyring(files)
    ring.take_writing()
    slot = ring.slot(2)
    assert slot is not None
    assert (slot.state, slot.owner, slot.data_class) == (SlotState.DESTROYED, ANNA, DataClass.FRAME)
    assert (slot.period, slot.destroyed_at, slot.wrapped) == ("2026-11", LATER, bytes(60))
    data = read_whole(files, FOLDER / "00000001.seg")
    at = data.index(b"\x02\x00\x00\x00\x00\x00\x00\x00" + NOON.to_bytes(8, "little")) - 32
    clear = data[at + 16 : at + RECORD.size]
    text = data[at + RECORD.size : at + 16 + RECORD.unpack_from(data, at)[2]]
    for key_id in (1, *range(3, 13)):
        cipher = ring.cipher(key_id)
        assert cipher is not None
        with pytest.raises(InvalidTag):
            cipher.decrypt(clear[:12], text, clear)
    assert ring.cipher(2) is None


def test_new_data_of_an_erased_period_gets_a_new_key():
    files = FaultyFiles()
    journal = writer(files)
    journal.append([draft(b"before")])
    journal.erase(ANNA, None, None, LATER)
    journal.append([draft(b"after")])
    assert [(r.key_id, r.payload) for r in read_all(files, 2)] == [(1, None), (2, b"after")]


def test_an_erasure_survives_any_cut_or_can_be_completed():
    for cut in range(1, 9):
        for seed in range(40):
            files = FaultyFiles(seed)
            journal = _two_months(files)
            files.cut_after = files.operations + cut
            done = False
            try:
                journal.erase(ANNA, None, None, LATER)
                done = True
            except PowerCut:
                pass
            files.crash()
            journal = writer(files)
            if not done:
                journal.erase(ANNA, None, None, LATER)
            found = read_all(files, 12)
            assert [r.payload is None for r in found] == [True] * 6 + [False] * 6
            journal.close()


def test_an_altered_slot_does_not_open():
    files = FaultyFiles()
    journal = _two_months(files)
    journal.close()
    ring = Keyring.open(KEYS, files)
    slots = read_whole(files, KEYS / "data.keys")
    # Anna's slot in place of Ben's: whole by its CRC, yet the wrapping names number and owner.
    for name in ("data.keys", "data.keys.mirror"):
        files.corrupt(KEYS / name, 7 * 128, slots[128:256])
    reader = JournalReader(FOLDER, ring, files)
    assert [r.seq for r in reader.read(6, 7)] == []
    assert "altered" in reader.damage[0].reason
    files.corrupt(KEYS / "data.keys", 7 * 128, slots[7 * 128 : 8 * 128])
    journal = writer(files)
    assert journal.append([draft(b"kept", BEN, period="2026-10")]) == range(13, 14)
    journal.close()


def test_an_altered_key_never_stops_the_writer():
    files = FaultyFiles()
    journal = _two_months(files)
    journal.close()
    slot = bytearray(read_whole(files, KEYS / "data.keys")[7 * 128 : 8 * 128])
    slot[30] ^= 1
    slot[124:] = crc32(bytes(slot[:124])).to_bytes(4, "little")
    for name in ("data.keys", "data.keys.mirror"):
        files.corrupt(KEYS / name, 7 * 128, bytes(slot))
    ring = keyring(files)
    journal = JournalWriter.open(FOLDER, ring, files)
    assert journal.append([draft(b"kept", BEN, period="2026-10")]) == range(13, 14)
    assert ring.damaged == [7]
    assert [r.payload for r in JournalReader(FOLDER, ring, files).read(12, 13)] == [b"kept"]


def test_erasing_changes_nothing_of_the_segments():
    files = FaultyFiles()
    journal = writer(files)
    fill(journal, 3)
    before, head = read_whole(files, FOLDER / "00000001.seg"), journal.head()
    journal.erase(ANNA, None, None, LATER)
    assert read_whole(files, FOLDER / "00000001.seg") == before
    assert journal.head() == head
    assert isinstance(head, Head)
