"""A damaged byte anywhere is named and costs only its records; nothing altered goes unseen."""

from random import Random

import pytest

from tagwatch.store.journal.check import ChainState
from tagwatch.store.journal.files import Mode, read_whole
from tagwatch.store.journal.layout import (
    RECORD,
    Frame,
    FrameType,
    frame,
    segment_name,
    walk,
)
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.verify import PublishedHead, VerifyReport, verify
from tests.store.journal.faults import FaultyFiles
from tests.store.journal.world import FOLDER, KEYS, draft, fill, keyring, writer

SEED = 11


def _journal(segment_bytes: int = 2000, groups: int = 12) -> tuple[FaultyFiles, list[bytes]]:
    files = FaultyFiles(SEED)
    journal = writer(files, segment_bytes)
    told = fill(journal, groups)
    told.append(b"alone")
    journal.append([draft(b"alone")])
    told += fill(journal, 2)
    journal.close()
    return files, told


def _lost(report: VerifyReport) -> set[int]:
    spans = [place.lost for place in report.damage if place.lost]
    return {seq for span in spans for seq in range(span.first_seq, span.last_seq + 1)}


def _assert_named(files: FaultyFiles, told: list[bytes], name: str, at: int, end: int) -> None:
    """Check that [at, end) of segment `name` is named and that all else is readable."""
    segment = int(name[:8])
    report = verify(FOLDER, files)
    assert report.chain is not ChainState.BROKEN, report.contradictions
    at_the_end = report.torn_tail is not None and report.torn_tail.segment == segment
    named = any(
        place.segment == segment and place.start < end and at < place.end for place in report.damage
    )
    assert named or (at_the_end and report.torn_tail and report.torn_tail.start < end)
    reader = JournalReader(FOLDER, keyring(files), files)
    found = reader.read(0, len(told), most_bytes=1 << 40)
    lost = set(range(1, len(told) + 1)) - {record.seq for record in found}
    for record in found:
        assert record.payload == told[record.seq - 1]
    if not at_the_end:
        # The reader may have more: where only a frame's edge is damaged, the cipher vouches.
        assert lost <= _lost(report)
        assert report.head.seq == len(told)
    spans = [range(d.first_seq, d.last_seq + 1) for d in reader.damage]
    assert lost == {seq for span in spans for seq in span}


def test_every_damaged_byte_is_named_and_costs_at_most_one_record():
    files, told = _journal()
    whole = {
        name: read_whole(files, FOLDER / name)
        for name in files.list(FOLDER)
        if name.endswith(".seg")
    }
    assert len(whole) > 2
    for name, data in whole.items():
        for at in range(0, len(data), 13):
            files.corrupt(FOLDER / name, at, bytes([data[at] ^ (1 << at % 8)]))
            _assert_named(files, told, name, at, at + 1)
            assert len(_lost(verify(FOLDER, files))) <= 1
            files.corrupt(FOLDER / name, at, data[at : at + 1])
    assert verify(FOLDER, files).damage == ()


def test_damaged_pages_cost_only_the_records_they_hold():
    random = Random(SEED)
    for _ in range(150):
        files, told = _journal(segment_bytes=6000, groups=30)
        names = [name for name in files.list(FOLDER) if name.endswith(".seg")]
        name = random.choice(names)
        data = read_whole(files, FOLDER / name)
        at = random.randrange(0, len(data), 512)
        page = random.randbytes(512) if random.random() < 0.5 else bytes(512)
        page = page[: len(data) - at]
        files.corrupt(FOLDER / name, at, page)
        _assert_named(files, told, name, at, at + len(page))
        # Records of 40 bytes take 128: a page touches at most six.
        assert len(_lost(verify(FOLDER, files))) <= 6


def test_a_writer_goes_on_after_damage_and_keeps_what_is_acknowledged():
    for at in range(0, 3000, 64):
        files, told = _journal(segment_bytes=1 << 20, groups=6)
        files.corrupt(FOLDER / segment_name(1), at, b"\xff" * 8)
        journal = writer(files)
        assert journal.head().seq == len(told)
        journal.append([draft(b"on it goes")])
        reader = JournalReader(FOLDER, keyring(files), files)
        found = reader.read(0, journal.head().seq)
        assert len(found) >= len(told)
        assert found[-1].payload == b"on it goes"
        report = verify(FOLDER, files)
        assert report.chain is ChainState.WHOLE, report.contradictions
        assert report.head.digest == journal.head().digest.hex()


def _rewritten(data: bytes, chosen: int, change: str) -> bytes:
    """Return a segment with one record frame changed so that its CRC still agrees."""
    parts = [part for part in walk(data) if isinstance(part, Frame)]
    records = [part for part in parts if part.type == FrameType.RECORD]
    record = records[chosen]
    body = bytearray(data[record.offset + 16 : record.end])
    match change:
        case "payload":
            body[-1] ^= 1
        case "time":
            body[24] ^= 1
        case "salt":
            body[15] ^= 1
    new = frame(FrameType.RECORD, bytes(body))
    if change == "removed":
        new = b""
    elif change == "doubled":
        new = data[record.offset : record.next] * 2
    return data[: record.offset] + new + data[record.next :]


@pytest.mark.parametrize("change", ["payload", "time", "salt", "removed", "doubled"])
def test_an_altered_record_breaks_the_chain_by_name(change: str):
    for chosen in range(8):
        files, _ = _journal(segment_bytes=1 << 20)
        path = FOLDER / segment_name(1)
        data = _rewritten(read_whole(files, path), chosen, change)
        files.remove(path)
        inode = files.open(path, Mode.CREATE)
        inode.write_at(0, data)
        report = verify(FOLDER, files)
        assert report.chain is ChainState.BROKEN
        assert report.contradictions
        if change in ("payload", "time", "salt"):
            assert _lost(report) == {chosen + 1}
            reader = JournalReader(FOLDER, keyring(files), files)
            assert chosen + 1 not in [record.seq for record in reader.read(0, 30)]
            assert [d.first_seq for d in reader.damage] == [chosen + 1]


def test_a_missing_segment_is_named_with_its_records():
    files, told = _journal()
    files.remove(FOLDER / segment_name(2))
    report = verify(FOLDER, files)
    assert report.chain is ChainState.INTERRUPTED
    assert report.head.seq == len(told)
    assert any("segments 2 to 2 are missing" in place.reason for place in report.damage)
    reader = JournalReader(FOLDER, keyring(files), files)
    found = {record.seq for record in reader.read(0, len(told))}
    assert _lost(report) == set(range(1, len(told) + 1)) - found


def test_a_journal_rewritten_from_a_point_contradicts_a_published_head():
    files, told = _journal()
    head = verify(FOLDER, files).head
    assert verify(FOLDER, files, published=[head]).not_on_chain == ()
    others, _ = _journal()
    mine = verify(FOLDER, others, published=[head])
    assert mine.chain is ChainState.WHOLE
    assert mine.not_on_chain == (head,)
    later = PublishedHead(seq=len(told) + 1, digest=head.digest)
    assert verify(FOLDER, files, published=[later]).not_on_chain == (later,)


def test_a_damaged_key_is_no_lawful_erasure():
    files, _ = _journal()
    for name in ("data.keys", "data.keys.mirror"):
        files.corrupt(KEYS / name, 128 + 60, b"\xff\xff")
    reader = JournalReader(FOLDER, keyring(files), files)
    found = reader.read(0, 12)
    assert all(record.payload is not None for record in found)
    assert len(found) < 12
    assert all("key 1 " in damage.reason for damage in reader.damage)
    assert verify(FOLDER, files, KEYS).damaged_keys == 1


def test_a_text_that_does_not_commit_to_its_key_is_refused():
    files = FaultyFiles()
    journal = writer(files)
    journal.append([draft(b"honest")])
    path = FOLDER / segment_name(1)
    data = read_whole(files, path)
    record = next(p for p in walk(data) if isinstance(p, Frame) and p.type == FrameType.RECORD)
    clear = data[record.offset + 16 : record.offset + RECORD.size]
    cipher = keyring(files).cipher(1)
    assert cipher is not None
    text = cipher.encrypt(clear[:12], b"x" * 16 + b"forged", clear)
    files.corrupt(path, record.offset, frame(FrameType.RECORD, clear + text))
    reader = JournalReader(FOLDER, keyring(files), files)
    assert reader.read(0, 1) == []
    assert "altered" in reader.damage[0].reason
